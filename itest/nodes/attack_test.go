//go:build nodes

package nodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

const (
	// strikeWithin is the longest time until a node that is up is struck.
	strikeWithin = 4 * time.Second

	// resolveTimeout is how long the last payments may take to end. What is
	// in flight is sent again, and the recipient may hold it for a while.
	resolveTimeout = 2 * time.Minute
)

// attack is one on a node, over and over at random moments, while payments are
// made.
type attack struct {
	*testing.T

	// kind is what it is called, and side is attacked by it.
	kind string
	side side

	net       *regtest.Network
	rng       *rand.Rand
	book      *book
	witnesses []*witness
	load      *load

	// strikes is how often the node was struck.
	strikes int

	// due is of how many ends the witnesses had to be told.
	due int
}

// newAttack starts the network of an attack, with flags for the node.
func newAttack(t *testing.T, kind string, side side, flags ...string) *attack {
	t.Helper()

	return &attack{
		T: t, kind: kind, side: side, book: newBook(t),
		net: startNetwork(
			t, filepath.Join(workDir(t), *store), side.lnd,
			flags...,
		),
		rng: rand.New(rand.NewPCG(*seed, payers)),
	}
}

// begin begins to make payments, and to listen.
func (a *attack) begin() {
	for name, request := range map[string]*routerrpc.TrackPaymentsRequest{
		"all updates": {},
		"ends":        {NoInflightUpdates: true},
	} {
		a.witnesses = append(a.witnesses, startWitness(
			a.T, a.net.Sender, a.book, name, request,
		))
	}

	// Payments in several parts are left out: with a link of lnd 0.21 they
	// are what load.sendAlone tells of.
	a.load = startLoad(
		a.net, *seed, slices.Concat(kinds, []kind{(*load).cancelled}),
	)
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
		require.NoError(a, a.book.audit(
			context.Background(), a.net.Sender,
		))
		fmt.Printf("%s %s: %d of %d %s, violations so far: %s\n",
			a.Name(), *store, a.strikes, *kills, a.kind,
			describeViolations(a.book.violations()))
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

	broken := a.book.violations()
	a.Logf("violations: %s", describeViolations(broken))
	writeResult(a.T, begin, Found{
		Kind: a.kind, Side: a.side.name, Store: *store, Seed: *seed,
		Counts:     slices.Concat(counts, a.counts(o)),
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

// counts returns how much of everything there was.
func (a *attack) counts(o *open) []Count {
	outcomes := make(map[lnrpc.Payment_PaymentStatus]int)
	for _, p := range o.ended {
		outcomes[p.Status]++
	}

	return []Count{
		{"payments", len(o.ended) + len(o.lost) + len(o.waiting)},
		{"ended", len(o.ended)},
		{"succeeded", outcomes[lnrpc.Payment_SUCCEEDED]},
		{"failed", outcomes[lnrpc.Payment_FAILED]},
		{"retried", len(a.load.replaced)},
		{"lost", len(o.lost)},
		{"due", a.due},
	}
}

// gather makes payments until all witnesses are told of some, and one more, of
// which all have to be told.
func (a *attack) gather() {
	for _, w := range a.witnesses {
		eventually(a.T, endTimeout, "the witnesses", func() error {
			a.load.payInvoice(a.T)

			return w.there()
		})
	}
	a.load.payInvoice(a.T)
}

// upTo returns a random time up to a limit.
func (a *attack) upTo(limit time.Duration) time.Duration {
	return time.Duration(a.rng.Int64N(int64(limit)))
}

// finish waits until all payments have ended, and writes down what is wrong
// then.
func (a *attack) finish() *open {
	ctx := context.Background()

	var o *open
	within(resolveTimeout, func() error {
		var err error
		o, err = listOpen(ctx, a.net.Sender, 0)
		require.NoError(a, err)
		if len(o.lost) > 0 {
			return errors.New("some are lost")
		}

		return o.waitFor()
	})
	a.explain(o)

	a.hear(o)

	require.NoError(a, a.book.audit(ctx, a.net.Sender))
	require.NoError(a, a.book.settleAccounts(ctx, a.net.Recipient, o.ended))

	return o
}

// hear waits until the witnesses have been told of all that ended while they
// listened, and writes down what they were not told.
func (a *attack) hear(o *open) {
	// Runs that were retried since are not listed any more, nor are failed
	// attempts that were deleted with the end.
	ends := maps.Clone(o.ended)
	maps.Copy(ends, a.book.known())

	for _, w := range a.witnesses {
		var (
			missing []run
			due     int
		)
		within(endTimeout, func() error {
			missing, due = w.missing(ends)
			if len(missing) > 0 {
				return errors.New("some are missing")
			}

			return nil
		})
		require.NotZero(a, due, "%s had to be told of nothing: this "+
			"sees nothing", w.name)
		a.due += due
		for _, r := range missing {
			a.book.violation(paymentcontract.Once, r, "%s: its "+
				"end was not announced", w.name)
		}
	}
}

// explain writes down which payments have not ended, and what became of their
// attempts.
func (a *attack) explain(o *open) {
	if len(o.lost)+len(o.waiting) == 0 {
		return
	}
	listed, err := list(context.Background(), a.net.Sender)
	require.NoError(a, err)

	for what, runs := range map[string][]run{
		"its HTLC is in no channel": o.lost,
		"it is waited for":          o.waiting,
	} {
		for _, r := range runs {
			p := listed[r]
			a.book.violation(guaranteeEnds, r, "%v, %s, attempts "+
				"[%s]", p.GetStatus(), what, attempts(p))
		}
	}
}

// attempts describes the attempts of a payment.
func attempts(p *lnrpc.Payment) string {
	var text string
	for _, htlc := range p.GetHtlcs() {
		text += fmt.Sprintf(" %d=%v sent %v", htlc.AttemptId,
			htlc.Status, time.Unix(0, htlc.AttemptTimeNs).
				Format(time.StampMilli))
	}

	return text
}
