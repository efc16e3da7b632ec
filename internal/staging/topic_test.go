package staging

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
)

// newTopicRepo returns a staged repository whose series has three topics, the
// second of which is empty, and a part for our fork.
func newTopicRepo(t *testing.T) *repo {
	r := newPatchedRepo(t)
	series := strings.Replace(
		r.series(), "package itest", "topic 1 rules\npackage itest", 1,
	)
	series = strings.Replace(
		series, "patch lnd-", "topic 2 nothing\n# Patched.\n"+
			"topic 3 patched\npatch lnd-", 1,
	)
	series = strings.Replace(
		series, "patch routing-", "\nfork\npatch routing-", 1,
	)
	r.write("patches/"+baseName+"/series", series)
	r.must("stage")

	return r
}

// prefix returns the folder that has a topic, or an error.
func (r *repo) prefix(topic string) (string, error) {
	b, err := base.Load(r.root, baseName)
	require.NoError(r.t, err)

	return Prefix(context.Background(), b, topic, progress.New(
		&strings.Builder{}, "stage",
	))
}

// TestTopicsHaveTags checks which commits a topic's tag has, also after commits
// were written back.
func TestTopicsHaveTags(t *testing.T) {
	r := newTopicRepo(t)
	subject := func(rev string) string {
		return r.git("log", "-1", "--format=%s", rev)
	}
	require.Equal(t, "lnd: make it build", subject("topic-1"))
	require.Equal(t, "lnd: make it build", subject("topic-2"))
	require.Equal(t, "lnd: patch it", subject("topic-3"))
	require.Equal(t, "topic-1\ntopic-2\ntopic-3\nupstream", r.git("tag"))

	// Nothing but the new commit is to be seen in the series.
	series := r.series()
	r.edit("lnd.go", "// Line 30.", "// More.")
	r.commit("lnd: do more")
	r.git(
		"-c", "sequence.editor=sed -i '5{h;d};${p;x}'", "rebase", "-q",
		"-i", "upstream",
	)
	require.Equal(t, "routing: patch it", subject("HEAD"))
	r.must("series")
	require.Equal(t, strings.Replace(
		series, "\nfork", "patch lnd-do-more.patch\n\nfork", 1,
	), r.series())
	require.Equal(t, "lnd: do more", subject("topic-3"))
	require.Contains(t, r.must("stage"), "up to date")
}

// TestPrefixEndsWithItsTopic checks that the tree of a topic has what is up to
// it, follows the series, and is replaced only without work in it.
func TestPrefixEndsWithItsTopic(t *testing.T) {
	r := newTopicRepo(t)
	dir, err := r.prefix("patched")
	require.NoError(t, err)
	require.Equal(t, r.path("build/"+baseName+"/topic-3"), dir)
	require.Contains(t, r.read(dir+"/lnd.go"), "// Patched.")
	require.NotContains(t, r.read(dir+"/routing/router.go"), "// Patched.")

	// The same tree again, also from another place.
	moved := r.root + "-moved"
	require.NoError(t, os.Rename(r.root, moved))
	r.root = moved
	dir, err = r.prefix("3")
	require.NoError(t, err)
	require.Empty(t, r.gitIn(dir, "status", "--porcelain"))

	// Written back commits come to it, and so do staged ones.
	r.edit("lnd.go", "// Line 30.", "// More.")
	r.commit("lnd: do more")
	r.write("patches/"+baseName+"/series", r.series())
	r.must("series")
	series := strings.Replace(r.series(), "\nfork\n", "\n", 1)
	r.write("patches/"+baseName+"/series", series)
	require.NoError(t, writeFile(dir+"/work.go", nil))
	_, err = r.prefix("3")
	require.ErrorContains(t, err, "?? work.go")
	require.NoError(t, os.Remove(dir+"/work.go"))
	dir, err = r.prefix("3")
	require.NoError(t, err)
	require.Contains(t, r.read(dir+"/lnd.go"), "// More.")
	require.Contains(t, r.read(dir+"/routing/router.go"), "// Patched.")

	_, err = r.prefix("4")
	require.ErrorContains(t, err, "known ones are: 1 (rules), 2 (nothing)")
}

// TestTopicsApplyOnWhatTheyNeed checks that a topic which changes what another
// one has made must say that it needs that one.
func TestTopicsApplyOnWhatTheyNeed(t *testing.T) {
	r := newTopicRepo(t)
	b, err := base.Load(r.root, baseName)
	require.NoError(t, err)
	check := func() error { return CheckNeeds(t.Context(), b) }
	require.NoError(t, check())

	r.edit("lnd.go", "// Patched.", "// Patched again.")
	r.commit("lnd: patch it again")
	r.must("series")
	series := strings.Replace(r.series(), "\nfork\n", "\n", 1)
	again := "patch lnd-patch-it-again.patch\n"
	require.Contains(t, series, again)
	topic := func(needs string) {
		r.write("patches/"+baseName+"/series", strings.Replace(
			series, again, "topic 4 again\n"+needs+again, 1,
		))
		r.must("stage")
	}

	topic("")
	require.ErrorContains(t, check(), "topic 4 (again)")
	topic("\tneeds 1 2\n")
	require.ErrorContains(t, check(), "topic 4 (again)")
	topic("\tneeds 3\n")
	require.NoError(t, check())
}
