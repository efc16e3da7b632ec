package watcher

import (
	"lnd-once/channeldb/outcome"
	"lnd-once/lnrpc/paymentrpc"

	"google.golang.org/protobuf/proto"
)

// noReason is the reason of a payment that has none.
const noReason = paymentrpc.PaymentFailureReason_FAILURE_REASON_NONE

// StoredReason returns a failure reason as the byte that lnd stores for it. The
// RPC values are those bytes plus one, because zero is NONE there. A reason that
// is newer than this package keeps its place outside of those known.
func StoredReason(reason paymentrpc.PaymentFailureReason) outcome.Reason {
	return outcome.Reason(reason - 1)
}

// moreSpecific returns the more specific one of two reasons. Any reason is more
// specific than none.
func moreSpecific(a,
	b paymentrpc.PaymentFailureReason) paymentrpc.PaymentFailureReason {

	switch {
	case b == noReason:
		return a

	case a == noReason,
		StoredReason(b).MoreSpecificThan(StoredReason(a)):

		return b

	default:
		return a
	}
}

// reasonOf returns the most specific reason that a report gives for a failure:
// its own, or the recipient's verdict if one of its attempts carries it.
func reasonOf(p *paymentrpc.Payment) paymentrpc.PaymentFailureReason {
	for _, htlc := range p.GetHtlcs() {
		if rejected(htlc) {
			const details = paymentrpc.
				PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS

			return moreSpecific(p.GetFailureReason(), details)
		}
	}

	return p.GetFailureReason()
}

// rejected returns whether an attempt failed because the recipient said no.
// These are the failures of the final hop from which lnd concludes
// INCORRECT_PAYMENT_DETAILS (processPaymentOutcomeFinal in routing). From the
// others it concludes ERROR, or, from an MPP timeout, nothing.
func rejected(htlc *paymentrpc.HTLCAttempt) bool {
	if htlc.GetStatus() != paymentrpc.HTLCAttempt_FAILED {
		return false
	}

	switch htlc.GetFailure().GetCode() {
	case paymentrpc.Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS,
		paymentrpc.Failure_INCORRECT_PAYMENT_AMOUNT,
		paymentrpc.Failure_FINAL_EXPIRY_TOO_SOON:

	default:
		return false
	}

	hops := htlc.GetRoute().GetHops()
	source := int(htlc.GetFailure().GetFailureSourceIndex())
	if len(hops) == 0 || source != len(hops) {
		return false
	}

	// Behind the introduction point of a blinded route nobody may fail an
	// HTLC in the open, so lnd does not believe it and neither do we.
	for _, hop := range hops[:len(hops)-1] {
		if len(hop.GetBlindingPoint()) > 0 {
			return false
		}
	}

	return true
}

// terminal returns whether the report is of a payment that has ended.
func terminal(p *paymentrpc.Payment) bool {
	return p.GetStatus() == paymentrpc.Payment_SUCCEEDED ||
		p.GetStatus() == paymentrpc.Payment_FAILED
}

// decide returns the outcome of a payment, given its terminal report and the
// most specific reason there is for it.
func decide(p *paymentrpc.Payment,
	reason paymentrpc.PaymentFailureReason) *Outcome {

	switch {
	case p.GetStatus() == paymentrpc.Payment_SUCCEEDED:
		reason = noReason

	// lnd never reports this. ERROR says that nothing better is known.
	case reason == noReason:
		reason = paymentrpc.PaymentFailureReason_FAILURE_REASON_ERROR
	}

	// The report may still be in use by whoever gave it to us.
	if p.GetFailureReason() != reason {
		p = proto.Clone(p).(*paymentrpc.Payment)
		p.FailureReason = reason
	}

	return &Outcome{Payment: p}
}
