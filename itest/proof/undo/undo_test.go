package undo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
)

const (
	// code and testCode are a package with a behaviour, and its test.
	code = "package p\n\n// Sum adds.\nfunc Sum(a, b int) int {\n" +
		"\treturn a + b\n}\n"
	testCode = "package p\n\nimport \"testing\"\n\n" +
		"func TestSum(t *testing.T) {\n\tif Sum(1, 1) != 2 {\n" +
		"\t\tt.Error(\"no sum\")\n\t}\n}\n\n" +
		"func TestNothing(t *testing.T) {}\n"

	// patch takes the behaviour away.
	patch = "It multiplies.\n\ndiff --git a/p/p.go b/p/p.go\n" +
		"--- a/p/p.go\n+++ b/p/p.go\n@@ -2,5 +2,5 @@\n \n" +
		" // Sum adds.\n func Sum(a, b int) int {\n-\treturn a + b\n" +
		"+\treturn a * b\n }\n"
)

// write writes a file, and the folders that it is in.
func write(t *testing.T, text string, path ...string) {
	t.Helper()

	file := filepath.Join(path...)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// newBase returns a base with a series of three commits: one that lnd does not
// build without, one with a behaviour, and one with its test.
func newBase(t *testing.T, rows string) *base.Base {
	t.Helper()

	root := t.TempDir()
	b := &base.Base{
		Name: "v1.0.0", Root: root,
		Dir: filepath.Join(root, "patches", "v1.0.0"),
	}
	write(t, rows, b.Dir, file)
	write(t, patch, root, sharedFolder, "shared.patch")
	write(t, patch, b.Dir, "undo", "own.patch")

	tree := b.Tree()
	write(t, "module lnd\n", tree, "go.mod")
	write(t, "package main\n\nimport _ \"lnd/q\"\n\nfunc main() {}\n", tree,
		"cmd", "lnd", "main.go")
	run := func(args ...string) {
		_, err := git.New(tree).Run(t.Context(), args...)
		require.NoError(t, err)
	}
	commit := func(subject string) {
		run("add", ".")
		run("commit", "-q", "--author", "a <a>", "-m", subject)
	}
	run("init", "-q", "-b", "patched")
	commit("upstream")
	run("tag", "upstream")
	write(t, "package q\n", tree, "q", "q.go")
	commit("q: add")
	write(t, code, tree, "p", "p.go")
	commit("p: add")
	write(t, testCode, tree, "p", "p_test.go")
	commit("p: test")

	return b
}

// none is a function for tests that there are none of.
func none(context.Context, string, string, []string) ([]Tried, error) {
	return nil, fmt.Errorf("nobody has asked for these")
}

// undo undoes what the rows of a base say.
func undo(t *testing.T, rows, pick string) (*Report, error) {
	t.Helper()

	return Run(t.Context(), Config{
		Base: newBase(t, rows), Pick: pick,
		Units: Units(io.Discard), Others: map[string]Try{Scenarios: none},
		Log: progress.New(io.Discard, "undo"),
	})
}

// commits are rows for the commits of the series that are right.
const commits = `
- kind: commit
  what: "q: add"
  undo: drop
  build: true
- kind: commit
  what: "p: add"
  undo: shared.patch
  notices: {./p: [TestSum]}
- kind: commit
  what: "p: test"
  undo: own.patch
  notices: {./p: [TestSum]}
`

// TestRun asserts that what is undone is noticed by the tests that a row names,
// and that those are told which have not.
func TestRun(t *testing.T) {
	t.Parallel()

	report, err := undo(t, commits+`
- kind: behaviour
  what: "sums"
  undo: own.patch
  notices: {./p: [TestSum, TestNothing]}
`, "")
	require.NoError(t, err)
	require.Equal(t, &Report{
		Noticed: []Noticed{
			{Commit, "q: add", "drop", []string{"the build"}},
			{Commit, "p: add", "shared.patch", []string{"TestSum"}},
			{Commit, "p: test", "own.patch", []string{"TestSum"}},
		},
		Missed: []string{"behaviour sums (own.patch): NOT NOTICED by " +
			"TestNothing (./p, passed)"},
	}, report)
	require.Equal(t, 3, report.Of(Commit))
	require.Zero(t, report.Of(Behaviour))
}

// TestRunUndoesInTopic asserts that what a later topic has replaced is undone
// where it still is, and that a commit which only documents needs no row.
func TestRunUndoesInTopic(t *testing.T) {
	t.Parallel()

	rows := commits + `
- kind: commit
  what: "p: swap"
  undo: drop
  build: true
- kind: behaviour
  what: "sums"
  undo: own.patch
  notices: {./p: [TestSum]}
`
	b := newBase(t, rows)
	commit := func(subject, text string, path ...string) {
		write(t, text, append([]string{b.Tree()}, path...)...)
		for _, args := range [][]string{
			{"add", "."},
			{"commit", "-q", "--author", "a <a>", "-m", subject},
		} {
			_, err := git.New(b.Tree()).Run(t.Context(), args...)
			require.NoError(t, err)
		}
	}
	commit("docs: tell", "It sums.\n", "docs", "notes.md")
	_, err := git.New(b.Tree()).Run(t.Context(), "tag", "topic-1")
	require.NoError(t, err)
	commit("p: swap", strings.Replace(code, "a + b", "b + a", 1), "p",
		"p.go")

	cfg := Config{
		Base: b, Units: Units(io.Discard), Pick: "sums",
		Log: progress.New(io.Discard, "undo"),
	}
	_, err = Run(t.Context(), cfg)
	require.ErrorContains(t, err, "does not apply to the series any more")

	write(t, rows+"  topic: 1\n", b.Dir, file)
	report, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, &Report{Noticed: []Noticed{
		{Behaviour, "sums", "own.patch", []string{"TestSum"}},
	}}, report)
}

