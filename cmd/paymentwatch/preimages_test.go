package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// TestNoPreimages checks that preimages are kept unless they are not wanted, and
// that an audit does not miss them.
func TestNoPreimages(t *testing.T) {
	t.Parallel()

	secret := strings.Repeat("07", 32)
	n := newFakeNode(t)
	p := pay(1, succeeded, none)
	p.PaymentPreimage = secret
	n.payments = []*paymentrpc.Payment{p}

	for _, flags := range [][]string{nil, {"--no-preimages"}} {
		file := filepath.Join(t.TempDir(), "sink.db")
		watch := start(t, n.flags(append(
			[]string{"--sink", "sqlite:" + file}, flags...,
		)...))
		watch.errOut.await(t, "Live caught_up=1")
		watch.interrupt()
		require.NoError(t, watch.wait(t))

		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, flags == nil,
			strings.Contains(string(content), secret))
		out, status := auditOf(t, n, "sqlite:"+file)
		require.Zero(t, status, out)
	}
}

// TestLogsOfAFailureAreJSON checks that the last thing said is JSON as well.
func TestLogsOfAFailureAreJSON(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	p := start(t, append(n.flags("--logformat", "json", "--sink",
		"sqlite:"+t.TempDir()), "--network", "mainnet",
		"--macaroonpath", filepath.Join(
			n.dir, n.macaroonFile("regtest"),
		)))
	err := p.wait(t)
	require.ErrorIs(t, err, errNetwork)
	require.ErrorAs(t, err, &loggedError{})

	lines := strings.Split(strings.TrimSpace(p.errOut.String()), "\n")
	var entry map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &entry))
	require.Equal(t, "ERROR", entry["level"])
	require.Contains(t, entry["err"], "not on mainnet")
}
