package harness

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// TestCheckBackend asserts what is said of a backend that does not exist, and of
// bitcoind where it is not installed.
func TestCheckBackend(t *testing.T) {
	path := t.TempDir()
	t.Setenv("PATH", path)

	require.NoError(t, CheckBackend(Btcd))
	require.NoError(t, CheckBackend(neutrino))
	for backend, want := range map[string]string{
		"none": "unknown backend 'none'; there are: btcd, neutrino, " +
			"bitcoind",
		bitcoind: "bitcoind cannot be started here",
	} {
		err := CheckBackend(backend)
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}

	require.NoError(t, os.WriteFile(
		filepath.Join(path, bitcoind), nil, 0o700,
	))
	require.NoError(t, CheckBackend(bitcoind))
}
