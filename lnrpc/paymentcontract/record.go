package paymentcontract

import (
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// record is what the checker keeps of an update: what tells runs apart, what is
// compared with later updates, and what an error quotes. A stream may be
// checked for months, and most of a payment is its routes.
type record struct {
	index    uint64
	created  int64
	status   lnrpc.Payment_PaymentStatus
	reason   lnrpc.PaymentFailureReason
	attempts []attemptRecord
}

// attemptRecord is what is kept of an attempt.
type attemptRecord struct {
	id       uint64
	status   lnrpc.HTLCAttempt_HTLCStatus
	code     lnrpc.Failure_FailureCode
	source   uint32
	preimage []byte
}

// newRecord returns the record of an update. It shares no memory with it.
func newRecord(p *lnrpc.Payment) *record {
	r := &record{
		index: p.GetPaymentIndex(), created: p.GetCreationTimeNs(),
		status: p.GetStatus(), reason: p.GetFailureReason(),
	}
	if len(p.GetHtlcs()) > 0 {
		r.attempts = make([]attemptRecord, 0, len(p.GetHtlcs()))
	}
	for _, htlc := range p.GetHtlcs() {
		r.attempts = append(r.attempts, attemptRecord{
			id: htlc.GetAttemptId(), status: htlc.GetStatus(),
			code:     htlc.GetFailure().GetCode(),
			source:   htlc.GetFailure().GetFailureSourceIndex(),
			preimage: slices.Clone(htlc.GetPreimage()),
		})
	}

	return r
}

// payment returns the update as far as it was kept.
func (r *record) payment(hash string) *lnrpc.Payment {
	p := &lnrpc.Payment{
		PaymentHash: hash, PaymentIndex: r.index,
		CreationTimeNs: r.created, Status: r.status,
		FailureReason: r.reason,
	}
	for _, a := range r.attempts {
		p.Htlcs = append(p.Htlcs, &lnrpc.HTLCAttempt{
			AttemptId: a.id, Status: a.status, Preimage: a.preimage,
			Failure: &lnrpc.Failure{
				Code: a.code, FailureSourceIndex: a.source,
			},
		})
	}

	return p
}
