//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	// strikeWithin is the longest time until a node that is up is struck.
	strikeWithin = 4 * time.Second

	// resolveTimeout is how long the last payments may take to end. What is
	// in flight is sent again, and the recipient may hold it for a while:
	// two minutes, if it is a part and the others do not come.
	resolveTimeout = 4 * time.Minute
)

// attack is one on a node, over and over at random moments, while payments are
// made.
type attack struct {
	*testing.T

	// kind is what it is called, and side is attacked by it.
	kind string
	side side

	net *regtest.Network
	rng *rand.Rand

	// kinds are the payments that the load makes.
	kinds []kind
	load  *load

	// The sender's payments are watched, and those to the sender, if it is
	// paid as well.
	*watched
	back *watched

	// sorts are how many succeeded of what only a network has.
	sorts []Count

	// had is what sender and recipient had at first, in satoshis.
	had map[*regtest.Node]int64

	// strikes is how often the node was struck.
	strikes int
}

// newAttack starts the network of an attack on the sender. What the network has
// beside the usual is in its configuration.
func newAttack(t *testing.T, kind string, side side,
	cfg regtest.Config) *attack {

	t.Helper()

	cfg.Dir = filepath.Join(workDir(t), *store)
	cfg.Sender, cfg.Recipient = side.program(), peerProgram(t)
	net := start(t, cfg)

	return &attack{
		T: t, kind: kind, side: side, net: net,
		watched: newWatched(t, net.Sender, net.Recipient),
		rng:     rand.New(rand.NewPCG(*seed, payers)),
		kinds:   slices.Clone(attackKinds),
		had:     make(map[*regtest.Node]int64),
	}
}

// begin begins to make payments, and to listen.
func (a *attack) begin() {
	for _, node := range []*regtest.Node{a.net.Sender, a.net.Recipient} {
		has, err := wealth(context.Background(), node)
		require.NoError(a, err)
		a.had[node] = has
	}
	a.listen()
	if a.back != nil {
		a.back.listen()
	}
	a.load = startLoad(a.net, *seed, a.kinds)
	a.Cleanup(a.load.end)
	a.Logf("-seed %d", *seed)
}

// run strikes the node until it was struck often enough, and looks at what it
// lists each time when it is back.
func (a *attack) run(strike func(), counts func() []Count) {
	begin := time.Now()
	a.begin()
	for a.strikes < *kills {
		time.Sleep(a.upTo(strikeWithin))
		strike()
		require.NoError(a, a.audit())
		if a.back != nil {
			require.NoError(a, a.back.audit())
		}
		fmt.Printf("%s %s: %d of %d %s, violations so far: %s\n",
			a.Name(), *store, a.strikes, *kills, a.kind,
			describeViolations(a.violations()))
	}
	a.conclude(begin, slices.Concat(
		[]Count{{a.kind, a.strikes}}, counts(),
	))
}

// conclude ends the load, and says what was found since the attack began, with
// counts of its kind's own. It fails the test if that is not as it should be.
func (a *attack) conclude(begin time.Time, counts []Count) {
	a.gather()
	a.load.end()
	o := a.finish()

	broken := a.violations()
	a.Logf("violations: %s", describeViolations(broken))
	writeResult(a.T, begin, Found{
		Kind: a.kind, Side: a.side.name, Store: *store, Seed: *seed,
		Counts:     slices.Concat(counts, a.totals(o)),
		Violations: sum(broken),
	})

	if a.side.stock {
		require.NotZero(a, broken[paymentcontract.Once], "stock is "+
			"known to announce some ends twice: this test sees "+
			"nothing")

		return
	}
	require.Empty(a, broken, "violations")
}

// violations returns how many runs break a guarantee, for each of them.
func (a *attack) violations() map[paymentcontract.Guarantee]int {
	broken := a.book.violations()
	if a.back != nil {
		for g, n := range a.back.book.violations() {
			broken[g] += n
		}
	}

	return broken
}

// totals returns how much of everything there was.
func (a *attack) totals(o *open) []Count {
	outcomes := make(map[lnrpc.Payment_PaymentStatus]int)
	for _, p := range o.ended {
		outcomes[p.Status]++
	}

	return append([]Count{
		{"payments", len(o.ended) + len(o.lost) + len(o.waiting)},
		{"ended", len(o.ended)},
		{"succeeded", outcomes[lnrpc.Payment_SUCCEEDED]},
		{"failed", outcomes[lnrpc.Payment_FAILED]},
		{"retried", len(a.load.replaced)},
		{"lost", len(o.lost)},
		{"due", a.due},
	}, a.sorts...)
}

// gather makes payments until all witnesses of the sender are told of some, and
// one more, of which all have to be told.
func (a *attack) gather() {
	for _, w := range a.witnesses {
		eventually(a.T, endTimeout, "the witnesses", func() error {
			payInvoice(a.T, a.net)

			return w.there()
		})
	}
	payInvoice(a.T, a.net)
}

// upTo returns a random time up to a limit.
func (a *attack) upTo(limit time.Duration) time.Duration {
	return time.Duration(a.rng.Int64N(int64(limit)))
}

// finish waits until all payments have ended, and writes down what is wrong
// then.
func (a *attack) finish() *open {
	o, received := a.watched.finish()
	change := map[*regtest.Node]int64{
		a.net.Sender: -spent(o.ended), a.net.Recipient: received,
	}
	if a.back != nil {
		back, received := a.back.finish()
		change[a.net.Sender] += received
		a.due += a.back.due
		a.sorts = append(sorts(o.ended), Count{
			"paid to the sender", len(back.ended),
		})
	}
	for node, change := range change {
		require.NoError(a, a.book.checkWealth(
			context.Background(), node, a.had[node], change,
		))
	}

	return o
}
