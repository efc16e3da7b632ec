//go:build nodes

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"

	"github.com/stretchr/testify/require"
)

const (
	// timedOut and noReason are two reasons as lncli prints them.
	timedOut = "FAILURE_REASON_TIMEOUT"
	noReason = "FAILURE_REASON_NONE"
)

// row is what the drop-in test reads of a payment that lncli lists.
type row struct {
	Hash   string `json:"payment_hash"`
	Index  string `json:"payment_index"`
	Status string `json:"status"`
	Reason string `json:"failure_reason"`
}

// dropIn is a network whose sender is run by stock and patched in turn.
type dropIn struct {
	*testing.T

	bin string
	net *regtest.Network
}

// TestDropIn checks that stock and patched lnd can open the same folder one
// after the other, as often as one likes and whoever is first, with payments of
// all outcomes in it that either of them made.
func TestDropIn(t *testing.T) {
	bin := os.Getenv("LND_ONCE_BIN")
	if bin == "" {
		t.Fatal("LND_ONCE_BIN must name the folder with lnd, " +
			"lnd-stock, lncli and btcd; \"make dropin\" sets it")
	}

	for _, first := range []string{stock, patched} {
		t.Run(first+" first", func(t *testing.T) {
			t.Parallel()
			testDropIn(t, bin, first)
		})
	}
}

// testDropIn runs payments of all outcomes on one lnd, hands the folder over to
// the other one, runs them again, and hands the folder back.
func testDropIn(t *testing.T, bin, first string) {
	second := patched
	if first == patched {
		second = stock
	}

	d := &dropIn{T: t, bin: bin}
	d.start(first)

	results := d.play(first)
	listed := d.list(first)
	d.requireOutcomes(first, results, listed)

	d.handOver(second)
	d.requireSame(listed, d.list(second))

	results = d.play(second)
	listed = d.list(second)
	d.requireOutcomes(second, results, listed)

	// Going back includes that payments can still be made.
	d.handOver(first)
	d.requireSame(listed, d.list(first))

	results = d.play(first)
	d.requireOutcomes(first, results, d.list(first))
}

// lnd returns the path of the lnd of a side.
func (d *dropIn) lnd(side string) string {
	if side == stock {
		return filepath.Join(d.bin, "lnd-stock")
	}

	return filepath.Join(d.bin, "lnd")
}

// start starts the network. The recipient is stock all the time. The folder is
// beside the programs, and stays for the logs in it.
func (d *dropIn) start(side string) {
	dir := filepath.Join(d.bin, "..", "dropin", side+"-first")
	d.Logf("logs: %s", filepath.Join(dir, "*.log"))

	var err error
	d.net, err = regtest.Start(context.Background(), regtest.Config{
		Dir:       dir,
		Btcd:      filepath.Join(d.bin, "btcd"),
		Sender:    d.lnd(side),
		Recipient: d.lnd(stock),
		Log:       func(step string) { d.Log(step) },
	})
	require.NoError(d, err)
	d.Cleanup(d.net.Stop)
}

// handOver lets the other lnd run the sender from now on.
func (d *dropIn) handOver(side string) {
	d.Logf("handing over to %s", side)
	err := d.net.RestartSender(context.Background(), d.lnd(side))
	require.NoError(d, err)
}

// play makes payments that succeed, the first of them before the scenarios, and
// those of the scenarios. It checks that stock breaks what it is known to break
// and patched nothing.
func (d *dropIn) play(side string) []*scenario.Result {
	ctx := context.Background()

	known, err := scenario.Known(
		scenario.BaseOf(d.net.Sender.Version),
	)
	require.NoError(d, err)

	session, err := scenario.Open(ctx, d.net)
	require.NoError(d, err)
	defer session.Close()

	for _, sc := range scenario.All {
		require.NoError(d, session.Run(ctx, sc))
	}
	results, err := session.Results(ctx)
	require.NoError(d, err)

	for _, r := range results {
		d.Logf("%s on %s %s", r.Name, side, r.Verdict())
		if side == stock {
			require.Equal(d, known[r.Name], r.Broken(), r.Name)
		} else {
			require.NoError(d, r.Err, r.Name)
		}
	}

	return results
}

// list returns the sender's payments by their hash, as lncli lists them. On
// patched only FAILED ones must have a reason, whoever wrote them.
func (d *dropIn) list(side string) map[string]row {
	out, err := exec.Command(
		filepath.Join(d.bin, "lncli"), "--network=regtest",
		"--lnddir="+d.net.Sender.Dir,
		"--rpcserver="+d.net.Sender.RPCAddr,
		"listpayments", "--include_incomplete",
	).CombinedOutput()
	require.NoError(d, err, string(out))

	var list struct {
		Payments []row `json:"payments"`
	}
	require.NoError(d, json.Unmarshal(out, &list))

	rows := make(map[string]row)
	for _, r := range list.Payments {
		if side == patched {
			require.Equal(d, r.Status == "FAILED",
				r.Reason != noReason, "%+v", r)
		}
		rows[r.Hash] = r
	}
	require.Len(d, rows, len(list.Payments), "a hash is listed twice")

	return rows
}

// requireOutcomes checks that lncli lists the payments of the scenarios with
// the status they must end with, and that S3 shows whose list it is: stock
// writes a reason for a payment that succeeded.
func (d *dropIn) requireOutcomes(side string, results []*scenario.Result,
	listed map[string]row) {

	statuses := map[string]string{
		"S1": "FAILED", "S2": "FAILED", "S3": "SUCCEEDED",
	}
	for _, r := range results {
		got := listed[r.Hash]
		require.Equal(d, statuses[r.Name], got.Status, r.Name)

		switch {
		case r.Name == "S3" && side == stock:
			require.Equal(d, timedOut, got.Reason)

		case r.Name == "S3":
			require.Equal(d, noReason, got.Reason)
		}
	}
}

// requireSame checks that all payments are there after a hand-over, and no
// others, with the outcome they had. Reasons of payments that did not fail are
// left out: patched hides the ones that stock has written.
func (d *dropIn) requireSame(before, after map[string]row) {
	require.Len(d, after, len(before))

	for hash, was := range before {
		now, ok := after[hash]
		require.True(d, ok, "payment %s is lost", hash)

		if was.Status != "FAILED" {
			was.Reason, now.Reason = "", ""
		}
		require.Equal(d, was, now)
	}
}
