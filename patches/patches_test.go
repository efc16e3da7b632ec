// Package patches_test runs the staging scripts as they are, in a small copy of
// this repository, on a made-up lnd module of a few lines.
package patches_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// base is the one base that the made-up repository has.
const base = "v0.1.0-beta"

// repo is a copy of what the scripts need of this repository.
type repo struct {
	t    *testing.T
	root string
	env  []string
}

// shared is a folder that all tests use: it has the module proxy, Go's caches
// and what newPatchedRepo makes copies of.
var shared string

// TestMain makes the shared folder and removes it in the end.
func TestMain(m *testing.M) {
	var err error
	shared, err = os.MkdirTemp("", "patches_test")
	if err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

// emptyRepo returns a repository with nothing in it, in folder root.
func emptyRepo(t *testing.T, root string) *repo {
	return &repo{t: t, root: root, env: append(
		os.Environ(), "HOME="+filepath.Join(shared, "home"),
		"GOCACHE="+filepath.Join(shared, "cache"),
		"GOMODCACHE="+filepath.Join(shared, "mod"),
		"GOPROXY=file://"+filepath.Join(shared, "proxy"),
		"GONOSUMDB=*", "GOSUMDB=off", "GOFLAGS=-modcacherw",
	)}
}

// newRepo returns a repository with two packages and a manifest that adds them.
func newRepo(t *testing.T) *repo {
	t.Parallel()

	r := emptyRepo(t, filepath.Join(t.TempDir(), "repo"))
	r.fill()

	return r
}

// fill writes what newRepo has.
func (r *repo) fill() {
	t := r.t
	sum := moduleSum(t)
	scripts, err := filepath.Glob("*.sh")
	require.NoError(t, err)
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		require.NoError(t, err)
		r.write("patches/"+script, string(text))
		require.NoError(t, os.Chmod(
			filepath.Join(r.root, "patches", script), 0o755,
		))
	}

	r.write(
		"channeldb/outcome/outcome.go", "// Package outcome decides "+
			"what a payment ends with, whatever it is that was "+
			"proposed.\n//\n// Second paragraph.\n"+
			"package outcome\n",
	)
	r.write(
		"channeldb/outcome/outcome_test.go", "package outcome_test\n"+
			"\nimport _ \"lnd-once/channeldb/outcome\"\n",
	)
	r.write("itest/new_test.go", "package itest\n")
	r.write("patches/"+base+"/upstream", fmt.Sprintf(
		"github.com/lightningnetwork/lnd %s %s\n", base, sum,
	))
	r.write("patches/"+base+"/series", "# The series.\n\n"+
		"# The rules.\n"+
		"package channeldb/outcome payments/outcome add the rules\n"+
		"\n"+
		"package itest itest add the tests\n",
	)
}

// newPatchedRepo returns a staged repository whose series has, besides the
// packages, a patch that only building needs and two others.
func newPatchedRepo(t *testing.T) *repo {
	t.Parallel()

	template := filepath.Join(shared, "template")
	templateOnce.Do(func() {
		r := emptyRepo(t, template)
		r.fill()
		r.must("stage.sh", base)
		r.edit("lnd.go", "// Line 2.", "// Builds.")
		r.commit("lnd: make it build\n\nLnd-Once: build-only")
		r.edit("lnd.go", "// Line 20.", "// Patched.")
		r.commit("lnd: patch it\n\nFor a reason.")
		r.edit("routing/router.go", "// Line 20.", "// Patched.")
		r.commit("routing: patch it")
		r.must("series.sh", base)
		r.must("stage.sh", base)
	})

	// A copy is as good as staging once more.
	r := emptyRepo(t, filepath.Join(t.TempDir(), "repo"))
	out, err := exec.Command("cp", "-Rp", template, r.root).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, r.must("stage.sh", base), "up to date")

	return r
}

// templateOnce makes what newPatchedRepo copies.
var templateOnce sync.Once

// path returns the path of a file of the repository.
func (r *repo) path(name string) string {
	return filepath.Join(r.root, name)
}

// tree returns the path of a file of the staged tree.
func (r *repo) tree(name string) string {
	return r.path("build/" + base + "/lnd/" + name)
}

// write writes a file of the repository.
func (r *repo) write(name, text string) {
	r.t.Helper()

	path := r.path(name)
	require.NoError(r.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(r.t, os.WriteFile(path, []byte(text), 0o644))
}

// read returns the text of a file.
func (r *repo) read(path string) string {
	r.t.Helper()

	text, err := os.ReadFile(path)
	require.NoError(r.t, err)

	return string(text)
}

// edit replaces a text that a file of the staged tree has by another one.
func (r *repo) edit(name, before, after string) {
	r.t.Helper()

	text := r.read(r.tree(name))
	require.Contains(r.t, text, before)
	require.NoError(r.t, os.WriteFile(
		r.tree(name), []byte(strings.Replace(text, before, after, 1)),
		0o644,
	))
}

// command returns the command that runs a program in the repository.
func (r *repo) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.root
	cmd.Env = r.env

	return cmd
}

// must runs a script that has to succeed and returns its output.
func (r *repo) must(script string, args ...string) string {
	r.t.Helper()

	out, err := r.command(r.path("patches/"+script), args...).
		CombinedOutput()
	require.NoError(r.t, err, "%s: %s", script, out)

	return string(out)
}

// fails runs a script that has to fail and returns its output.
func (r *repo) fails(script string, args ...string) string {
	r.t.Helper()

	out, err := r.command(r.path("patches/"+script), args...).
		CombinedOutput()
	require.Error(r.t, err, "%s: %s", script, out)

	return string(out)
}

// git runs git in the staged tree and returns what it prints.
func (r *repo) git(args ...string) string {
	r.t.Helper()

	cmd := r.command("git", args...)
	cmd.Dir = r.tree("")
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "git %v: %s", args, out)

	return strings.TrimSpace(string(out))
}

// commit commits all changes in the staged tree.
func (r *repo) commit(message string) {
	r.t.Helper()

	r.git("add", "-A")
	r.git("commit", "-q", "-m", message)
}

// snapshot returns the contents of all files of the repository itself.
func (r *repo) snapshot() map[string]string {
	r.t.Helper()

	files := make(map[string]string)
	for _, dir := range []string{"patches", "channeldb", "itest"} {
		err := filepath.WalkDir(r.path(dir), func(path string,
			d os.DirEntry, err error) error {

			if err == nil && !d.IsDir() {
				files[path[len(r.root)+1:]] = r.read(path)
			}

			return err
		})
		require.NoError(r.t, err)
	}

	return files
}
