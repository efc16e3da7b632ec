package lndtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/git"
	"lnd-once/internal/gotest"
)

// write writes files into a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()

	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// newTree returns a tree of a lnd with a series that changes some packages.
func newTree(t *testing.T) string {
	t.Helper()

	dir := t.TempDir()
	run := func(args ...string) {
		_, err := git.New(dir).Run(t.Context(), args...)
		require.NoError(t, err)
	}

	write(t, dir, map[string]string{
		"go.mod":           "module lnd\n",
		"server.go":        "package lnd\n",
		"kept/kept.go":     "package kept\n",
		"gone/gone.go":     "package gone\n",
		"store/sql/sql.go": "//go:build test_db_sqlite\n\npackage sql\n",
		"itest/list.go":    "package itest\n",
		"docs/notes.md":    "notes\n",
		"store/store_test.go": "//go:build !test_db_sqlite\n\n" +
			"package store\n\nimport \"testing\"\n\n" +
			"func TestKV(t *testing.T) {}\n",
		"store/sql_test.go": "//go:build test_db_sqlite\n\n" +
			"package store\n\nimport \"testing\"\n\n" +
			"func TestSQL(t *testing.T) {}\n",
	})
	run("init", "-q", "-b", "patched")
	run("add", ".")
	run("commit", "-q", "--author", "a <a>", "-m", "upstream")
	run("tag", "upstream")

	write(t, dir, map[string]string{
		"server.go":       "package lnd // changed\n",
		"store/store.go":  "package store\n",
		"itest/list.go":   "package itest // changed\n",
		"docs/notes.md":   "changed\n",
		"cmd/lnd/main.go": "package main\n",
	})
	run("rm", "-q", "-r", "gone")
	run("add", ".")
	run("commit", "-q", "--author", "a <a>", "-m", "series")

	return dir
}

// TestTouched asserts that the packages with a change are found, and no others.
func TestTouched(t *testing.T) {
	t.Parallel()

	packages, err := Touched(t.Context(), newTree(t))
	require.NoError(t, err)
	require.Equal(t, []string{".", "./store"}, packages)
}

// TestWithSQL asserts that the packages are found whose tests depend on the tag.
func TestWithSQL(t *testing.T) {
	t.Parallel()

	tree := newTree(t)
	packages, err := WithSQL(tree, []string{".", "./kept", "./store"})
	require.NoError(t, err)
	require.Equal(t, []string{"./store"}, packages)

	packages, err = WithSQL(tree, []string{"./kept/...", "./store/..."})
	require.NoError(t, err)
	require.Equal(t, []string{"./store", "./store/sql"}, packages)
}

// TestRun asserts that the tag chooses the tests.
func TestRun(t *testing.T) {
	t.Parallel()

	tree := newTree(t)
	for tag, test := range map[string]string{
		"": "TestKV", SQLTag: "TestSQL",
	} {
		verdicts, err := Run(t.Context(), Config{
			Tree: tree, Tag: tag, Args: []string{"./store"},
		})
		require.NoError(t, err)
		require.Len(t, verdicts, 1)
		require.Equal(t, test, verdicts[0].Test)
		require.Equal(t, gotest.Passed, verdicts[0].Result)
	}
}
