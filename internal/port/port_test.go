package port

import (
	"bytes"
	"context"
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
	// oldVersion has a series. newVersion fits it, otherVersion does not.
	oldVersion   = "v0.1.0-beta"
	newVersion   = "v0.1.1-beta"
	otherVersion = "v0.2.0-beta"
)

// repo is a repository with a staged base of two patches, which create a file,
// and a package.
type repo struct {
	t    *testing.T
	root string
	out  bytes.Buffer
}

// newRepo returns a repository, with all three versions of lnd to be had.
func newRepo(t *testing.T) *repo {
	r := &repo{t: t, root: t.TempDir()}
	newer := fakelnd.Files()
	newer["new.go"] = "package lnd\n"
	newer["lnd.go"] = "// Copyright.\n\n" + newer["lnd.go"]
	other := fakelnd.Files()
	other["lnd.go"] = strings.Replace(
		other["lnd.go"], "// Line 20.", "// Rewritten.", 1,
	)

	proxy, sum := t.TempDir(), ""
	for version, files := range map[string]map[string]string{
		newVersion: newer, otherVersion: other,
		oldVersion: fakelnd.Files(),
	} {
		got, err := fakelnd.Serve(proxy, version, files)
		require.NoError(t, err)
		if version == oldVersion {
			sum = got
		}
	}
	fakelnd.Use(t, proxy)

	r.write("rules/rules.go", "// Package rules rules.\npackage rules\n")
	r.write("patches/"+oldVersion+"/base.yaml", fmt.Sprintf("module: %s\n"+
		"sum: %s\nstores: [bbolt]\ntags: [old]\n", fakelnd.Module, sum))
	r.write("patches/"+oldVersion+"/series", "# The series.\n\n"+
		"package rules rules add the rules\n# The end.\n")
	r.write("patches/"+oldVersion+"/undo/undo.yaml", "undo: []\n")
	r.write("patches/_lnd/shared.go", "package lnd\n\n// Shared.\n")
	r.stage(oldVersion)
	tree := filepath.Join(r.root, "build", oldVersion, "lnd")
	r.commit(tree, "lnd: patch it", func(text string) string {
		return strings.Replace(text, "// Line 20.", "// Patched.", 1)
	}, "own.go", "package lnd\n")
	r.commit(tree, "lnd: patch on", func(text string) string {
		return strings.Replace(text, "// Line 35.", "// On.", 1)
	}, "shared.go", "package lnd\n\n// Shared.\n")
	require.NoError(t, staging.WriteBack(
		context.Background(), r.base(oldVersion), r.log(),
	))

	// The topic shows that the new series is not made from nothing.
	series := r.read("patches/" + oldVersion + "/series")
	r.write("patches/"+oldVersion+"/series", strings.Replace(
		series, "patch lnd-patch-it", "topic 1 first\n# It.\n"+
			"patch lnd-patch-it", 1,
	))

	return r
}

// commit edits lnd.go of a tree, adds a file, and commits both.
func (r *repo) commit(tree, message string, edit func(string) string, name,
	text string) {

	file := filepath.Join(tree, "lnd.go")
	old, err := os.ReadFile(file)
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(
		file, []byte(edit(string(old))), 0o644,
	))
	require.NoError(r.t, os.WriteFile(
		filepath.Join(tree, name), []byte(text), 0o644,
	))
	r.git(tree, "add", "-A")
	r.git(tree, "commit", "-q", "-m", message)
}

// git runs git in a folder, as a user would, and returns what it prints.
func (r *repo) git(dir string, args ...string) string {
	r.t.Helper()

	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "git %v: %s", args, out)

	return strings.TrimSpace(string(out))
}

// write writes a file of the repository.
func (r *repo) write(name, text string) {
	path := filepath.Join(r.root, name)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o644))
}

// read returns the text of a file of the repository.
func (r *repo) read(name string) string {
	r.t.Helper()

	text, err := os.ReadFile(filepath.Join(r.root, name))
	require.NoError(r.t, err)

	return string(text)
}

// log returns a log that the test can read.
func (r *repo) log() *progress.Log {
	return progress.New(&r.out, "port")
}

// base returns a base.
func (r *repo) base(name string) *base.Base {
	b, err := base.Load(r.root, name)
	require.NoError(r.t, err)

	return b
}

// stage stages a base.
func (r *repo) stage(name string) {
	require.NoError(r.t, staging.Stage(
		context.Background(), r.base(name), r.log(),
	))
}

// start begins a port of the old base.
func (r *repo) start(version string) error {
	return Start(
		context.Background(), r.base(oldVersion), version, r.log(),
	)
}

// goOn continues or skips.
func (r *repo) goOn(skip bool) error {
	return Continue(
		context.Background(), r.root, otherVersion, skip, r.log(),
	)
}

