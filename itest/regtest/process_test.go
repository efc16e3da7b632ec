package regtest

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// errNotYet is the error of a condition that does not hold.
var errNotYet = errors.New("not yet")

// startShell starts a shell script as a process that ends with the test.
func startShell(t *testing.T, dir, script string, args ...string) *process {
	t.Helper()

	p, err := startProcess(
		"shell", filepath.Join(dir, "shell.log"), false, "/bin/sh",
		append([]string{"-c", script, "sh"}, args...)...,
	)
	require.NoError(t, err)
	t.Cleanup(p.stop)

	return p
}

// TestStopWaitsForEnd checks that a program is gone when stop returns, that it
// was asked to end rather than killed, and that stopping it again does no harm.
func TestStopWaitsForEnd(t *testing.T) {
	t.Parallel()

	p := startShell(t, t.TempDir(), `trap 'echo bye; exit 7' TERM
		echo ready; while :; do sleep 0.05; done`)
	err := p.wait(context.Background(), "its trap",
		func(context.Context) error {
			log, err := os.ReadFile(p.log)
			if err == nil && len(log) == 0 {
				err = errNotYet
			}

			return err
		},
	)
	require.NoError(t, err)
	require.NoError(t, p.alive())

	p.stop()
	require.Equal(t, 7, p.cmd.ProcessState.ExitCode())
	p.stop()
}

// TestWaitReportsEndOfProgram checks that nobody waits for a program that has
// ended, and that its last words are told.
func TestWaitReportsEndOfProgram(t *testing.T) {
	t.Parallel()

	p := startShell(t, t.TempDir(), "echo cannot open database; exit 3")
	err := p.wait(
		context.Background(), "nothing",
		func(context.Context) error { return errNotYet },
	)
	require.ErrorContains(t, err, "cannot open database")
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, p.log)
}

// TestWaitEndsWithContext checks that an interrupted wait says only that.
func TestWaitEndsWithContext(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(context.Background())
	p := startShell(t, t.TempDir(), "sleep 60")
	err := p.wait(ctx, "nothing", func(context.Context) error {
		cancel()

		return errNotYet
	})
	require.ErrorIs(t, err, context.Canceled)
}

// TestFreeAddressesDiffer checks that no address is handed out twice, though
// nothing listens on it yet, and that one that was taken since is noticed.
func TestFreeAddressesDiffer(t *testing.T) {
	t.Parallel()

	seen := make(map[string]bool)
	for range 100 {
		addr, err := FreeAddress()
		require.NoError(t, err)
		require.False(t, seen[addr])
		seen[addr] = true
	}

	addr, err := FreeAddress()
	require.NoError(t, err)
	require.NoError(t, checkFree(addr))

	listener, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	defer listener.Close()
	require.ErrorContains(t, checkFree(addr), addr)
}
