package scenario

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"golang.org/x/sync/errgroup"
)

const (
	// shardRounds is the number of payments of two shards. How often the
	// less specific reason comes last is up to chance, that it never does
	// in so many rounds is not to be expected of stock.
	shardRounds = 30

	// shardRaces is the least number of rounds in which both shards have to
	// have been in flight together.
	shardRaces = shardRounds / 2
)

// playShards makes payments whose two shards, sent by SendToRoute, fail at the
// same time for different reasons. Whatever the order, each must end with the
// more specific one.
func playShards(ctx context.Context, r *Run) (*Result, error) {
	if err := r.watch(ctx); err != nil {
		return nil, err
	}
	for range shardRounds {
		if err := r.failTwoShards(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.awaitLast(ctx); err != nil {
		return nil, err
	}
	rows, err := r.list(ctx)
	if err != nil {
		return nil, err
	}

	result := &Result{Ends: r.clients[0], All: r.clients[1]}
	for _, client := range result.clients() {
		races, err := client.judgeShards("update", client.received)
		switch {
		case err != nil:
			return nil, err

		case races < shardRaces:
			return nil, fmt.Errorf("%s: only %d of %d payments "+
				"had both shards", client.Name, races,
				shardRounds)
		}

		for _, row := range rows {
			client.keep("ListPayments", client.checker.Stored(row))
		}
		if _, err := client.judgeShards("ListPayments", rows); err != nil {
			return nil, err
		}
	}

	return result, nil
}

// failTwoShards sends two shards of one payment at the same time to a payment
// address that the recipient does not know. That is the recipient's own verdict
// on one of them. The other one carries too little, which is an ERROR.
func (r *Run) failTwoShards(ctx context.Context) error {
	invoice, err := r.addInvoice(ctx, 2*amount)
	if err != nil {
		return err
	}
	addr := random32()
	shards := make([]*lnrpc.Route, 2)
	for i := range shards {
		shards[i], err = r.buildRoute(ctx, addr, amount, 2*amount)
		if err != nil {
			return err
		}
	}
	underfund(shards[1])

	var group errgroup.Group
	for _, route := range shards {
		group.Go(func() error {
			// A shard that comes when the payment is about to fail
			// is refused, and then there is none.
			_, err := r.sendToRoute(ctx, invoice.RHash, route)
			if err != nil {
				r.log("shard refused: %v", err)
			}

			return ctx.Err()
		})
	}

	return group.Wait()
}

// judgeShards requires of each failed payment the more specific of the reasons
// for which its shards failed. It returns how many had two shards that failed
// for different reasons.
func (c *Client) judgeShards(source string, payments []*lnrpc.Payment) (int,
	error) {

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
		reason := otherError
		if rejected {
			reason = incorrectDetails
		}
		if err := c.judgeOutcome(source, p, reason); err != nil {
			return 0, err
		}

		if rejected && len(p.Htlcs) > 1 {
			races[p.PaymentHash] = struct{}{}
		}
	}

	return len(races), nil
}

// payShardLeft sends a shard that may fail without its payment, and fails. Then
// the payment is in flight without an HTLC: it can neither be paid nor deleted.
// One more shard, which fails with its payment, ends it, so that it can be paid.
func payShardLeft(ctx context.Context, r *Run) ([]byte, error) {
	invoice, err := r.addInvoice(ctx, 2*amount)
	if err != nil {
		return nil, err
	}
	route, err := r.buildRoute(ctx, invoice.PaymentAddr, amount, 2*amount)
	if err != nil {
		return nil, err
	}

	// There is no such channel. That fails the shard, and not for good.
	route.Hops[0].ChanId = 1
	if err := r.sendShard(ctx, invoice.RHash, route, true); err != nil {
		return nil, err
	}
	if err := r.requireLeft(ctx, invoice); err != nil {
		return nil, err
	}
	if err := r.sendShard(ctx, invoice.RHash, route, false); err != nil {
		return nil, err
	}
	if err := r.forgetFailures(ctx); err != nil {
		return nil, err
	}
	_, err = r.payInvoice(ctx, invoice)

	return invoice.RHash, err
}

// sendShard sends a shard, which must fail.
func (r *Run) sendShard(ctx context.Context, hash []byte, route *lnrpc.Route,
	skipTempErr bool) error {

	attempt, err := r.net.Sender().Router.SendToRouteV2(
		ctx, &routerrpc.SendToRouteRequest{
			PaymentHash: hash, Route: route,
			SkipTempErr: skipTempErr,
		},
	)

	return requireFailed(attempt, err)
}

// requireLeft requires that a payment has no HTLC in flight and has not ended,
// and that it can neither be paid nor deleted.
func (r *Run) requireLeft(ctx context.Context,
	invoice *lnrpc.AddInvoiceResponse) error {

	row, err := r.listed(ctx, hex.EncodeToString(invoice.RHash))
	if err != nil {
		return err
	}
	if row.Status != lnrpc.Payment_IN_FLIGHT || len(row.Htlcs) != 1 ||
		row.Htlcs[0].Status != lnrpc.HTLCAttempt_FAILED {

		return fmt.Errorf("a shard must be left in flight, and is %s",
			Outcome(row))
	}

	_, err = r.payInvoice(ctx, invoice)
	if err == nil {
		return errors.New("a payment in flight was paid")
	}
	_, err = r.net.Sender().Lightning.DeletePayment(
		ctx, &lnrpc.DeletePaymentRequest{PaymentHash: invoice.RHash},
	)
	if err == nil {
		return errors.New("a payment in flight was deleted")
	}

	return nil
}
