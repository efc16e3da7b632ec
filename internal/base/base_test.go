package base

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// good is a complete description of a base.
const good = `module: example.org/lnd
sum: h1:abc
parent: v0.1.0-beta
stores: [bbolt, sqlite]
tags: [new]
`

// newRoot returns a repository that has the named bases.
func newRoot(t *testing.T, names ...string) string {
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	for _, name := range names {
		write(t, filepath.Join(root, "patches", name, File), good)
	}

	return root
}

// write writes a file and the folders that it needs.
func write(t *testing.T, path, text string) {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// TestLoadReadsTheFolder checks all that a base is.
func TestLoadReadsTheFolder(t *testing.T) {
	root := newRoot(t, "v0.2.0-beta")
	b, err := Load(root, "v0.2.0-beta")
	require.NoError(t, err)
	require.Equal(t, &Base{
		Name: "v0.2.0-beta", Root: root,
		Dir:    root + "/patches/v0.2.0-beta",
		Module: "example.org/lnd", Version: "v0.2.0-beta",
		Sum: "h1:abc", Parent: "v0.1.0-beta",
		Stores: []string{"bbolt", "sqlite"}, Tags: []string{"new"},
	}, b)
	require.Equal(t, root+"/build/v0.2.0-beta/lnd", b.Tree())
	require.Equal(t, root+"/build/v0.2.0-beta/stock", b.Stock())
	require.Equal(t, root+"/build/v0.2.0-beta/bin", b.Bin())
	require.True(t, b.HasStore("sqlite"))
	require.False(t, b.HasStore("postgres"))
}

// TestKnownIsInOrderOfVersions checks that v0.9 is older than v0.10, and that
// other folders are no bases.
func TestKnownIsInOrderOfVersions(t *testing.T) {
	root := newRoot(t, "v0.10.0-beta", "v0.9.1-beta", "v0.9.0-beta")
	write(t, root+"/patches/_lnd/lnd.go", "package lnd\n")

	known, err := Known(root)
	require.NoError(t, err)
	require.Equal(t, []string{
		"v0.9.0-beta", "v0.9.1-beta", "v0.10.0-beta",
	}, known)

	newest, err := Newest(root)
	require.NoError(t, err)
	require.Equal(t, "v0.10.0-beta", newest)
}

// TestLoadRefuses checks the messages for bases that are none. All are errors of
// the caller.
func TestLoadRefuses(t *testing.T) {
	tests := map[string]struct {
		base, text string
		says       string
	}{
		"unknown": {
			base: "v9", text: good,
			says: "unknown base 'v9'; the known ones are: v0.2.0",
		},
		"elsewhere": {
			base: "../patches/v0.2.0", text: good,
			says: "known ones are: v0.2.0",
		},
		"none": {
			base: "", text: good, says: "known ones are: v0.2.0",
		},
		"a field that is not known": {
			base: "v0.2.0", text: good + "store: bbolt\n",
			says: "field store not found",
		},
		"no module": {
			base: "v0.2.0", text: "", says: "must have module",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t)
			write(t, root+"/patches/v0.2.0/"+File, test.text)

			_, err := Load(root, test.base)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, 2, failure.Exit(err))
		})
	}

	_, err := Known(newRoot(t, "newest"))
	require.ErrorContains(t, err, "must have the version")
}

// TestRootIsFoundFromInside checks that every folder of a clone will do, and
// none outside.
func TestRootIsFoundFromInside(t *testing.T) {
	root := newRoot(t)
	write(t, root+"/go.mod", "module lnd-once\n\ngo 1.25\n")
	write(t, root+"/build/lnd/go.mod", "module other\n")

	for _, dir := range []string{root, root + "/build/lnd"} {
		t.Chdir(dir)
		got, err := Root()
		require.NoError(t, err)
		require.Equal(t, root, got)
	}

	t.Chdir(newRoot(t))
	_, err := Root()
	require.ErrorContains(t, err, "not in a clone of lnd-once")
}
