//go:build nodes

package nodes

import (
	"context"
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"lnd-once/internal/base"
	"lnd-once/itest/expect"
	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"

	"github.com/stretchr/testify/require"
)

const (
	// timedOut and noReason are two reasons as lncli prints them.
	timedOut = "FAILURE_REASON_TIMEOUT"
	noReason = "FAILURE_REASON_NONE"
)

// listedRow is what the test reads of a payment that lncli lists.
type listedRow struct {
	listedRun

	Index  string `json:"payment_index"`
	Status string `json:"status"`
	Reason string `json:"failure_reason"`
}

// listedRun tells a payment from all others.
type listedRun struct {
	Hash    string `json:"payment_hash"`
	Created string `json:"creation_time_ns"`
}

// version is an lnd that can run the sender: a side of a base.
type version struct {
	*base.Base

	side string
}

// String returns what the lnd is called.
func (v version) String() string {
	return v.side + " " + v.Name
}

// program returns the path of the lnd.
func (v version) program() string {
	return filepath.Join(v.Bin(), programOf(v.side))
}

// dropIn is a network whose sender is run by one lnd after the other.
type dropIn struct {
	*testing.T

	net *regtest.Network

	// at is the lnd that runs it now.
	at version

	// retried are the hashes of which a payment that has failed is not
	// listed any more, since it was tried again or deleted.
	retried map[string]bool

	// duplicated is the hash of which there is more than one payment.
	duplicated string
}

// TestDropIn checks that stock and patched lnd can open the same folder one
// after the other, as often as one likes and whoever is first, with payments of
// all outcomes in it that either of them made.
func TestDropIn(t *testing.T) {
	for _, first := range []string{stock, patched} {
		t.Run(first+" first", func(t *testing.T) {
			t.Parallel()
			testDropIn(t, first)
		})
	}
}

// testDropIn runs payments of all outcomes on one lnd, hands the folder over to
// the other one, runs them again, and hands the folder back.
func testDropIn(t *testing.T, first string) {
	second := patched
	if first == patched {
		second = stock
	}

	d := startDropIn(t, version{lndBase, first})
	d.requireOutcomes(d.play())
	for _, side := range []string{second, first} {
		d.handOver(version{lndBase, side})
		d.requireOutcomes(d.play())
	}
}

// startDropIn starts a network whose sender is run by the given lnd.
func startDropIn(t *testing.T, first version, flags ...string) *dropIn {
	return &dropIn{
		T: t, at: first, retried: make(map[string]bool),
		net: startNetwork(t, workDir(t), first.program(), flags...),
	}
}

// handOver lets another lnd run the sender from now on, with more flags. It
// checks that the payments stay as they were. Only a new kind of store, which a
// flag asks for, may number them anew, and list one of each hash alone.
func (d *dropIn) handOver(to version, flags ...string) {
	d.Logf("handing over to %v %v", to, flags)
	before := d.list()
	err := d.net.Restart(
		context.Background(), d.net.Sender, to.program(), flags...,
	)
	require.NoError(d, err)
	d.at = to
	after := d.list()
	if len(flags) > 0 {
		d.dropDuplicates(before, after)
		renumber(before, after)
	}
	d.requireSame(before, after)
}

// dropDuplicates drops the payments of the hash that was paid more than once, but
// for the one that is in the other list.
func (d *dropIn) dropDuplicates(rows, other map[listedRun]listedRow) {
	for run := range rows {
		if _, ok := other[run]; !ok && run.Hash == d.duplicated {
			delete(rows, run)
		}
	}
}

// renumber gives payments the indexes that they have in another list.
func renumber(rows, as map[listedRun]listedRow) {
	for run, row := range rows {
		row.Index = as[run].Index
		rows[run] = row
	}
}

// play plays the scenarios, which make payments that succeed as well. It checks
// that stock breaks what it is known to break and patched nothing.
func (d *dropIn) play() []*scenario.Result {
	ctx := context.Background()

	var expected expect.Cases
	if d.at.side == stock {
		var err error
		expected, err = expect.Load(d.at.Base)
		require.NoError(d, err)
	}

	run := scenario.NewRun(d.net.Scenarios(), d.Logf)
	var results []*scenario.Result
	for i := range played {
		result, err := run.Play(ctx, &played[i])
		require.NoError(d, err)
		results = append(results, result...)
	}
	for _, r := range results {
		require.NoError(d, run.Recheck(ctx, r, "stored at last"))
		d.Logf("%s on %v %s", r.Scenario.Name, d.at, r.Verdict())
		require.NoError(d, expected.Judge(r.Shown()))
	}

	return results
}

// list returns the sender's payments, as lncli lists them. On patched only
// FAILED ones must have a reason, whoever wrote them.
func (d *dropIn) list() map[listedRun]listedRow {
	out, err := exec.Command(
		programPath("lncli"), "--network=regtest",
		"--lnddir="+d.net.Sender.Dir,
		"--rpcserver="+d.net.Sender.RPCAddr,
		"listpayments", "--include_incomplete", "--max_payments",
		strconv.Itoa(math.MaxInt32),
	).CombinedOutput()
	require.NoError(d, err, string(out))

	var list struct {
		Payments []listedRow `json:"payments"`
	}
	require.NoError(d, json.Unmarshal(out, &list))

	rows := make(map[listedRun]listedRow)
	for _, r := range list.Payments {
		if d.at.side == patched {
			require.Equal(d, r.Status == "FAILED",
				r.Reason != noReason, "%+v", r)
		}
		rows[r.listedRun] = r
	}
	require.Len(d, rows, len(list.Payments), "a payment is listed twice")

	return rows
}

// requireOutcomes checks that lncli lists the payments of the scenarios with
// the status they must end with, and that S3 shows whose list it is: stock
// writes a reason for a payment that succeeded.
func (d *dropIn) requireOutcomes(results []*scenario.Result) {
	listed := make(map[string]listedRow)
	for run, row := range d.list() {
		listed[run.Hash] = row
	}
	for _, r := range results {
		got := listed[r.Hash]
		if r.Want().String() != noReason {
			require.Equal(d, "FAILED", got.Status, r.Scenario.Name)

			continue
		}

		require.Equal(d, "SUCCEEDED", got.Status, r.Scenario.Name)
		want := noReason
		if d.at.side == stock {
			want = timedOut
		}
		require.Equal(d, want, got.Reason, r.Scenario.Name)
	}
}

// requireSame checks that all payments are there after a hand-over, and no
// others, with the outcome they had. Reasons of payments that did not fail are
// left out: patched hides the ones that stock has written.
func (d *dropIn) requireSame(before, after map[listedRun]listedRow) {
	require.Len(d, after, len(before))

	for run, was := range before {
		now, ok := after[run]
		require.True(d, ok, "payment %v is lost", run)

		if was.Status != "FAILED" {
			was.Reason, now.Reason = "", ""
		}
		require.Equal(d, was, now)
	}
}
