package regtest

import (
	"net"
	"testing"

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
