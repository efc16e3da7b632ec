//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lnd-once/itest/expect"
	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/stretchr/testify/require"
)

const (
	// rowTimeout is how long a row that must come may take. It is longer
	// than the time for which failures are held back and the minute after
	// which paymentwatch reads what the stream has not told.
	rowTimeout = 90 * time.Second

	// firstTimeout is how long we wait for the first row of a naive monitor
	// until we suppose that its stream was not up yet and pay again.
	firstTimeout = 2 * time.Second
)

// played are the scenarios that two nodes suffice for and that show what stock
// is known for.
var played = scenario.All[:3]

// TestWatchScenarios runs the cases in which stock lnd decides an outcome more
// than once. Naive monitors of a stock node end with the error of a constraint,
// those of a patched node do not, and paymentwatch has one row with the right
// reason in either case, in all databases.
func TestWatchScenarios(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			t.Parallel()
			testScenarios(t, side)
		})
	}
}

// testScenarios runs the scenarios on one side and prints what the monitors
// made of them.
func testScenarios(t *testing.T, side side) {
	dir := workDir(t)
	net := startNetwork(t, dir, side.lnd)
	monitors := startMonitors(t, net, dir)
	naives := newNaives(t, net, dir)

	ctx := context.Background()
	run := scenario.NewRun(net.Scenarios(), t.Logf)
	var results []*scenario.Result
	failures := make(map[string][]error)
	for i := range played {
		sc := &played[i]
		failures[sc.Name] = runNaives(t, net, naives, func() {
			shown, err := run.Play(ctx, sc)
			require.NoError(t, err)
			results = append(results, shown...)
		})
	}
	listed, err := list(ctx, net.Sender)
	require.NoError(t, err)

	for _, m := range monitors {
		eventually(t, rowTimeout, "all rows", func() error {
			m.requireAlive(t)

			return compare(m.rows(t), listed, side.stock, nil)
		})
	}

	leave(t, ".txt", describe(
		t, side, net, results, naives, failures, monitors,
	))
	for _, r := range results {
		name := r.Scenario.Name
		requireFailures(t, side, name, failures[name])
		for _, m := range monitors {
			require.Equal(t, wanted(r), m.outcomes(t, r.Hash),
				"%s in %s", name, m.name)
		}
	}
}

// newNaives returns a naive monitor for each database there is.
func newNaives(t *testing.T, net *regtest.Network, dir string) []*naive {
	t.Helper()

	naives := []*naive{newNaive(t, net, dir, "sqlite")}
	if server != nil {
		naives = append(naives, newNaive(t, net, dir, "postgres"))
	}

	return naives
}

// runNaives runs naive monitors while something is played. It returns the error
// of each, nil if it was still running when it had all the rows.
func runNaives(t *testing.T, net *regtest.Network, naives []*naive,
	play func()) []error {

	t.Helper()

	for _, n := range naives {
		n.start()
		defer func() { _ = n.stop() }()
	}

	// A client cannot tell when the node has registered it.
	for _, n := range naives {
		for {
			hash := payInvoice(t, net)
			if n.await(hash, firstTimeout) == nil {
				break
			}
		}
	}
	play()

	// What is announced is in order, so all of it came before this one.
	last := payInvoice(t, net)
	var errs []error
	for _, n := range naives {
		require.NoError(t, n.await(last, rowTimeout))
		errs = append(errs, n.stop())
	}

	return errs
}

// requireFailures checks how naive monitors have ended: with the error of the
// constraint where the node is known to announce an outcome twice.
func requireFailures(t *testing.T, side side, name string, errs []error) {
	t.Helper()

	known, err := expect.Load(lndBase)
	require.NoError(t, err)
	broken, err := known.Of(name, "")
	require.NoError(t, err)
	twice := side.stock && slices.Contains(
		broken.Ends, string(paymentcontract.Once),
	)

	for _, err := range errs {
		if !twice {
			require.NoError(t, err, name)

			continue
		}
		require.Error(t, err, name)
		require.Contains(t, strings.ToLower(err.Error()),
			"unique constraint", name)
	}
}

// wanted returns the only outcome that a table is to have of a scenario.
func wanted(r *scenario.Result) []string {
	reason := paymentcontract.ReasonName(r.Want())
	if reason == "NONE" {
		return []string{"SUCCEEDED NONE"}
	}

	return []string{"FAILED " + reason}
}

// outcomes returns status and reason of all rows with a hash.
func (m *monitor) outcomes(t *testing.T, hash string) []string {
	t.Helper()

	var outcomes []string
	for k, r := range m.rows(t) {
		if k.hash == hash {
			outcomes = append(outcomes, r.status+" "+r.reason)
		}
	}

	return outcomes
}

// describe returns what the monitors of a side made of the scenarios.
func describe(t *testing.T, side side, net *regtest.Network,
	results []*scenario.Result, naives []*naive,
	failures map[string][]error, monitors []*monitor) string {

	t.Helper()

	var b strings.Builder
	line := func(monitor, database, what string) {
		fmt.Fprintf(&b, "    %-12s  %-8s  %s\n", monitor, database,
			what)
	}
	fmt.Fprintf(&b, "\n%s, lnd %s\n", side.name, filepath.Base(
		strings.Fields(net.Sender.Version)[0]))
	for _, r := range results {
		name := r.Scenario.Name
		fmt.Fprintf(&b, "  %s: %s\n", name, r.Scenario.Title)
		for i, n := range naives {
			what := "no error"
			if err := failures[name][i]; err != nil {
				what = err.Error()
			}
			line("naive loop", n.name, what)
		}
		for _, m := range monitors {
			outcomes := m.outcomes(t, r.Hash)
			line("paymentwatch", m.name, fmt.Sprintf("rows: %d, %s",
				len(outcomes), strings.Join(outcomes, ", ")))
		}
	}

	return b.String()
}
