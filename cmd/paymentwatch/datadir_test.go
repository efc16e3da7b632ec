package main

import (
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
