package main

import (
	"os"
	"strings"
	"testing"

	"lnd-once/internal/base"
	"lnd-once/itest/expect"
	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// pay is an update of a payment.
func pay(status lnrpc.Payment_PaymentStatus,
	reason lnrpc.PaymentFailureReason) *lnrpc.Payment {

	return &lnrpc.Payment{Status: status, FailureReason: reason}
}

// madeUp returns two sides on which every scenario showed one good update,
// except that S3 on stock showed another one to the client of terminal updates.
// Stock is known for the given cases.
func madeUp(known expect.Cases) []*side {
	good := pay(lnrpc.Payment_SUCCEEDED, 0)
	late := pay(lnrpc.Payment_SUCCEEDED, 1)

	sides := []*side{{name: stock, known: known}, {name: patched}}
	for _, s := range sides {
		for i := range played {
			s.results = append(s.results, &scenario.Result{
				Scenario: &played[i], Stored: good,
				Ends: &scenario.Client{
					Updates: []*lnrpc.Payment{good},
				},
				All: &scenario.Client{},
			})
		}
	}

	last := sides[0].results[2]
	last.Ends.Updates = append(last.Ends.Updates, late)
	last.Stored = late
	last.Ends.Violations = []error{&paymentcontract.Violation{
		Guarantee: paymentcontract.Once, Detail: "again",
		Second: paymentcontract.NewRecord(late),
	}}

	return sides
}

// knownFor returns cases of which only one breaks something, which is Once.
func knownFor(broken int) expect.Cases {
	cases := make(expect.Cases, len(played))
	for i := range played {
		cases[i].Scenario = played[i].Name
	}
	cases[broken].Ends = []string{"Once"}

	return cases
}

// TestBasesKnowScenarios checks that each base says what stock breaks of all
// cases that there are, in their order, and of no others.
func TestBasesKnowScenarios(t *testing.T) {
	t.Parallel()

	var all [][2]string
	for _, s := range scenario.All {
		for _, c := range s.Cases {
			all = append(all, [2]string{s.Name, c.Name})
		}
	}

	root, err := base.Root()
	require.NoError(t, err)
	names, err := base.Known(root)
	require.NoError(t, err)
	for _, name := range names {
		cases, err := known(name)
		require.NoError(t, err)

		var told [][2]string
		for _, c := range cases {
			told = append(told, [2]string{c.Scenario, c.Case})
		}
		require.Equal(t, all, told, name)
	}
}

// TestTable checks what the table looks like when all is as it should be.
func TestTable(t *testing.T) {
	t.Parallel()

	var out strings.Builder
	require.True(t, printTable(&out, madeUp(knownFor(2))))

	lines := strings.Split(out.String(), "\n")
	require.Len(t, lines, 13)
	require.Equal(t, []string{
		"S3 HTLC outlives the timeout, then settles  " +
			"stock    SUCCEEDED NONE     " +
			"SUCCEEDED TIMEOUT      breaks Once",
		strings.Repeat(" ", 53) + "SUCCEEDED TIMEOUT",
		strings.Repeat(" ", 44) + "patched  SUCCEEDED NONE     " +
			"SUCCEEDED NONE         holds",
	}, lines[8:11])
}

// TestTableUnexpected checks that both a violation nobody knew of and the lack
// of a known one are shown and spoil the result.
func TestTableUnexpected(t *testing.T) {
	t.Parallel()

	var out strings.Builder
	require.False(t, printTable(&out, madeUp(knownFor(1))))
	require.Contains(t, out.String(), "holds (unexpected)")
	require.Contains(t, out.String(), "stock: S2 late fail: a client of "+
		"terminal updates should find that [Once] is broken, and "+
		"found []")
	require.Contains(t, out.String(), "breaks Once (unexpected)")
	require.Contains(t, out.String(), "should find that [] is broken, "+
		"and found [Once]:\n: Once: again")
}

// TestTableOfPrefix checks that a side with the first topics only is named after
// them, and may break what is known of it.
func TestTableOfPrefix(t *testing.T) {
	t.Parallel()

	sides := madeUp(knownFor(2))
	prefix := sides[1]
	prefix.topics, prefix.known = 2, knownFor(2)
	prefix.results[2] = sides[0].results[2]

	var out strings.Builder
	require.True(t, printTable(&out, sides))
	require.Contains(t, out.String(), "topics-2  SUCCEEDED NONE")
	require.NotContains(t, out.String(), "unexpected")

	prefix.known = nil
	require.False(t, printTable(&out, sides))
	require.Contains(t, out.String(), "topics-2: S3 late settle")
}

// TestLockDir checks that a folder in which a demo runs, or has left a network
// running, is not used by another one.
func TestLockDir(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	unlock, err := lockDir(dir)
	require.NoError(t, err)

	_, err = lockDir(dir)
	require.ErrorContains(t, err, "another program is running")
	unlock()

	script := regtest.StopScript(dir + "/patched")
	require.NoError(t, os.Mkdir(dir+"/patched", 0700))
	require.NoError(t, os.WriteFile(script, nil, 0700))
	_, err = lockDir(dir)
	require.ErrorContains(t, err, script)

	require.NoError(t, os.Remove(script))
	unlock, err = lockDir(dir)
	require.NoError(t, err)
	unlock()
}
