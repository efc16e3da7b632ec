package base

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// TestLoadBorrowsTheNearestFolder checks which base lends its folder to a version
// that has none, and that such a version is pinned when it is first used.
func TestLoadBorrowsTheNearestFolder(t *testing.T) {
	root := newRoot(t, "v0.2.2-beta", "v0.2.4-beta", "v0.10.1-beta")
	for version, lender := range map[string]string{
		"v0.2.0-beta":      "v0.2.2-beta",
		"v0.2.3-beta":      "v0.2.2-beta",
		"v0.2.4-beta.rc1":  "v0.2.4-beta",
		"v0.2.5-beta":      "v0.2.4-beta",
		"v0.2.11-beta.rc2": "v0.2.4-beta",
		"v0.10.0-beta":     "v0.10.1-beta",
	} {
		b, err := Load(root, version)
		require.NoError(t, err)
		require.Equal(t, lender, b.Lender.Name, version)
		require.Equal(t, "patches/"+lender, b.Patches())
		require.Equal(t, version, b.Version)
		require.Equal(t, root+"/build/"+version+"/lnd", b.Tree())
		require.Empty(t, b.Sum)
		require.Equal(t, "h1:abc", b.Lender.Sum)
	}

	b, err := Load(root, "v0.2.5-beta")
	require.NoError(t, err)
	require.NoError(t, b.Pin("h1:def"))
	other, err := Load(root, "v0.2.3-beta")
	require.NoError(t, err)
	require.NoError(t, other.Pin("h1:ghi"))

	b, err = Load(root, "v0.2.5-beta")
	require.NoError(t, err)
	require.Equal(t, "h1:def", b.Sum)

	// A base of its own lends to nobody that has a folder.
	own, err := Load(root, "v0.2.4-beta")
	require.NoError(t, err)
	require.Nil(t, own.Lender)

	require.NoError(t, os.WriteFile(b.PinsPath(), []byte("lnd\n"), 0o600))
	_, err = Load(root, "v0.2.5-beta")
	require.ErrorContains(t, err, "want module, version and hash")
}

// TestLoadDoesNotBorrow checks what is no other patch release of a base.
func TestLoadDoesNotBorrow(t *testing.T) {
	root := newRoot(t, "v0.2.2-beta")
	for _, version := range []string{
		"v0.3.0-beta", "v0.2", "v0.2.2-beta+more", "latest",
	} {
		_, err := Load(root, version)
		require.ErrorContains(t, err, "unknown base '"+version+"'")
		require.ErrorContains(t, err, "Other patch releases")
		require.Equal(t, 2, failure.Exit(err))
	}
}
