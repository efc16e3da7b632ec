package main

import (
	"os"
	"path/filepath"
	"testing"

	"lnd-once/internal/process"

	"github.com/stretchr/testify/require"
)

// startProcess runs the program in a process of its own, which can be killed. It
// ends with the test.
func startProcess(t *testing.T, args []string) *process.Process {
	t.Helper()

	self, err := os.Executable()
	require.NoError(t, err)
	p, err := process.Start(t.Context(), process.Config{
		Name: "paymentwatch", Path: self, Args: args[1:],
		Log: filepath.Join(t.TempDir(), "log"),
		Env: append(os.Environ(), asProgram+"=1"),
	})
	require.NoError(t, err)
	t.Cleanup(p.Stop)

	return p
}
