//go:build integration

package itest

import (
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntest"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

const (
	// outcomeShardRounds is the number of payments of two shards. How often
	// the less specific reason comes last is up to chance, that it never
	// does in so many rounds is not to be expected of stock.
	outcomeShardRounds = 30

	// outcomeShardRaces is the least number of rounds in which both shards
	// have to have been in flight together.
	outcomeShardRaces = outcomeShardRounds / 2
)

// testPaymentOutcomeTwoShards checks the outcomes of payments whose two shards,
// sent by SendToRoute, fail at the same time for different reasons. Whatever
// the order, each must end with the more specific one.
func testPaymentOutcomeTwoShards(ht *lntest.HarnessTest) {
	r, done := newOutcomeRun(ht, openOutcomeChannel)
	defer done()

	r.watch()
	for range outcomeShardRounds {
		r.failTwoShards()
	}
	last := r.payLast()

	for _, view := range r.views {
		view.receiveToEndOf(last)
		races := view.judgeShards("update", view.updates)
		r.Logf("%s: %d of %d payments had both shards", view.name,
			races, outcomeShardRounds)
		require.GreaterOrEqual(r, races, outcomeShardRaces, "payments "+
			"with both shards")

		rows := r.listPayments()
		for _, row := range rows {
			view.keep("ListPayments", view.checker.Stored(row))
		}
		view.judgeShards("ListPayments", rows)
	}
	r.requireBroken("two shards", r.views, outcomeTwoShards)
}

// failTwoShards sends two shards of one payment at the same time to a payment
// address that the recipient does not know. That is the recipient's own verdict
// on one of them. The other one carries too little, which is an ERROR.
func (r *outcomeRun) failTwoShards() {
	invoice := r.addInvoice(2 * outcomeAmt)
	addr := r.Random32Bytes()
	shards := []*lnrpc.Route{
		r.buildShard(addr, outcomeAmt, 2*outcomeAmt),
		underfund(r.buildShard(addr, outcomeAmt, 2*outcomeAmt)),
	}

	var group errgroup.Group
	for _, rt := range shards {
		group.Go(func() error {
			// A shard that comes when the payment is about to fail
			// is refused, and then there is none.
			_, err := r.sender.RPC.Router.SendToRouteV2(
				r.ctx, &routerrpc.SendToRouteRequest{
					PaymentHash: invoice.RHash,
					Route:       rt,
				},
			)
			if err != nil {
				r.Logf("shard refused: %v", err)
			}

			return nil
		})
	}
	require.NoError(r, group.Wait())
}

// judgeShards requires of each failed payment the more specific of the reasons
// for which its shards failed. It returns how many had two shards that failed
// for different reasons.
func (v *outcomeView) judgeShards(source string,
	payments []*lnrpc.Payment) int {

	races := make(map[string]struct{})
	for _, p := range payments {
		if p.Status != lnrpc.Payment_FAILED {
			continue
		}

		rejected := slices.ContainsFunc(
			p.Htlcs, func(htlc *lnrpc.HTLCAttempt) bool {
				return htlc.GetFailure().GetCode() == lnrpc.
					Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS //nolint:ll
			},
		)
		reason := outcomeError
		if rejected {
			reason = outcomeIncorrectDetails
		}
		v.judgeOutcome(source, p, reason)

		if rejected && len(p.Htlcs) > 1 {
			races[p.PaymentHash] = struct{}{}
		}
	}

	return len(races)
}