// TestPortMovesTheSeries checks that a series that fits another lnd is written
// for it whole, without a question.
func TestPortMovesTheSeries(t *testing.T) {
	r := newRepo(t)
	require.NoError(t, r.start(newVersion))
	require.NoDirExists(t, filepath.Join(
		r.root, "build", newVersion, "port",
	))

	b := r.base(newVersion)
	require.Equal(t, oldVersion, b.Parent)
	require.Equal(t, []string{"bbolt"}, b.Stores)
	require.Equal(t, []string{"old"}, b.Tags)
	series := r.read("patches/" + newVersion + "/series")
	require.Equal(t, r.read("patches/"+oldVersion+"/series"), series)
	require.Contains(t, series, "topic 1 first\n# It.\n")
	require.Equal(t, "package lnd\n",
		r.read("patches/"+newVersion+"/_lnd/own.go"))
	require.NoFileExists(t, filepath.Join(b.Dir, "_lnd/shared.go"))
	require.Equal(t, "undo: []\n",
		r.read("patches/"+newVersion+"/undo/undo.yaml"))

	// Staging takes the module of the new sum, and yields what was said.
	r.stage(newVersion)
	require.Contains(t, r.out.String(), "it yields commit "+
		r.git(b.Tree(), "rev-parse", "patched")[:12])
	text, err := os.ReadFile(filepath.Join(b.Tree(), "lnd.go"))
	require.NoError(t, err)
	require.Contains(t, string(text), "// Copyright.")
	require.Contains(t, string(text), "// Patched.")

	require.ErrorContains(t, r.start(newVersion), "there is a base")
}

// TestPortStopsAtAConflict checks what is said about it, that the port goes on
// once it is solved, and that git remembers how.
func TestPortStopsAtAConflict(t *testing.T) {
	r := newRepo(t)
	err := r.start(otherVersion)
	for _, text := range []string{
		`"lnd: patch it" does not fit ` + otherVersion, "\n  lnd.go\n",
		"make port NEW=" + otherVersion, "CONTINUE=1", "SKIP=1",
		"ABORT=1",
	} {
		require.ErrorContains(t, err, text)
	}
	require.ErrorContains(t, r.start(otherVersion), "being ported already")

	// Neither a conflict nor the marks of one get into the series.
	dir := filepath.Join(r.root, "build", otherVersion, "port")
	require.ErrorContains(t, r.goOn(false), "lnd.go")
	r.git(dir, "add", "-A")
	require.ErrorContains(t, r.goOn(false), "conflict markers left")

	solve := func() {
		text := fakelnd.Files()["lnd.go"]
		require.NoError(t, os.WriteFile(
			filepath.Join(dir, "lnd.go"), []byte(strings.Replace(
				text, "// Line 20.", "// Both.", 1,
			)), 0o644,
		))
		r.git(dir, "add", "-A")
	}
	solve()
	require.NoError(t, r.goOn(false))
	require.Equal(t, r.read("patches/"+oldVersion+"/series"),
		r.read("patches/"+otherVersion+"/series"))
	b := r.base(otherVersion)
	r.stage(otherVersion)
	text, err := os.ReadFile(filepath.Join(b.Tree(), "lnd.go"))
	require.NoError(t, err)
	require.Contains(t, string(text), "// Both.")
	require.Contains(t, string(text), "// On.")

	// The second time there is nothing to ask.
	require.NoError(t, os.RemoveAll(b.Dir))
	require.NoError(t, r.start(otherVersion))
	require.Contains(t, r.read(
		"patches/"+otherVersion+"/lnd-patch-it.patch",
	), "+// Both.")
}

// TestPortSkipsACommit checks that what could not be carried over is told, and
// noted in the series.
func TestPortSkipsACommit(t *testing.T) {
	r := newRepo(t)
	require.Error(t, r.start(otherVersion))
	require.NoError(t, r.goOn(true))

	lost := "lnd: patch it (lnd-patch-it.patch)"
	require.Contains(t, r.out.String(), "not carried over: "+lost)
	require.Equal(t, "# The series.\n\n"+
		"package rules rules add the rules\ntopic 1 first\n"+
		"patch lnd-patch-on.patch\n\tcreates shared.go\n# The end.\n"+
		"# Not carried over from "+oldVersion+": "+lost+"\n",
		r.read("patches/"+otherVersion+"/series"))
	r.stage(otherVersion)
}

// TestPortIsAborted checks that nothing is left of it.
func TestPortIsAborted(t *testing.T) {
	r := newRepo(t)
	require.Error(t, r.start(otherVersion))
	require.NoError(t, Abort(r.root, otherVersion, r.log()))
	require.NoDirExists(t, filepath.Join(
		r.root, "build", otherVersion, "port",
	))
	require.NoDirExists(t, filepath.Join(r.root, "patches", otherVersion))
	require.ErrorContains(t, r.goOn(false), "no port")
	require.ErrorContains(t, r.start("latest"), "is no version of lnd")
}
