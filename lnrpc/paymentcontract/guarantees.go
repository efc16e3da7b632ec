package paymentcontract

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// checkOnce returns a violation if an update is terminal although the run has
// had its terminal update, end, already.
func checkOnce(end, p *lnrpc.Payment) error {
	if end == nil || !terminal(p) {
		return nil
	}

	return &Violation{
		Guarantee: Once,
		Detail:    "another terminal update of the same payment",
		First:     end,
		Second:    p,
	}
}

// checkFinal returns a violation if an update, or a row read from the node,
// differs from the run's terminal update, end.
func checkFinal(end, p *lnrpc.Payment) error {
	if end == nil {
		return nil
	}

	var detail string
	switch {
	case p.GetStatus() != end.GetStatus():
		detail = "the status changed after the end"

	case p.GetFailureReason() != end.GetFailureReason():
		detail = "the failure reason changed after the end"

	default:
		detail = htlcsChanged(end.GetHtlcs(), p.GetHtlcs())
	}
	if detail == "" {
		return nil
	}

	return &Violation{
		Guarantee: Final, Detail: detail, First: end, Second: p,
	}
}

// htlcsChanged says how the attempts of an ended payment changed, or returns
// an empty string if they did not. A FAILED attempt may be gone: lnd deletes
// those after the end unless it is told to keep them.
func htlcsChanged(before, after []*lnrpc.HTLCAttempt) string {
	known := attemptsByID(before)
	for _, htlc := range after {
		old, ok := known[htlc.GetAttemptId()]
		switch {
		case !ok:
			return fmt.Sprintf("attempt %d was added after the "+
				"end", htlc.GetAttemptId())

		case !sameAttempt(old, htlc):
			return fmt.Sprintf("attempt %d changed after the end",
				htlc.GetAttemptId())
		}
	}

	kept := attemptsByID(after)
	for id, old := range known {
		_, ok := kept[id]
		if !ok && old.GetStatus() != lnrpc.HTLCAttempt_FAILED {
			return fmt.Sprintf("attempt %d vanished after the end",
				id)
		}
	}

	return ""
}

// sameAttempt returns whether two reports of one attempt tell the same
// outcome. Times are left out: databases keep them with different precision.
func sameAttempt(a, b *lnrpc.HTLCAttempt) bool {
	return a.GetStatus() == b.GetStatus() &&
		bytes.Equal(a.GetPreimage(), b.GetPreimage()) &&
		a.GetFailure().GetCode() == b.GetFailure().GetCode() &&
		a.GetFailure().GetFailureSourceIndex() ==
			b.GetFailure().GetFailureSourceIndex()
}

// checkReason returns a violation if an update carries a failure reason
// without being FAILED, or the other way round. The update before it in the
// same run, if there is one, is quoted as well.
func checkReason(last, p *lnrpc.Payment) error {
	failed := p.GetStatus() == lnrpc.Payment_FAILED
	reason := p.GetFailureReason()
	given := reason != lnrpc.PaymentFailureReason_FAILURE_REASON_NONE

	if failed == given {
		return nil
	}

	return &Violation{
		Guarantee: Reason,
		Detail: fmt.Sprintf("status %v with reason %s", p.GetStatus(),
			ReasonName(reason)),
		First:  last,
		Second: p,
	}
}

// checkOrdered returns a violation if an update is older than last, the newest
// one of its hash so far. Changes between two terminal updates are left to
// Once and Final.
func checkOrdered(last, p *lnrpc.Payment) error {
	if last == nil {
		return nil
	}

	var detail string
	switch {
	case !sameRun(p, last):
		detail = "an update of an earlier run of the same hash"

	case progress(p) < progress(last):
		detail = fmt.Sprintf("status went back from %v to %v",
			last.GetStatus(), p.GetStatus())

	case !terminal(last):
		detail = attemptsWentBack(last.GetHtlcs(), p.GetHtlcs())
	}
	if detail == "" {
		return nil
	}

	return &Violation{
		Guarantee: Ordered, Detail: detail, First: last, Second: p,
	}
}

// progress ranks a status by how far the payment has come. A node reports
// INITIATED as IN_FLIGHT unless it is configured otherwise, so both appear.
func progress(p *lnrpc.Payment) int {
	switch {
	case terminal(p):
		return 3

	case p.GetStatus() == lnrpc.Payment_IN_FLIGHT:
		return 2

	case p.GetStatus() == lnrpc.Payment_INITIATED:
		return 1

	default:
		return 0
	}
}

// attemptsWentBack says which attempt of a live payment is in an earlier state
// after than before, or returns an empty string if none is.
func attemptsWentBack(before, after []*lnrpc.HTLCAttempt) string {
	now := attemptsByID(after)
	for _, old := range before {
		id, was := old.GetAttemptId(), old.GetStatus()

		htlc, ok := now[id]
		switch {
		case !ok:
			return fmt.Sprintf("attempt %d vanished", id)

		// An attempt that is resolved stays as it is.
		case was != lnrpc.HTLCAttempt_IN_FLIGHT &&
			htlc.GetStatus() != was:

			return fmt.Sprintf("attempt %d went back from %v to "+
				"%v", id, was, htlc.GetStatus())
		}
	}

	return ""
}

// attemptsByID returns the attempts by their id.
func attemptsByID(htlcs []*lnrpc.HTLCAttempt) map[uint64]*lnrpc.HTLCAttempt {
	byID := make(map[uint64]*lnrpc.HTLCAttempt, len(htlcs))
	for _, htlc := range htlcs {
		byID[htlc.GetAttemptId()] = htlc
	}

	return byID
}

// CheckSpecific returns a violation if a payment did not end with the most
// specific reason that was proposed for it. Which one that is only the caller
// knows: want is NONE for a payment that had to succeed. Whether a payment that
// did succeed carries a reason is not asked here, that is Reason's matter.
func CheckSpecific(p *lnrpc.Payment, want lnrpc.PaymentFailureReason) error {
	if p == nil {
		return ErrNoPayment
	}

	mustFail := want != lnrpc.PaymentFailureReason_FAILURE_REASON_NONE
	failed := p.GetStatus() == lnrpc.Payment_FAILED

	if failed == mustFail && (!failed || p.GetFailureReason() == want) {
		return nil
	}

	return &Violation{
		Guarantee: Specific,
		Detail: fmt.Sprintf("ended %v %s, want reason %s",
			p.GetStatus(), ReasonName(p.GetFailureReason()),
			ReasonName(want)),
		Second: p,
	}
}

// CheckEnds returns a violation if a payment has no HTLC in flight and has not
// ended. Whether it will make no further attempt only the caller knows.
func CheckEnds(p *lnrpc.Payment) error {
	if p == nil {
		return ErrNoPayment
	}

	inFlight := func(htlc *lnrpc.HTLCAttempt) bool {
		return htlc.GetStatus() == lnrpc.HTLCAttempt_IN_FLIGHT
	}
	if terminal(p) || slices.ContainsFunc(p.GetHtlcs(), inFlight) {
		return nil
	}

	return &Violation{
		Guarantee: Ends,
		Detail:    "no HTLC in flight, and not ended",
		Second:    p,
	}
}
