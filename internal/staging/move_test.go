package staging

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/fakelnd"
	"lnd-once/internal/progress"
)

const (
	// nextVersion has other lines where the series has none, and otherVersion
	// where it has some. Neither has a folder.
	nextVersion  = "v0.1.1-beta"
	otherVersion = "v0.1.2-beta"
)

// newMovable returns a staged repository, with a patch of the release notes in
// its series, and with both other versions to be had.
func newMovable(t *testing.T) *repo {
	r := newPatchedRepo(t)
	r.add("docs/notes.md", "What is new.\n")
	r.commit("docs: add notes")
	r.edit("docs/notes.md", "new", "new in routing")
	r.commit("docs: add release note")
	r.must("series")
	series := r.series()
	at := strings.Index(series, "patch docs-add-release")
	require.Positive(t, at, series)
	r.write("patches/"+baseName+"/series", series[:at]+
		"topic 1 notes\n"+series[at:])

	for version, line := range map[string]string{
		nextVersion: "// Line 30.", otherVersion: "// Line 20.",
	} {
		files := fakelnd.Files()
		files["lnd.go"] = strings.Replace(
			files["lnd.go"], line, "// New.\n"+line+" New.", 1,
		)
		files["docs/notes.md"] = "Notes of its own.\n"
		sum, err := fakelnd.Serve(
			filepath.Join(shared, "proxy"), version, files,
		)
		require.NoError(t, err)
		b := &base.Base{
			Root: r.root, Module: fakelnd.Module, Version: version,
		}
		require.NoError(t, b.Pin(sum))
	}

	return r
}

// stageMoved stages a version, and returns what was said, errors included.
func (r *repo) stageMoved(version string) (*base.Base, string, error) {
	r.t.Helper()

	b, err := base.Load(r.root, version)
	require.NoError(r.t, err)
	var out bytes.Buffer
	err = Stage(r.t.Context(), b, progress.New(&out, "stage"))

	return b, out.String(), err
}

// TestStageMovesTheSeries checks that a version without a folder gets the commits
// of the base that lends its series, the same everywhere, and that they follow
// when that series changes.
func TestStageMovesTheSeries(t *testing.T) {
	r := newMovable(t)
	b, out, err := r.stageMoved(nextVersion)
	require.NoError(t, err, out)
	require.Contains(t, out, nextVersion+" takes the series of "+baseName)
	require.Contains(t, out, "make prove BASE="+nextVersion)

	titles := []string{"log", "--reverse", "--format=%s", "upstream..patched"}
	require.Equal(t, r.git(titles...), r.gitIn(b.Tree(), titles...))
	require.Equal(t, "lnd: make it build", r.gitIn(
		b.Tree(), "log", "--format=%s", "upstream..stock",
	))
	require.Equal(t, "docs: add release note", r.gitIn(
		b.Tree(), "log", "-1", "--format=%s", "topic-1",
	))
	require.Equal(
		t, "Notes of its own.\n", r.read(b.Tree()+"/docs/notes.md"),
	)
	text := r.read(b.Tree() + "/lnd.go")
	require.Contains(t, text, "// New.")
	require.Contains(t, text, "// Patched.")
	require.Contains(t, r.read(b.Stock()+"/lnd.go"), "// Builds.")
	head := r.gitIn(b.Tree(), "rev-parse", "patched", "stock", "upstream")

	_, out, err = r.stageMoved(nextVersion)
	require.NoError(t, err)
	require.Contains(t, out, "build/"+nextVersion+"/lnd is up to date")

	outcome := "channeldb/outcome/outcome.go"
	before := r.read(r.path(outcome))
	r.write(outcome, before+"\n// More.\n")
	_, out, err = r.stageMoved(nextVersion)
	require.NoError(t, err, out)
	require.Contains(
		t, r.read(b.Tree()+"/payments/outcome/outcome.go"), "// More.",
	)
	r.write(outcome, before)
	_, _, err = r.stageMoved(nextVersion)
	require.NoError(t, err)
	require.Equal(t, head, r.gitIn(
		b.Tree(), "rev-parse", "patched", "stock", "upstream",
	))

	// It has no series to write back to, but its work is kept.
	r.write("build/"+nextVersion+"/lnd/work.go", "")
	require.Contains(t, r.fails("clean"), "work.go")
	err = WriteBack(t.Context(), b, progress.New(&bytes.Buffer{}, "series"))
	require.ErrorContains(t, err, "make port NEW="+nextVersion)
}

// TestStageDoesNotMoveWhatDoesNotFit checks that nothing is left of a series that
// conflicts with another version, and that the user learns what to do.
func TestStageDoesNotMoveWhatDoesNotFit(t *testing.T) {
	r := newMovable(t)
	b, _, err := r.stageMoved(otherVersion)
	require.ErrorContains(t, err, `"lnd: patch it" of `+baseName)
	require.ErrorContains(t, err, "  lnd.go")
	require.ErrorContains(
		t, err, "make port NEW="+otherVersion+" FROM="+baseName,
	)
	require.NoDirExists(t, b.Tree())
}
