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
	// killWithin is the longest time until a node that is up is killed.
	killWithin = 4 * time.Second

	// startingWithin is the longest time until a node is killed that is to
	// be killed while it starts, and one in startingOdds is.
	startingWithin = 3 * time.Second
	startingOdds   = 4

	// resolveTimeout is how long the last payments may take to end. What is
	// in flight is sent again, and the recipient may hold it for a while.
	resolveTimeout = 2 * time.Minute
)

// killer kills a node at random moments while payments are made.
type killer struct {
	*testing.T

	lnd       string
	net       *regtest.Network
	rng       *rand.Rand
	book      *book
	witnesses []*witness
	load      *load

	// kills is how often the node was killed, starting how often of these
	// while it was starting.
	kills, starting int

	// due is of how many ends the witnesses had to be told.
	due int
}

// TestOutcomesKilled kills a node at random moments under load and starts it
// again. What anybody was told about the end of a payment stays so: in the
// streams, in ListPayments and in the recipient's books, and all payments end.
// Stock, the control, is known to break that.
func TestOutcomesKilled(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testOutcomesKilled(t, side.name, side.lnd)
		})
	}
}

// testOutcomesKilled runs the test on one side and prints its summary.
func testOutcomesKilled(t *testing.T, side, lnd string) {
	begin := time.Now()
	net := startNetwork(
		t, filepath.Join(workDir(t), *store), lnd,
		storeFlags(t, *store)...,
	)
	k := &killer{
		T: t, lnd: programPath(lnd), net: net, book: newBook(t),
		rng: rand.New(rand.NewPCG(*seed, payers)),
	}
	for name, request := range map[string]*routerrpc.TrackPaymentsRequest{
		"all updates": {},
		"ends":        {NoInflightUpdates: true},
	} {
		k.witnesses = append(k.witnesses, startWitness(
			t, net.Sender, k.book, name, request,
		))
	}

	// Payments in several parts are left out: with a link of lnd 0.21 they
	// are what load.sendAlone tells of.
	k.load = startLoad(
		net, *seed, slices.Concat(kinds, []kind{(*load).cancelled}),
	)
	t.Cleanup(k.load.end)
	t.Logf("-seed %d", *seed)

	k.run()
	k.load.end()
	o := k.finish()

	broken := k.book.violations()
	t.Logf("violations: %s", describeViolations(broken))
	writeResult(t, begin, Found{
		Kind: Kills, Side: side, Store: *store, Seed: *seed,
		Counts: k.counts(o), Violations: sum(broken),
	})

	if side == stock {
		require.NotZero(t, broken[paymentcontract.Once], "stock is "+
			"known to announce some ends twice: this test sees "+
			"nothing")

		return
	}
	require.Empty(t, broken, "violations")
}

// counts returns how much of everything there was.
func (k *killer) counts(o *open) []Count {
	outcomes := make(map[lnrpc.Payment_PaymentStatus]int)
	for _, p := range o.ended {
		outcomes[p.Status]++
	}

	return []Count{
		{Name: "kills", Value: k.kills},
		{Name: "starting", Value: k.starting},
		{Name: "payments", Value: len(o.ended) + len(o.lost) +
			len(o.waiting)},
		{Name: "ended", Value: len(o.ended)},
		{Name: "succeeded", Value: outcomes[lnrpc.Payment_SUCCEEDED]},
		{Name: "failed", Value: outcomes[lnrpc.Payment_FAILED]},
		{Name: "retried", Value: len(k.load.replaced)},
		{Name: "lost", Value: len(o.lost)},
		{Name: "due", Value: k.due},
	}
}

// run kills the node until it was killed often enough, and looks after each
// start at what it lists.
func (k *killer) run() {
	for k.kills < *kills {
		time.Sleep(k.upTo(killWithin))
		k.kill()
		for !k.start() {
			k.starting++
			k.kill()
		}
		require.NoError(k, k.book.audit(
			context.Background(), k.net.Sender,
		))
		fmt.Printf("%s %s: %d of %d kills, violations so far: %s\n",
			k.Name(), *store, k.kills, *kills,
			describeViolations(k.book.violations()))
	}
	k.gather()
}

// gather makes payments until all witnesses are told of some, and one more, of
// which all have to be told.
func (k *killer) gather() {
	for _, w := range k.witnesses {
		eventually(k.T, endTimeout, "the witnesses", func() error {
			k.load.payInvoice(k.T)

			return w.there()
		})
	}
	k.load.payInvoice(k.T)
}

// upTo returns a random time up to a limit.
func (k *killer) upTo(limit time.Duration) time.Duration {
	return time.Duration(k.rng.Int64N(int64(limit)))
}

// kill kills the node.
func (k *killer) kill() {
	k.kills++
	for _, w := range k.witnesses {
		w.leave()
	}
	k.net.KillSender()
}

// start starts the node. It returns false if the node is to be killed before it
// is ready.
func (k *killer) start() bool {
	ctx := context.Background()
	if k.kills < *kills && k.rng.IntN(startingOdds) == 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, k.upTo(startingWithin))
		defer cancel()
	}

	err := k.load.restart(ctx, k.lnd)
	if err != nil && ctx.Err() != nil {
		return false
	}
	require.NoError(k, err)

	return true
}

// finish waits until all payments have ended, and writes down what is wrong
// then.
func (k *killer) finish() *open {
	ctx := context.Background()

	var o *open
	within(resolveTimeout, func() error {
		var err error
		o, err = listOpen(ctx, k.net.Sender)
		require.NoError(k, err)
		if len(o.lost) > 0 {
			return errors.New("some are lost")
		}

		return o.waitFor()
	})
	k.explain(o)

	k.hear(o)

	require.NoError(k, k.book.audit(ctx, k.net.Sender))
	require.NoError(k, k.book.settleAccounts(ctx, k.net.Recipient, o.ended))

	return o
}

// hear waits until the witnesses have been told of all that ended while they
// listened, and writes down what they were not told.
func (k *killer) hear(o *open) {
	// Runs that were retried since are not listed any more, nor are failed
	// attempts that were deleted with the end.
	ends := maps.Clone(o.ended)
	maps.Copy(ends, k.book.known())

	for _, w := range k.witnesses {
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
		require.NotZero(k, due, "%s had to be told of nothing: this "+
			"sees nothing", w.name)
		k.due += due
		for _, r := range missing {
			k.book.violation(paymentcontract.Once, r, "%s: its end "+
				"was not announced", w.name)
		}
	}
}

// explain writes down which payments have not ended, and what became of their
// attempts.
func (k *killer) explain(o *open) {
	listed, err := list(context.Background(), k.net.Sender)
	require.NoError(k, err)

	for what, runs := range map[string][]run{
		"its HTLC is in no channel": o.lost,
		"it is waited for":          o.waiting,
	} {
		for _, r := range runs {
			p := listed[r]
			k.book.violation(guaranteeEnds, r, "%v, %s, attempts "+
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