// TestRunDistrustsTests asserts that nothing is undone if a test does not pass
// with nothing undone.
func TestRunDistrustsTests(t *testing.T) {
	t.Parallel()

	_, err := undo(t, commits+`
- kind: behaviour
  what: "sums"
  undo: own.patch
  notices: {./p: [TestOther]}
`, "")
	require.EqualError(t, err,
		"with nothing undone in the series: TestOther (./p, not there)")

	_, err = undo(t, commits+`
- kind: behaviour
  what: "pays"
  undo: own.patch
  notices: {./itest: [pay]}
`, "pays")
	require.ErrorContains(t, err, "nobody has asked for these")
}

// TestRunRefusesRows asserts that rows which do not say what they have to are
// refused.
func TestRunRefusesRows(t *testing.T) {
	t.Parallel()

	row := func(kind, what, undo, notices string) string {
		return fmt.Sprintf("%s- {kind: %s, what: %q, undo: %s, %s}\n",
			commits, kind, what, undo, notices)
	}
	const sum = "notices: {./p: [TestSum]}"
	for want, rows := range map[string]string{
		"no row for these commits:\n  p: test\n  p: add\n  q: add": "[]",
		"no kind: there are": row("x", "y", "own.patch", sum),
		"which patch undoes": row("behaviour", "y", "drop", sum),
		"has no commit 'y'":  row("commit", "y", "drop", sum),
		"must name tests, or the build": row("behaviour", "y",
			"own.patch", "build: false"),
		"that begin with a point": row("behaviour", "y", "own.patch",
			"notices: {p: [TestSum]}"),
		"field by not found": row("behaviour", "y", "own.patch",
			"by: me"),
		"there is no patch other.patch": row("behaviour", "y",
			"other.patch", sum),
	} {
		_, err := undo(t, rows, "")
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}

	_, err := undo(t, commits, "nothing like it")
	require.ErrorContains(t, err, "no row of undo/undo.yaml matches")
}

// TestRunSeesWhatDoesNotBuild asserts that a package that does not build any
// more does not count as one that has noticed.
func TestRunSeesWhatDoesNotBuild(t *testing.T) {
	t.Parallel()

	report, err := undo(t, `
- kind: commit
  what: "q: add"
  undo: own.patch
  build: true
- kind: commit
  what: "p: add"
  undo: drop
  notices: {./p: [TestSum]}
- kind: commit
  what: "p: test"
  undo: own.patch
  notices: {./p: [TestSum]}
`, "")
	require.NoError(t, err)
	require.Equal(t, []string{
		"commit q: add (own.patch): NOT NOTICED by the build",
		"commit p: add (drop): NOT NOTICED by TestSum (./p, not built)",
	}, report.Missed)
}

// TestJudgeCases asserts what becomes of test cases on lnd's harness: one that
// is not there has failed if nothing else has.
func TestJudgeCases(t *testing.T) {
	t.Parallel()

	verdict := func(test string, result gotest.Result) gotest.Verdict {
		return gotest.Verdict{
			Test:   "TestLightningNetworkDaemon/a/b/c/" + test,
			Result: result,
		}
	}
	late := verdict("outcome_S2_late_fail/sub", gotest.Passed)
	for name, tc := range map[string]struct {
		verdicts gotest.Verdicts
		want     Verdict
	}{
		"passed":    {gotest.Verdicts{late}, Passed},
		"not there": {nil, Failed},
		"failed": {gotest.Verdicts{
			verdict("outcome_S2_late_fail", gotest.Failed),
		}, Failed},
		"not reached": {gotest.Verdicts{
			verdict("outcome_S1", gotest.Failed),
		}, Absent},
		"another": {gotest.Verdicts{
			verdict("outcome_S2_late_failure", gotest.Failed),
		}, Absent},
	} {
		require.Equal(t, []Tried{{
			"outcome.*late_fail", Scenarios, tc.want,
		}}, judgeCases(tc.verdicts, Scenarios, []string{
			"outcome.*late_fail",
		}), name)
	}
}
