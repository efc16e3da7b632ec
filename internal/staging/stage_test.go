package staging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/fakelnd"
)

// TestStageGivesTheSameCommitsEverywhere checks that neither the place nor the
// user's settings show in what is staged.
func TestStageGivesTheSameCommitsEverywhere(t *testing.T) {
	r := newPatchedRepo(t)
	names := []string{"rev-parse", "upstream", "patched", "stock"}
	want := r.git(names...)

	// Another place, and a user whose settings all stand in the way.
	other := &repo{t: t, root: filepath.Join(t.TempDir(), "other place")}
	for name, text := range r.snapshot() {
		other.write(name, text)
	}
	home := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(home, ".gitconfig"),
		[]byte(strings.Join([]string{
			"[user]\nname = Mallory\nemail = mallory@example.org",
			"[commit]\ngpgSign = true\ntemplate = /nowhere",
			"[core]\nautocrlf = true\nhooksPath = /nowhere",
			"[diff]\nnoprefix = true\nalgorithm = patience",
			"[format]\nsignature = me\nsubjectPrefix = ME",
			"[am]\nthreeWay = true\nkeepcr = false",
			"[init]\ndefaultBranch = trunk",
		}, "\n")), 0o644))
	out, err := other.child(
		"stage", "HOME="+home, "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8",
		"GIT_AUTHOR_NAME=Mallory", "GIT_COMMITTER_NAME=Mallory",
		"GIT_AUTHOR_DATE=2001-01-01T00:00:00Z", "GIT_DIR=/nowhere",
	).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, want, other.git(names...))

	// The module is there byte by byte, whatever its .gitignore says.
	for name, text := range fakelnd.Files() {
		got := other.git("show", "upstream:"+name)
		require.Equal(t, strings.TrimSpace(text), got, name)
	}
	require.Empty(t, other.git("status", "--porcelain", "--ignored"))
	require.Contains(
		t, other.git("log", "-1", "--format=%B", "upstream"),
		baseName+" h1:",
	)

	// Writing the series back elsewhere changes no byte of it.
	before := other.snapshot()
	out, err = other.child(
		"series", "HOME="+home, "TZ=Asia/Tokyo",
	).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, before, other.snapshot())
}

// TestStageAppliesTheManifestInOrder checks what the commits are.
func TestStageAppliesTheManifestInOrder(t *testing.T) {
	r := newPatchedRepo(t)

	require.Equal(t, strings.Join([]string{
		"payments/outcome: add the rules", "itest: add the tests",
		"lnd: make it build", "lnd: patch it", "routing: patch it",
	}, "\n"), r.git("log", "--reverse", "--format=%s", "upstream..patched"))
	require.Equal(t, "lnd: make it build", r.git(
		"log", "--format=%s", "upstream..stock",
	))
	require.Equal(t, "lnd-once <lnd-once@localhost>", r.git(
		"log", "-1", "--format=%cn <%ce>",
	))

	// A package's message and its imports are those of its new place.
	first := r.git("rev-list", "--reverse", "upstream..patched")[:40]
	require.Equal(t, "Package outcome decides what a payment ends with, "+
		"whatever it is that\nwas proposed.\n\n"+
		"Lnd-Once-Package: channeldb/outcome",
		r.git("log", "-1", "--format=%b", first))
	require.Contains(
		t, r.read(r.tree("payments/outcome/outcome_test.go")),
		`"github.com/lightningnetwork/lnd/payments/outcome"`,
	)
}

// TestStageDoesNothingTwice checks that a staged tree is left alone, and made
// anew when something that it is made of has changed.
func TestStageDoesNothingTwice(t *testing.T) {
	r := newPatchedRepo(t)
	marker := r.tree(".git/marker")
	staged := func() bool {
		require.NoError(t, os.WriteFile(marker, nil, 0o644))
		r.must("stage")
		_, err := os.Stat(marker)

		return err != nil
	}

	require.False(t, staged())

	outcome := "channeldb/outcome/outcome.go"
	r.write(outcome, r.read(r.path(outcome))+"\n// More.\n")
	require.True(t, staged())
	require.Contains(
		t, r.read(r.tree("payments/outcome/outcome.go")), "// More.",
	)
	require.False(t, staged())

	r.write("channeldb/outcome/another.go", "package outcome\n")
	require.True(t, staged())
	require.FileExists(t, r.tree("payments/outcome/another.go"))

	patch := "patches/" + baseName + "/lnd-patch-it.patch"
	r.write(patch, strings.Replace(
		r.read(r.path(patch)), "+// Patched.", "+// Changed.", 1,
	))
	require.True(t, staged())
	require.Contains(t, r.read(r.tree("lnd.go")), "// Changed.")

	// Another place changes nothing, not even for the stock tree.
	moved := r.root + "-moved"
	require.NoError(t, os.Rename(r.root, moved))
	r.root, marker = moved, moved+strings.TrimPrefix(marker, r.root)
	require.False(t, staged())
	require.Contains(t, r.git("worktree", "list"), moved+"/build/"+
		baseName+"/stock")

	require.NoError(t, os.RemoveAll(r.path("build/"+baseName+"/stock")))
	require.True(t, staged())
	require.False(t, staged())
}

// TestStageRefusesToLoseWork checks that work in a staged tree that is nowhere
// else is named, and neither touched nor replaced.
func TestStageRefusesToLoseWork(t *testing.T) {
	tests := map[string]struct {
		do   func(r *repo)
		says string
	}{
		"not committed": {
			do: func(r *repo) {
				r.edit("lnd.go", "// Line 30.", "// Work.")
			},
			says: "M lnd.go",
		},
		"new file": {
			do: func(r *repo) {
				r.add("work.go", "")
			},
			says: "?? work.go",
		},
		"committed": {
			do: func(r *repo) {
				r.edit("lnd.go", "// Line 30.", "// Work.")
				r.commit("lnd: work")
			},
			says: "lnd: work",
		},
		"on another branch": {
			do: func(r *repo) {
				r.git("checkout", "-q", "-b", "other")
				r.edit("lnd.go", "// Line 30.", "// Work.")
				r.commit("lnd: work")
				r.git("checkout", "-q", "patched")
			},
			says: "lnd: work",
		},
		"commit dropped": {
			do: func(r *repo) {
				r.git("reset", "-q", "--hard", "HEAD~1")
			},
			says: "no longer has all staged commits",
		},
		"in the stock tree": {
			do: func(r *repo) {
				r.write("build/"+baseName+"/stock/work.go", "")
			},
			says: "?? work.go",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newPatchedRepo(t)
			test.do(r)

			// As long as nothing changed there is nothing to say.
			r.must("stage")

			r.write("itest/more_test.go", "package itest\n")
			head := r.git("rev-parse", "HEAD")
			out := r.fails("stage")
			require.Contains(t, out, test.says)
			require.Contains(t, out, "make series")
			require.Contains(t, out, "rm -rf")
			require.Equal(t, head, r.git("rev-parse", "HEAD"))
			require.Contains(t, r.fails("clean"), "rm -rf")

			require.NoError(t, os.RemoveAll(r.tree("")))
			r.must("stage")
		})
	}
}
