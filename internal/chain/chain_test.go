package chain

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// TestAvailable asserts what is said of a backend that does not exist, and of
// bitcoind where it is not installed.
func TestAvailable(t *testing.T) {
	path := t.TempDir()
	t.Setenv("PATH", path)

	require.NoError(t, Available(Btcd))
	require.NoError(t, Available(Neutrino))
	for backend, want := range map[string]string{
		"none": "unknown backend 'none'; there are: btcd, neutrino, " +
			"bitcoind",
		Bitcoind: "bitcoind cannot be started here",
	} {
		err := Available(backend)
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}

	require.NoError(t, os.WriteFile(
		filepath.Join(path, Bitcoind), nil, 0o700,
	))
	require.NoError(t, Available(Bitcoind))
}
