package main

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/audit"
	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/stretchr/testify/require"
)

// auditOf runs an audit and returns what it has printed, and its status.
func auditOf(t *testing.T, n *fakeNode, url string, more ...string) (string,
	int) {

	t.Helper()

	p := start(t, n.flags(append(
		[]string{"audit", "--sink", url}, more...,
	)...))
	status := exitStatus(p.wait(t))

	return p.out.String(), status
}

// TestAuditFromMissingToRepaired loses a row of a sink, and has it found and
// written again.
func TestAuditFromMissingToRepaired(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.payments = []*paymentrpc.Payment{
		pay(1, succeeded, none), pay(2, failed, timeout),
		pay(3, succeeded, timeout),
	}
	path := filepath.Join(t.TempDir(), "sink.db")
	url := "sqlite:" + path
	p := start(t, n.flags("--sink", url, "--hold-failures", "0s"))
	p.errOut.await(t, "Live")

	// What the node has stored wrongly is told as well.
	out, status := auditOf(t, n, url, "--until", "1970-01-01T00:00:03Z")
	require.Equal(t, 0, status, out)
	require.Regexp(t, `(?m)^ same +2 +in both`, out)
	out, status = auditOf(t, n, url)
	require.Equal(t, exitBroken, status, out)
	require.Regexp(t, `contradictory +0{63}3 +1970-01-01 00:00:03 +`+
		`SUCCEEDED +SUCCEEDED TIMEOUT`, out)
	require.Regexp(t, `(?m)^ same +3 +in both`, out)
	n.set(func() { n.payments[2].FailureReason = none })

	// Nobody writes to a sink that another one writes to.
	_, status = auditOf(t, n, url, "--repair")
	require.Equal(t, exitFailed, status)
	p.interrupt()
	require.NoError(t, p.wait(t))
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("DELETE FROM payments WHERE payment_index = 2")
	require.NoError(t, err)

	out, status = auditOf(t, n, url)
	require.Equal(t, exitBroken, status, out)
	require.Regexp(t, `missing +0{63}2 +1970-01-01 00:00:02 +`+
		`FAILED TIMEOUT`, out)
	out, status = auditOf(t, n, url, "--json")
	require.Equal(t, exitBroken, status, out)
	var report audit.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Equal(t, audit.Report{
		Identity: sink.Identity{PubKey: pubKey, Network: "regtest"},
		Payments: 3, Rows: 2, Same: 2, Findings: []*audit.Finding{{
			Kind: audit.Missing, CreationTimeNs: 2e9,
			PaymentHash:  pay(2, failed, timeout).PaymentHash,
			PaymentIndex: 2, Node: "FAILED TIMEOUT",
		}},
	}, report)

	out, status = auditOf(t, n, url, "--repair")
	require.Equal(t, 0, status, out)
	require.Regexp(t, `repaired +1 +rows that were missing`, out)
	out, status = auditOf(t, n, url)
	require.Equal(t, 0, status, out)

	// The sink goes on from where it was.
	p = start(t, n.flags("--sink", url, "--hold-failures", "0s"))
	p.errOut.await(t, "Live caught_up=0")
}

// TestAuditWithoutAVerdict checks that what cannot be compared is not taken for
// something that differs.
func TestAuditWithoutAVerdict(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	missing := "sqlite:" + filepath.Join(t.TempDir(), "sink.db")
	for _, more := range [][]string{
		nil, {"--since", "yesterday"}, {"argument"},
		{"--network", "mainnet"}, {"--rpcserver", "127.0.0.1:1"},
	} {
		out, status := auditOf(t, n, missing, more...)
		require.Equal(t, exitFailed, status, more)
		require.Empty(t, out)
	}
}

// TestPeriod checks the forms that a time may have.
func TestPeriod(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                          {},
		"2026-11-23":                now.AddDate(0, 0, -3).Add(-12 * time.Hour),
		"2026-11-26T13:00:00+01:00": now,
		"36h":                       now.Add(-36 * time.Hour),
	} {
		got, err := parseTime("since", text, now)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"-1h", "yesterday", "23.11.2026"} {
		_, err := parseTime("until", text, now)
		require.ErrorContains(t, err, "--until is \""+text)
	}
}
