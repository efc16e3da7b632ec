package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTarget checks that addresses are taken as lncli takes them.
func TestTarget(t *testing.T) {
	t.Parallel()

	for address, want := range map[string]string{
		"localhost":      "passthrough:///localhost:10009",
		"host:1":         "passthrough:///host:1",
		":10009":         "passthrough:///:10009",
		"lnd_node-1.lan": "passthrough:///lnd_node-1.lan:10009",
		"[::1]:1":        "passthrough:///[::1]:1",
		"[::1]":          "passthrough:///[::1]:10009",
		"::1":            "passthrough:///[::1]:10009",
		"[fe80::1%lo]:1": "passthrough:///[fe80::1%lo]:1",
		"unix:///a/sock": "unix:///a/sock",
		"unix:sock":      "unix:sock",
	} {
		require.NoError(t, checkAddress(address))
		require.Equal(t, want, target(address))
	}
}

// TestMalformedAddressIsRefusedAtOnce checks that nobody waits for a node at an
// address that no node can have, whatever the command.
func TestMalformedAddressIsRefusedAtOnce(t *testing.T) {
	t.Parallel()

	for address, want := range map[string]string{
		"https://localhost:10009": "gRPC has no URL",
		"ftp://localhost":         "gRPC has no URL",
		"tcp://localhost:10009":   "gRPC has no URL",
		"x:garbage":               `"garbage" is no port`,
		"x:":                      `"" is no port`,
		"x:0":                     `"0" is no port`,
		"x:65536":                 `"65536" is no port`,
		"x:-1":                    `"-1" is no port`,
		"x y:1":                   `"x y" is no name of a host`,
		"me@host:1":               `"me@host" is no name of a host`,
		"host/path":               `"host/path" is no name of a host`,
		"1:2:3":                   `"1:2:3" is no name of a host`,
		"unix:":                   "names no socket",
		"unix://":                 "names no socket",
	} {
		for _, command := range []string{"watch", "check"} {
			// The files are right, so that it is the address.
			n := newFakeNode(t)
			err := start(t, n.flags(
				"--rpcserver", address, command,
			)).wait(t)
			require.ErrorContains(t, err, want, address)
			require.ErrorContains(t, err, "HOST, HOST:PORT or "+
				"unix:PATH")
			require.Equal(t, exitFailed, exitStatus(err))
		}
	}
}
