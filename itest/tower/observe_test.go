//go:build tower && patched

package oncetower

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// observe returns a payment of lnd's as the model has it, described, and
// whether it has ended. What lnd derives must be what the model derives.
func observe(p *storedPayment) (text string, ended bool) {
	t := try{created: p.Info.CreationTime.UnixMilli()}
	if p.FailureReason != nil {
		t.reason = rank(slices.Index(reasons, *p.FailureReason))
	}

	for _, htlc := range p.HTLCs {
		s := shard{
			id:     htlc.AttemptID,
			amount: int(htlc.Route.ReceiverAmt()),
			result: pending,
		}
		switch {
		case htlc.Settle != nil:
			s.result = paid

		case htlc.Failure != nil:
			s.result = failed
		}
		t.shards = append(t.shards, s)
	}
	slices.SortFunc(t.shards, byID)

	text = t.String()
	if status := p.Status.String(); status != t.status() {
		text += fmt.Sprintf(", lnd: %s", status)
	}
	if p.Terminated() != t.ended() {
		text += fmt.Sprintf(", terminated: %t", p.Terminated())
	}

	return text, p.Terminated()
}

// statuses maps the names of the statuses to those of the RPC.
var statuses = map[string]lnrpc.Payment_PaymentStatus{
	"Initiated": lnrpc.Payment_INITIATED,
	"In Flight": lnrpc.Payment_IN_FLIGHT,
	"Succeeded": lnrpc.Payment_SUCCEEDED,
	"Failed":    lnrpc.Payment_FAILED,
}

// rpcReason returns a failure reason as the RPC has it.
func rpcReason(reason rank) lnrpc.PaymentFailureReason {
	return lnrpc.PaymentFailureReason(
		lnrpc.PaymentFailureReason_value["FAILURE_REASON_"+
			ranks[reason]],
	)
}

// overRPC returns a payment as a client of the RPC sees it: what is proposed
// before the end is not shown. A reason that has survived a success is.
func overRPC(p *storedPayment) *lnrpc.Payment {
	id := p.Info.PaymentIdentifier
	payment := &lnrpc.Payment{
		PaymentHash:    hex.EncodeToString(id[:]),
		PaymentIndex:   p.SequenceNum,
		CreationTimeNs: p.Info.CreationTime.UnixNano(),
		Status:         statuses[p.Status.String()],
	}
	if p.FailureReason != nil && p.Terminated() {
		payment.FailureReason = rpcReason(
			rank(slices.Index(reasons, *p.FailureReason)),
		)
	}

	for _, htlc := range p.HTLCs {
		attempt := &lnrpc.HTLCAttempt{AttemptId: htlc.AttemptID}
		switch {
		case htlc.Settle != nil:
			attempt.Status = lnrpc.HTLCAttempt_SUCCEEDED
			attempt.Preimage = htlc.Settle.Preimage[:]

		case htlc.Failure != nil:
			attempt.Status = lnrpc.HTLCAttempt_FAILED
			attempt.Failure = &lnrpc.Failure{
				FailureSourceIndex: htlc.Failure.
					FailureSourceIndex,
			}
		}
		payment.Htlcs = append(payment.Htlcs, attempt)
	}

	return payment
}
