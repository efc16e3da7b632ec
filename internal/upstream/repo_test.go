package upstream

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/fakelnd"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

const (
	// version is the one base of the made-up repository.
	version = "v0.1.0-beta"

	// oldNotes and newNotes are release notes. Only what lnd has added
	// since has the second file.
	oldNotes = notes + "/release-notes-0.1.0.md"
	newNotes = notes + "/release-notes-0.2.0.md"
)

// fixture is a repository with a staged base of two topics, and a user's clone
// of its lnd.
type fixture struct {
	t           *testing.T
	root, clone string
	base        *base.Base
	out         bytes.Buffer
}

// newFixture returns a repository and a clone of its lnd.
func newFixture(t *testing.T) *fixture {
	f := &fixture{t: t, root: t.TempDir(), clone: t.TempDir()}
	files := fakelnd.Files()
	files[oldNotes] = "# Bug Fixes\n\n* [Old](x).\n\n# New Features\n"
	proxy := t.TempDir()
	sum, err := fakelnd.Serve(proxy, version, files)
	require.NoError(t, err)
	fakelnd.Use(t, proxy)
	f.write("rules/rules.go", "// Package rules rules.\npackage rules\n")
	f.write("patches/"+version+"/base.yaml", fmt.Sprintf(
		"module: %s\nsum: %s\nstores: [bbolt]\n", fakelnd.Module, sum,
	))
	f.write("patches/"+version+"/series", "# The series.\n\n"+
		"topic 1 first\npackage rules rules add the rules\n")
	f.base, err = base.Load(f.root, version)
	require.NoError(t, err)
	f.stage()

	// The clone is of the same lnd, and lnd has gone on.
	f.git(f.root, "clone", "-q", "-b", "stock", f.base.Tree(), f.clone)
	f.git(f.clone, "remote", "remove", "origin")
	f.git(f.clone, "config", "user.name", "Zoë O'Hara, Jr")
	f.git(f.clone, "config", "user.email", "z@example.org")
	f.edit(f.clone, "lnd.go", "// Line 35.", "// Theirs.")
	f.put(f.clone, newNotes, "# Bug Fixes\n\n* [New](y).\n\n# More\n")
	f.commit(f.clone, "multi: go on")

	// The first topic gets a note, the second one a patch and a note.
	f.note("* [First](z).")
	f.commit(f.base.Tree(), "docs: add the first note")
	f.edit(f.base.Tree(), "lnd.go", "// Line 20.", "// Patched.")
	f.commit(f.base.Tree(), "lnd: patch it\n\nFor a reason.")
	f.note("* [Second](z).")
	f.commit(f.base.Tree(), "docs: add the second note")
	f.edit(f.base.Tree(), "lnd.go", "// Line 10.", "// Ours.")
	f.commit(f.base.Tree(), "lnd: only for us")
	log := progress.New(&f.out, "test")
	require.NoError(t, staging.WriteBack(t.Context(), f.base, log))
	f.topics()

	return f
}

// topics divides the series.
func (f *fixture) topics() {
	name := f.base.Dir + "/series"
	text, err := os.ReadFile(name)
	require.NoError(f.t, err)
	divided := strings.Replace(
		string(text), "patch lnd-patch", "topic 2 second\npatch "+
			"lnd-patch", 1,
	)
	divided = strings.Replace(
		divided, "patch lnd-only", "fork\npatch lnd-only", 1,
	)
	require.NoError(f.t, os.WriteFile(name, []byte(divided), 0o600))
	f.stage()
}

// stage stages the base.
func (f *fixture) stage() {
	f.t.Helper()
	require.NoError(f.t, staging.Stage(
		f.t.Context(), f.base, progress.New(&f.out, "stage"),
	))
}

// note adds an entry to the staged release notes.
func (f *fixture) note(entry string) {
	f.edit(f.base.Tree(), oldNotes, "\n\n# New", "\n\n"+entry+"\n\n# New")
}

// config returns what a run is called with.
func (f *fixture) config() Config {
	return Config{
		Base: f.base, Repo: f.clone, Log: progress.New(&f.out, "test"),
	}
}

// branches makes the branches, without checking them.
func (f *fixture) branches() error {
	r, err := newRun(f.t.Context(), f.config())
	require.NoError(f.t, err)
	require.NoError(f.t, r.repo.resolve(f.t.Context(), ""))
	if err := r.refuseForeign(f.t.Context()); err != nil {
		return err
	}
	require.NoError(f.t, os.MkdirAll(Dir(f.base), 0o700))
	require.NoError(f.t, r.repo.addWorkTree(
		f.t.Context(), workTree(f.base),
	))
	err = r.makeBranches(f.t.Context(), 0, r.repo.onto)
	if _, stopped := err.(*conflictError); !stopped {
		require.NoError(f.t, r.repo.removeWorkTree(f.t.Context()))
	}

	return err
}

// write writes a file of the repository.
func (f *fixture) write(name, text string) {
	f.put(f.root, name, text)
}

// put writes a file in a folder.
func (f *fixture) put(dir, name, text string) {
	f.t.Helper()

	path := filepath.Join(dir, name)
	require.NoError(f.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(f.t, os.WriteFile(path, []byte(text), 0o600))
}

// edit replaces a text that a file has by another one.
func (f *fixture) edit(dir, name, before, after string) {
	f.t.Helper()

	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(f.t, err)
	require.Contains(f.t, string(text), before)
	require.NoError(f.t, os.WriteFile(
		filepath.Join(dir, name),
		[]byte(strings.Replace(string(text), before, after, 1)), 0o600,
	))
}

// commit commits all changes in a tree.
func (f *fixture) commit(dir, message string) {
	f.t.Helper()
	f.git(dir, "add", "-A")
	f.git(dir, "commit", "-q", "-m", message)
}

// git runs git as the user does, and returns what it prints.
func (f *fixture) git(dir string, args ...string) string {
	f.t.Helper()

	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(f.t, err, "git %v: %s", args, out)

	return strings.TrimSpace(string(out))
}
