//go:build tower

package lnd

import (
	"fmt"
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"

	"lnd-once/itest/tower/history"
	"lnd-once/itest/tower/model"
)

// reasons maps the reasons of the model to lnd's. The first one is none.
var reasons = []FailureReason{
	255, reasonError, reasonCancel, reasonTimeout, reasonNoRoute,
	reasonBalance, reasonDetails,
}

// observeAll returns payments of lnd's as a history sees them.
func observeAll(stored []*StoredPayment, err error) ([]*history.Payment, error) {
	all := make([]*history.Payment, 0, len(stored))
	for _, p := range stored {
		all = append(all, observe(p))
	}

	return all, err
}

// observe returns a payment of lnd's as a history sees it. What lnd derives must
// be what the model derives.
func observe(p *StoredPayment) *history.Payment {
	run := model.Run{Created: p.Info.CreationTime.UnixMilli()}
	if p.FailureReason != nil {
		run.Reason = reasonOf(*p.FailureReason)
	}

	for _, htlc := range p.HTLCs {
		shard := model.Shard{
			ID:     htlc.AttemptID,
			Amount: int(htlc.Route.ReceiverAmt()),
			Result: model.Pending,
		}
		switch {
		case htlc.Settle != nil:
			shard.Result = model.Paid

		case htlc.Failure != nil:
			shard.Result = model.Failed
		}
		run.Shards = append(run.Shards, shard)
	}
	slices.SortFunc(run.Shards, model.ByID)

	text := run.String()
	if status := p.Status.String(); status != run.Status() {
		text += fmt.Sprintf(", lnd: %s", status)
	}
	if p.Terminated() != run.Ended() {
		text += fmt.Sprintf(", terminated: %t", p.Terminated())
	}

	return &history.Payment{
		Hash: p.Info.PaymentIdentifier, Text: text,
		Created: run.Created, Ended: p.Terminated(), RPC: RPC(p),
	}
}

// reasonOf returns the model's reason for one of lnd's.
func reasonOf(reason FailureReason) model.Reason {
	return model.Reason(slices.Index(reasons, reason))
}

// statuses maps the names of the statuses to those of the RPC.
var statuses = map[string]lnrpc.Payment_PaymentStatus{
	"Initiated": lnrpc.Payment_INITIATED,
	"In Flight": lnrpc.Payment_IN_FLIGHT,
	"Succeeded": lnrpc.Payment_SUCCEEDED,
	"Failed":    lnrpc.Payment_FAILED,
}

// RPC returns what the RPC server of lnd-once tells of a payment, as far as the
// contract goes.
func RPC(p *StoredPayment) *lnrpc.Payment {
	payment := &lnrpc.Payment{
		PaymentHash:    p.Info.PaymentIdentifier.String(),
		PaymentIndex:   p.SequenceNum,
		CreationTimeNs: p.Info.CreationTime.UnixNano(),
		Status:         statuses[p.Status.String()],
	}

	// The reason why a live payment will fail is not told. One that has
	// survived a success is.
	if p.FailureReason != nil && p.Terminated() {
		payment.FailureReason = history.RPCReason(
			reasonOf(*p.FailureReason),
		)
	}

	for _, attempt := range p.HTLCs {
		htlc := &lnrpc.HTLCAttempt{AttemptId: attempt.AttemptID}
		switch {
		case attempt.Settle != nil:
			htlc.Status = lnrpc.HTLCAttempt_SUCCEEDED
			htlc.Preimage = attempt.Settle.Preimage[:]

		// Which code stands for which failure does not matter here.
		case attempt.Failure != nil:
			htlc.Status = lnrpc.HTLCAttempt_FAILED
			htlc.Failure = &lnrpc.Failure{
				Code: lnrpc.Failure_FailureCode(
					attempt.Failure.Reason,
				),
				FailureSourceIndex: attempt.Failure.
					FailureSourceIndex,
			}
		}
		payment.Htlcs = append(payment.Htlcs, htlc)
	}

	return payment
}
