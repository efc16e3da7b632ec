package paymentcontract

import (
	"bytes"
	"fmt"
	"slices"
)

// checkOnce returns a violation if an update is terminal although the run has
// had its terminal update, end, already.
func checkOnce(end, p *Record) error {
	if end == nil || !p.terminal() {
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
func checkFinal(end, p *Record) error {
	if end == nil {
		return nil
	}

	var detail string
	switch {
	case p.Status != end.Status:
		detail = "the status changed after the end"

	case p.Reason != end.Reason:
		detail = "the failure reason changed after the end"

	default:
		detail = htlcsChanged(end.Attempts, p.Attempts)
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
func htlcsChanged(before, after []Attempt) string {
	known := attemptsByID(before)
	for _, htlc := range after {
		old, ok := known[htlc.ID]
		switch {
		case !ok:
			return fmt.Sprintf("attempt %d was added after the end",
				htlc.ID)

		case !sameAttempt(old, htlc):
			return fmt.Sprintf("attempt %d changed after the end",
				htlc.ID)
		}
	}

	kept := attemptsByID(after)
	for id, old := range known {
		_, ok := kept[id]
		if !ok && old.Status != statusFailed {
			return fmt.Sprintf("attempt %d vanished after the end",
				id)
		}
	}

	return ""
}

// sameAttempt returns whether two reports of one attempt tell the same
// outcome. Times are left out: databases keep them with different precision.
func sameAttempt(a, b Attempt) bool {
	return a.Status == b.Status && bytes.Equal(a.Preimage, b.Preimage) &&
		a.Code == b.Code && a.Source == b.Source
}

// checkReason returns a violation if an update carries a failure reason
// without being FAILED, or the other way round. The update before it in the
// same run, if there is one, is quoted as well.
func checkReason(last, p *Record) error {
	failed, given := p.Status == statusFailed, p.Reason != noReason
	if failed == given {
		return nil
	}

	return &Violation{
		Guarantee: Reason,
		Detail: fmt.Sprintf("status %s with reason %s", p.Status,
			p.Reason),
		First:  last,
		Second: p,
	}
}

// checkOrdered returns a violation if an update is older than last, the newest
// one of its hash so far. Changes between two terminal updates are left to
// Once and Final.
func checkOrdered(last, p *Record) error {
	if last == nil {
		return nil
	}

	var detail string
	switch {
	case !p.sameRun(last):
		detail = "an update of an earlier run of the same hash"

	case progress(p) < progress(last):
		detail = fmt.Sprintf("status went back from %s to %s",
			last.Status, p.Status)

	case !last.terminal():
		detail = attemptsWentBack(last.Attempts, p.Attempts)
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
func progress(p *Record) int {
	switch {
	case p.terminal():
		return 3

	case p.Status == statusInFlight:
		return 2

	case p.Status == statusInitiated:
		return 1

	default:
		return 0
	}
}

// attemptsWentBack says which attempt of a live payment is in an earlier state
// after than before, or returns an empty string if none is.
func attemptsWentBack(before, after []Attempt) string {
	now := attemptsByID(after)
	for _, old := range before {
		id, was := old.ID, old.Status

		htlc, ok := now[id]
		switch {
		case !ok:
			return fmt.Sprintf("attempt %d vanished", id)

		// An attempt that is resolved stays as it is.
		case was != statusInFlight && htlc.Status != was:
			return fmt.Sprintf("attempt %d went back from %s to %s",
				id, was, htlc.Status)
		}
	}

	return ""
}

// attemptsByID returns the attempts by their id.
func attemptsByID(htlcs []Attempt) map[uint64]Attempt {
	byID := make(map[uint64]Attempt, len(htlcs))
	for _, htlc := range htlcs {
		byID[htlc.ID] = htlc
	}

	return byID
}

// CheckSpecific returns a violation if a payment did not end with the most
// specific reason that was proposed for it. Which one that is only the caller
// knows: want is NONE for a payment that had to succeed. Whether a payment that
// did succeed carries a reason is not asked here, that is Reason's matter.
func CheckSpecific(p Payment, want fmt.Stringer) error {
	r, reason := NewRecord(p), ReasonName(want)
	if r == nil {
		return ErrNoPayment
	}

	failed := r.Status == statusFailed
	if failed == (reason != noReason) && (!failed || r.Reason == reason) {
		return nil
	}

	return &Violation{
		Guarantee: Specific,
		Detail: fmt.Sprintf("ended %s %s, want reason %s", r.Status,
			r.Reason, reason),
		Second: r,
	}
}

// CheckEnds returns a violation if a payment has no HTLC in flight and has not
// ended. Whether it will make no further attempt only the caller knows.
func CheckEnds(p Payment) error {
	r := NewRecord(p)
	if r == nil {
		return ErrNoPayment
	}

	inFlight := func(htlc Attempt) bool {
		return htlc.Status == statusInFlight
	}
	if r.terminal() || slices.ContainsFunc(r.Attempts, inFlight) {
		return nil
	}

	return &Violation{
		Guarantee: Ends,
		Detail:    "no HTLC in flight, and not ended",
		Second:    r,
	}
}
