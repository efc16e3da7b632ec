package upstream

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// TestBranchesAreTheUsersOwn checks what the branches have, and that nothing
// else in the clone has changed.
func TestBranchesAreTheUsersOwn(t *testing.T) {
	f := newFixture(t)
	f.put(f.clone, "lnd.go", "package lnd // Not committed.\n")
	before := f.git(f.clone, "status", "--porcelain", "--branch")
	head := f.git(f.clone, "rev-parse", "HEAD")
	require.NoError(t, f.branches())

	require.Equal(t, before, f.git(
		f.clone, "status", "--porcelain", "--branch",
	))
	require.Equal(t, head, f.git(f.clone, "rev-parse", "HEAD"))
	require.Equal(t, "refs/heads/lnd-once/topic-1\n"+
		"refs/heads/lnd-once/topic-2\nrefs/heads/stock", f.git(
		f.clone, "for-each-ref", "--format=%(refname)", "refs/heads",
	))
	require.NotContains(t, f.git(f.clone, "worktree", "list"), "build")
	require.NoDirExists(t, workTree(f.base))

	// The fork's commit is left out, and so is what we say to ourselves.
	log := f.git(f.clone, "log", "--reverse",
		"--format=%an <%ae> %cn: %s", "HEAD..lnd-once/topic-2")
	who := "Zoë O'Hara, Jr <z@example.org> Zoë O'Hara, Jr: "
	require.Equal(t, who+"rules: add the rules\n"+
		who+"docs: add the first note\n"+who+"lnd: patch it\n"+
		who+"docs: add the second note", log)
	require.NotContains(t, f.git(
		f.clone, "log", "--format=%B", "HEAD..lnd-once/topic-2",
	), "Lnd-Once")
	require.Equal(t, "lnd: patch it\n\nFor a reason.", f.git(
		f.clone, "log", "-1", "--format=%B", "lnd-once/topic-2^",
	))

	// Theirs and ours are merged, and the newest notes have the entries.
	text := f.git(f.clone, "show", "lnd-once/topic-2:lnd.go")
	require.Contains(t, text, "// Patched.")
	require.Contains(t, text, "// Theirs.")
	require.Equal(t, "# Bug Fixes\n\n* [New](y).\n\n* [First](z).\n\n"+
		"* [Second](z).\n\n# More",
		f.git(f.clone, "show", "lnd-once/topic-2:"+newNotes))

	// The clone needs nothing that it has not got.
	require.NoError(t, os.Rename(f.base.Tree(), f.base.Tree()+".away"))
	f.git(f.clone, "fsck", "--strict", "--no-dangling")
}

// TestBranchOfOthersIsRefused checks that a branch is kept if nothing has
// changed, replaced if only the series has, and refused if the user has added a
// commit to it.
func TestBranchOfOthersIsRefused(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.branches())
	tip := f.git(f.clone, "rev-parse", "lnd-once/topic-2")
	require.NoError(t, f.branches())
	require.Equal(t, tip, f.git(
		f.clone, "rev-parse", "lnd-once/topic-2",
	))

	// With something new below, both are made anew.
	f.git(f.clone, "commit", "-q", "--allow-empty", "-m", "multi: more")
	require.NoError(t, f.branches())
	require.NotEqual(t, tip, f.git(
		f.clone, "rev-parse", "lnd-once/topic-2",
	))

	f.git(f.clone, "checkout", "-q", "lnd-once/topic-2")
	f.git(f.clone, "commit", "-q", "--allow-empty", "-m", "mine")
	f.git(f.clone, "checkout", "-q", "stock")
	err := f.branches()
	require.ErrorContains(t, err, " mine\n")
	require.ErrorContains(t, err, "\nTo keep them: git -C")
	require.Equal(t, 2, failure.Exit(err))
}

// TestConflictCanBeSolvedOrLeft checks that a conflict is named, that the run
// goes on behind it, and that it can be given up.
func TestConflictCanBeSolvedOrLeft(t *testing.T) {
	f := newFixture(t)
	f.edit(f.clone, "lnd.go", "// Line 20.", "// Theirs, too.")
	f.commit(f.clone, "lnd: rewrite it")

	err := f.branches()
	require.ErrorContains(t, err, `topic 2, second: "lnd: patch it"`)
	require.ErrorContains(t, err, "conflicts in\n  lnd.go\n")
	require.Equal(t, 1, failure.Exit(err))
	work := workTree(f.base)
	require.DirExists(t, work)

	// Nobody begins again beside it, or goes on too early.
	err = Run(t.Context(), f.config())
	require.ErrorContains(t, err, " ABORT=1")
	err = Continue(t.Context(), f.config())
	require.ErrorContains(t, err, `still at "lnd: patch it"`)
	require.NoError(t, Abort(t.Context(), f.config()))
	require.NoDirExists(t, work)
	require.ErrorContains(
		t, Abort(t.Context(), f.config()), "no run has stopped",
	)

	// Solved, the topic gets its notes and its branch. What is missing for
	// the checks ends it only then.
	require.Error(t, f.branches())
	text, err := os.ReadFile(filepath.Join(work, "lnd.go"))
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	kept := lines[:0]
	for _, line := range lines {
		if !strings.HasPrefix(line, "<<<<<<<") &&
			!strings.HasPrefix(line, "=======") &&
			!strings.HasPrefix(line, ">>>>>>>") {

			kept = append(kept, line)
		}
	}
	f.put(work, "lnd.go", strings.Join(kept, "\n"))
	f.git(work, "add", "lnd.go")
	f.git(work, "-c", "core.editor=true", "am", "--continue")
	_ = Continue(t.Context(), f.config())
	require.Equal(t, "docs: add the second note", f.git(
		f.clone, "log", "-1", "--format=%s", "lnd-once/topic-2",
	))
	require.NoDirExists(t, work)
}

// TestOntoIsFound checks what the branches begin at.
func TestOntoIsFound(t *testing.T) {
	f := newFixture(t)
	f.git(f.clone, "update-ref", "refs/remotes/origin/master", "HEAD~1")
	r, err := openRepo(t.Context(), f.clone)
	require.NoError(t, err)
	require.NoError(t, r.resolve(t.Context(), ""))
	require.Contains(t, r.ontoTitle, "origin/master (")
	require.NoError(t, r.resolve(t.Context(), "stock"))
	require.Contains(t, r.ontoTitle, "stock (")
	err = r.resolve(t.Context(), "nothing")
	require.ErrorContains(t, err, "no commit 'nothing'")
	require.Equal(t, 2, failure.Exit(err))

	_, err = openRepo(t.Context(), t.TempDir())
	require.ErrorContains(t, err, "is no clone of lnd")
	f.git(f.clone, "config", "--unset", "user.name")
	_, err = openRepo(t.Context(), f.clone)
	require.ErrorContains(t, err, "config user.name NAME")
}
