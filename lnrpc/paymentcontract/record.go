package paymentcontract

import (
	"errors"
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// ErrNoPayment is returned for an update that is nil.
var ErrNoPayment = errors.New("nil payment update, a stream never carries one")

// run is what the stream has told about the latest run of a payment hash.
type run struct {
	// last is the newest update.
	last *record

	// end is the first terminal update, or nil while there is none.
	end *record
}

// updates returns the newest and the first terminal update of a run of the
// given hash, or nil where there is none.
func (r *run) updates(hash string) (last, end *lnrpc.Payment) {
	if r == nil {
		return nil, nil
	}
	last = r.last.payment(hash)
	if r.end != nil {
		end = r.end.payment(hash)
	}

	return last, end
}

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

// sameRun returns whether two updates of one hash are about the same run.
func sameRun(a, b *lnrpc.Payment) bool {
	return a.GetPaymentIndex() == b.GetPaymentIndex() &&
		a.GetCreationTimeNs() == b.GetCreationTimeNs()
}

// newerRun returns whether update a is about a later run of its hash than b.
// Either the index or the time may tell: a clock can be set back, and a
// database may give the index of a deleted row to the next one.
func newerRun(a, b *lnrpc.Payment) bool {
	return a.GetPaymentIndex() > b.GetPaymentIndex() ||
		a.GetCreationTimeNs() > b.GetCreationTimeNs()
}

// terminal returns whether the payment has ended.
func terminal(p *lnrpc.Payment) bool {
	return p.GetStatus() == lnrpc.Payment_SUCCEEDED ||
		p.GetStatus() == lnrpc.Payment_FAILED
}
