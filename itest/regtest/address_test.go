package regtest

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

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

// TestAddressBecomesFree checks that an address is free if who looked whether it
// is lets go of it late: a program that was started meanwhile has a copy of the
// listener, for a moment.
func TestAddressBecomesFree(t *testing.T) {
	t.Parallel()

	addr, err := FreeAddress()
	require.NoError(t, err)
	listener, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	time.AfterFunc(10*freeInterval, func() { listener.Close() })

	require.NoError(t, checkFree(addr))
}
