package watcher

import (
	"cmp"
	"time"

	"lnd-once/lnrpc/paymentrpc"
)

// run identifies one run of a payment hash for as long as the node does not
// number its payments anew: an index alone does not, because a database may give
// the index of a deleted row to the next one.
type run struct {
	index   uint64
	created int64
}

// runOf returns which run a payment is.
func runOf(p *paymentrpc.Payment) run {
	return run{index: p.GetPaymentIndex(), created: p.GetCreationTimeNs()}
}

// RunOf returns what identifies a payment, whatever its index.
func RunOf(p *paymentrpc.Payment) Run {
	return Run{
		Hash: p.GetPaymentHash(), Created: p.GetCreationTimeNs(),
		Index: p.GetPaymentIndex(),
	}
}

// compare orders runs by index, and those of one index by age.
func (r run) compare(other run) int {
	return cmp.Or(
		cmp.Compare(r.index, other.index),
		cmp.Compare(r.created, other.created),
	)
}

// entry is all that has been reported of a payment and still counts. While the
// payment is in flight that is little, whatever its attempts are.
type entry struct {
	// hash is the payment hash.
	hash string

	// end is the terminal report to deliver, or nil if there is none yet.
	end *paymentrpc.Payment

	// reason is the most specific one reported so far, before or after the
	// end, or of the recipient.
	reason paymentrpc.PaymentFailureReason

	// due is when the end is to be delivered.
	due time.Time

	// ended is when the payment has ended, as far as we know.
	ended time.Time

	// seen is when the node reported the payment last.
	seen time.Time
}

// newEntry returns the entry of a single report that came now. A failure is
// held back for the given time.
func newEntry(p *paymentrpc.Payment, now time.Time, hold time.Duration) *entry {
	e := &entry{hash: p.GetPaymentHash(), reason: reasonOf(p), seen: now}
	if !terminal(p) {
		return e
	}

	e.end, e.due, e.ended = p, now, now
	if p.GetStatus() == paymentrpc.Payment_FAILED {
		e.due = now.Add(hold)
	}

	return e
}

// absorb adds what a later entry of the same payment says. What is in flight
// does not undo an end: on stock nodes a snapshot can be older than the updates
// before it.
func (e *entry) absorb(later *entry) {
	e.reason = moreSpecific(e.reason, later.reason)
	if later.seen.After(e.seen) {
		e.seen = later.seen
	}
	if later.end == nil {
		return
	}

	// A second end does not make the payment wait any longer, and is not
	// when it has ended.
	if e.end == nil || later.due.Before(e.due) {
		e.due = later.due
	}
	if e.end == nil {
		e.ended = later.ended
	}
	if e.end == nil || supersedes(later.end, e.end) {
		e.end = later.end
	}
}

// supersedes returns whether a later terminal report is the better one. lnd
// deletes failed attempts after the end, so the one with more of them is.
func supersedes(later, end *paymentrpc.Payment) bool {
	if later.GetStatus() != end.GetStatus() {
		return later.GetStatus() == paymentrpc.Payment_SUCCEEDED
	}

	return len(later.GetHtlcs()) >= len(end.GetHtlcs())
}
