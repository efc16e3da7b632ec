package main

import (
	"path/filepath"
	"testing"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/stretchr/testify/require"
)

// TestDataDirIsLnds checks that lnd's folder is looked for where lnd has it.
func TestDataDirIsLnds(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"lnd", "paymentwatch"} {
		require.Equal(t, btcutil.AppDataDir(name, false), dataDir(name))
	}
}

// TestSinkIsAtHomeByDefault checks that it is not in the folder that the program
// happens to be started in.
func TestSinkIsAtHomeByDefault(t *testing.T) {
	t.Parallel()

	url, err := settled(t, "sink")
	require.NoError(t, err)
	require.Equal(t, "sqlite:"+filepath.Join(
		btcutil.AppDataDir("paymentwatch", false), sinkFile,
	), url)
}
