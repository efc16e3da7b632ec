package layer

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

// kvStore and sqlStore are payments stores in the lnd that the tests make up.
const (
	kvStore = "package payments\n\nvar kv = groupcommit.NewKV(db)\n"

	sqlStore = "package payments\n\nvar tables = groupSQL(db)\n\n" +
		"func groupSQL(db int) {}\n"
)

// newBase returns a base with our own repository, whose patched lnd has files in
// the folder of its payments store.
func newBase(t *testing.T, files map[string]string) *base.Base {
	t.Helper()

	root, err := base.Root()
	require.NoError(t, err)
	b := &base.Base{
		Name: filepath.Base(t.TempDir()), Module: "example.com/lnd",
		Root: filepath.Join(t.TempDir(), "ours"),
	}
	for _, folder := range []string{tower, explore} {
		require.NoError(t, os.CopyFS(
			filepath.Join(b.Root, folder),
			os.DirFS(filepath.Join(root, folder)),
		))
	}

	dir := filepath.Join(b.Tree(), "store", "db")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for name, text := range files {
		require.NoError(t, os.WriteFile(
			filepath.Join(dir, name), []byte(text), 0o600,
		))
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}} {
		_, err := git.New(b.Tree()).Run(t.Context(), args...)
		require.NoError(t, err)
	}

	return b
}

// TestLay asserts that the layer is laid over the one place where a payments
// store takes its database, and over that of its tables if it can have some.
func TestLay(t *testing.T) {
	t.Parallel()

	b := newBase(t, map[string]string{
		"kv.go": kvStore, "sql.go": sqlStore, "kv_test.go": kvStore,
	})
	l, err := Lay(t.Context(), b, "some", Plan{
		Results: []string{"write2:done", "read1:fails"},
	})
	require.NoError(t, err)
	require.Equal(t, "store/db", l.Folder)
	require.Equal(t, []string{KV, SQL}, l.Kinds)
	for file, want := range map[string]string{
		"store/db/kv.go":            "NewKV(layerKV(db))\n",
		"store/db/sql.go":           "groupSQL(layerSQL(db))\n",
		"store/db/layer.go":         fmt.Sprintf("layerDir = %q\n", l.Told),
		"store/db/layer_commits.go": "\npackage payments\n",
		"store/db/layer_sql.go":     "\ntype countingSQL struct",
		explore + "/life.go":        "\npackage explore\n",
	} {
		text, err := os.ReadFile(l.Files[filepath.Join(b.Tree(), file)])
		require.NoError(t, err, file)
		require.Contains(t, "\n"+string(text), want, file)
		require.NotContains(t, string(text), "lnd-once/")
		require.NotContains(t, string(text), "paymentsdb.")
	}
	for file := range l.Files {
		require.NotContains(t, file, "_test.go")
	}
	plan, err := os.ReadFile(filepath.Join(l.Told, "results"))
	require.NoError(t, err)
	require.Equal(t, "write2:done,read1:fails", string(plan))

	b = newBase(t, map[string]string{"kv.go": kvStore})
	l, err = Lay(t.Context(), b, "some", Plan{})
	require.NoError(t, err)
	require.Equal(t, []string{KV}, l.Kinds)
}

// TestLayRefuses asserts that a layer which cannot be put where it belongs is an
// error.
func TestLayRefuses(t *testing.T) {
	t.Parallel()

	for name, files := range map[string]map[string]string{
		"no payments store": {"kv_test.go": kvStore},
		"2 times":           {"kv.go": kvStore + kvStore},
		"no such file":      {"kv.go": kvStore, "kv2.go": kvStore},
	} {
		_, err := Lay(t.Context(), newBase(t, files), "some", Plan{})
		require.ErrorContains(t, err, name)
	}
}

// TestWrites asserts what is counted of what the layers of programs have written
// down.
func TestWrites(t *testing.T) {
	t.Parallel()

	b := newBase(t, map[string]string{"kv.go": kvStore})
	l, err := Lay(t.Context(), b, "some", Plan{})
	require.NoError(t, err)
	for name, text := range map[string]string{
		"db.test-kv.1": "..F.", "db.test-kv.2": "F",
		"db.test-sql.1": "...", "lnd-kv.1": ".",
	} {
		require.NoError(t, os.WriteFile(
			filepath.Join(l.Told, name), []byte(text), 0o600,
		))
	}

	writes, err := l.Writes("db.test", KV)
	require.NoError(t, err)
	require.Equal(t, Writes{All: 5, Faults: 2}, writes)
	writes, err = l.Writes("none", KV)
	require.NoError(t, err)
	require.Zero(t, writes)
}
