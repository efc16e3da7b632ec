package staging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/fakelnd"
	"lnd-once/internal/progress"
)

const (
	// baseName is the one base that the made-up repository has.
	baseName = "v0.1.0-beta"

	// verbVariable makes this test program run a verb instead, in the
	// repository that rootVariable names.
	verbVariable = "STAGING_TEST_VERB"
	rootVariable = "STAGING_TEST_ROOT"
)

// repo is a repository with a series, as ours is one.
type repo struct {
	t    *testing.T
	root string
}

// shared is a folder that all tests use: it has the module proxy, Go's module
// cache and what newPatchedRepo makes copies of. sum is that of the module.
var shared, sum string

// TestMain makes the shared folder and removes it in the end.
func TestMain(m *testing.M) {
	if verb := os.Getenv(verbVariable); verb != "" {
		err := runVerb(verb, os.Getenv(rootVariable), progress.New(
			os.Stdout, verb,
		))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(runTests(m))
}

// runTests runs the tests with the module proxy in place.
func runTests(m *testing.M) int {
	var err error
	shared, err = os.MkdirTemp("", "staging_test")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(shared)

	proxy := filepath.Join(shared, "proxy")
	sum, err = fakelnd.Serve(proxy, baseName, fakelnd.Files())
	if err != nil {
		panic(err)
	}
	for _, variable := range append(
		fakelnd.Environment(proxy, filepath.Join(shared, "mod")),
		"HOME="+filepath.Join(shared, "home"),
	) {

		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}

	return m.Run()
}

// runVerb does in a repository what the tool's verb of that name does.
func runVerb(verb, root string, log *progress.Log) error {
	ctx := context.Background()
	if verb == "clean" {
		return Clean(ctx, root)
	}
	b, err := base.Load(root, baseName)
	if err != nil {
		return err
	}
	if verb == "series" {
		return WriteBack(ctx, b, log)
	}

	return Stage(ctx, b, log)
}

// newRepo returns a repository with two packages and a series that adds them.
func newRepo(t *testing.T) *repo {
	t.Parallel()

	r := &repo{t: t, root: filepath.Join(t.TempDir(), "repo")}
	r.fill()

	return r
}

// fill writes what newRepo has.
func (r *repo) fill() {
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
	r.write("patches/"+baseName+"/base.yaml", fmt.Sprintf(
		"module: %s\nsum: %s\nstores: [bbolt]\n", fakelnd.Module, sum,
	))
	r.write("patches/"+baseName+"/series", "# The series.\n\n"+
		"# The rules.\n"+
		"package channeldb/outcome payments/outcome add the rules\n"+
		"\n"+
		"package itest itest add the tests\n")
}

// templateOnce makes what newPatchedRepo copies.
var templateOnce sync.Once

// newPatchedRepo returns a staged repository whose series has, besides the
// packages, a patch that only building needs and two others.
func newPatchedRepo(t *testing.T) *repo {
	t.Parallel()

	template := filepath.Join(shared, "template")
	templateOnce.Do(func() {
		r := &repo{t: t, root: template}
		r.fill()
		r.must("stage")
		r.edit("lnd.go", "// Line 2.", "// Builds.")
		r.commit("lnd: make it build\n\nLnd-Once: build-only")
		r.edit("lnd.go", "// Line 20.", "// Patched.")
		r.commit("lnd: patch it\n\nFor a reason.")
		r.edit("routing/router.go", "// Line 20.", "// Patched.")
		r.commit("routing: patch it")
		r.must("series")
		r.must("stage")
	})

	// A copy is as good as staging once more.
	r := &repo{t: t, root: filepath.Join(t.TempDir(), "repo")}
	out, err := exec.Command("cp", "-Rp", template, r.root).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, r.must("stage"), "up to date")

	return r
}

// path returns the path of a file of the repository.
func (r *repo) path(name string) string {
	return filepath.Join(r.root, name)
}

// tree returns the path of a file of the staged tree.
func (r *repo) tree(name string) string {
	return r.path("build/" + baseName + "/lnd/" + name)
}

// write writes a file of the repository.
func (r *repo) write(name, text string) {
	r.t.Helper()
	require.NoError(r.t, writeFile(r.path(name), []byte(text)))
}

// add writes a file of the staged tree.
func (r *repo) add(name, text string) {
	r.t.Helper()
	require.NoError(r.t, writeFile(r.tree(name), []byte(text)))
}

// read returns the text of a file.
func (r *repo) read(path string) string {
	r.t.Helper()

	text, err := os.ReadFile(path)
	require.NoError(r.t, err)

	return string(text)
}

// series returns the text of the series.
func (r *repo) series() string {
	return r.read(r.path("patches/" + baseName + "/series"))
}

// edit replaces a text that a file of the staged tree has by another one.
func (r *repo) edit(name, before, after string) {
	r.t.Helper()

	text := r.read(r.tree(name))
	require.Contains(r.t, text, before)
	r.add(name, strings.Replace(text, before, after, 1))
}

// run runs a verb and returns what it says, errors included.
func (r *repo) run(verb string) (string, error) {
	var out bytes.Buffer
	err := runVerb(verb, r.root, progress.New(&out, verb))
	if err != nil {
		fmt.Fprintln(&out, err)
	}

	return out.String(), err
}

// child returns the command that runs a verb in a process of its own, with more
// environment variables.
func (r *repo) child(verb string, env ...string) *exec.Cmd {
	program, err := os.Executable()
	require.NoError(r.t, err)

	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), env...)
	cmd.Env = append(
		cmd.Env, verbVariable+"="+verb, rootVariable+"="+r.root,
	)

	return cmd
}

// must runs a verb that has to succeed and returns what it says.
func (r *repo) must(verb string) string {
	r.t.Helper()

	out, err := r.run(verb)
	require.NoError(r.t, err)

	return out
}

// fails runs a verb that has to fail and returns what it says.
func (r *repo) fails(verb string) string {
	r.t.Helper()

	out, err := r.run(verb)
	require.Error(r.t, err, out)

	return out
}

// git runs git in the staged tree, as a user would, and returns what it prints.
func (r *repo) git(args ...string) string {
	r.t.Helper()

	return r.gitIn(r.tree(""), args...)
}

// gitIn runs git in a folder, as a user would, and returns what it prints.
func (r *repo) gitIn(dir string, args ...string) string {
	r.t.Helper()

	cmd := exec.Command("git", args...)
	cmd.Dir = dir
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
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}

			return err
		})
		require.NoError(r.t, err)
	}

	return files
}
