package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGeneratedIsWhatTheSourceGives checks that nobody has changed the one
// without the other.
func TestGeneratedIsWhatTheSourceGives(t *testing.T) {
	t.Parallel()

	want, err := generate("..")
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join("..", output))
	require.NoError(t, err)
	require.Equal(t, want, string(got), "run go generate ./lnrpc/paymentrpc")
}
