package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/internal/postgres"
	"lnd-once/internal/process"
	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/stretchr/testify/require"
)

// eachDatabase runs a test with the URL of an empty sink of each kind of database.
func eachDatabase(t *testing.T, test func(t *testing.T, url string)) {
	t.Parallel()

	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "sink.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, startPostgres(t).URL("postgres"))
	})
}

// startPostgres starts a PostgreSQL that runs until the test ends.
func startPostgres(t *testing.T) *postgres.Server {
	t.Helper()

	if err := postgres.Available(); err != nil {
		t.Skip(err)
	}
	server, err := postgres.Start(t.Context(), postgres.Config{})
	require.NoError(t, err)
	t.Cleanup(server.Stop)

	return server
}

// twoNodes starts two nodes.
func twoNodes(t *testing.T) []*fakeNode {
	t.Helper()

	nodes := []*fakeNode{newFakeNode(t), newFakeNode(t)}
	nodes[1].pubKey = otherKey

	return nodes
}

// rows returns how many payments a sink has of a node. One that is no sink yet
// has none.
func (n *fakeNode) rows(url string) int {
	count, ctx := 0, context.Background()
	_ = sink.Read(ctx, url, n.pubKey, func(r *sink.Reader) error {
		return r.Payments(ctx, sink.Period{}, func(*sink.Payment) {
			count++
		})
	})

	return count
}

// addPayments lets payments end that the stream does not tell of.
func (n *fakeNode) addPayments(count int) {
	n.set(func() {
		for range count {
			status, reason := succeeded, none
			if len(n.payments)%3 == 1 {
				status, reason = failed, timeout
			}
			n.payments = append(n.payments, pay(
				uint64(len(n.payments)+1), status, reason,
			))
		}
	})
}

// TestNodesShareADatabaseThroughKills lets a process for each of two nodes write
// to one database and kills them (SIGKILL) at random. In the end each node has
// all its rows, once, and an audit finds nothing.
func TestNodesShareADatabaseThroughKills(t *testing.T) {
	eachDatabase(t, func(t *testing.T, url string) {
		nodes := twoNodes(t)
		testKills(t, url, nodes, func(t *testing.T) []*process.Process {
			var started []*process.Process
			for _, n := range nodes {
				started = append(started, startProcess(t,
					n.flags("--sink", url,
						"--hold-failures", "0s")))
			}

			return started
		})
	})
}

// testKills starts and kills what follows the nodes.
func testKills(t *testing.T, url string, nodes []*fakeNode,
	run func(t *testing.T) []*process.Process) {

	const kills, each = 8, 45
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	want := 0
	for range kills {
		started := run(t)
		want += each
		for _, n := range nodes {
			n.addPayments(each)
		}

		// One of them gets so far, wherever the other is, and then both
		// are killed, in any order.
		n, reached := nodes[chance.IntN(len(nodes))], want-chance.IntN(2*each)
		require.Eventually(t, func() bool {
			return n.rows(url) >= reached
		}, patience, time.Millisecond)
		chance.Shuffle(len(started), func(i, j int) {
			started[i], started[j] = started[j], started[i]
		})
		for _, p := range started {
			require.NoError(t, p.Alive())
			p.Kill()
		}
	}

	started := run(t)
	for _, n := range nodes {
		require.Eventually(t, func() bool {
			return n.rows(url) >= want
		}, patience, 10*time.Millisecond)
		out, status := auditOf(t, n, url)
		require.Zero(t, status, out)
		require.Regexp(t, fmt.Sprintf(
			`(?m)^ same +%d +in both`, want,
		), out)
	}
	for _, p := range started {
		require.NoError(t, p.Alive())
		p.Stop()
	}
	requireReports(t, url, nodes, want/3)
}

// requireReports fails the test if a report is not of the node that is asked for,
// and of its failures.
func requireReports(t *testing.T, url string, nodes []*fakeNode, failures int) {
	t.Helper()

	p := start(t, []string{"paymentwatch", "report", "--sink", url})
	require.ErrorIs(t, p.wait(t), sink.ErrSeveralNodes)
	for _, n := range nodes {
		p := start(t, []string{"paymentwatch", "report", "--sink", url,
			"--pubkey", n.pubKey[:4]})
		require.NoError(t, p.wait(t))
		require.Contains(t, p.out.String(), "Payments of node "+n.pubKey)
		require.Regexp(t, fmt.Sprintf(`FAILED +TIMEOUT +%d `, failures),
			p.out.String())
	}
}
