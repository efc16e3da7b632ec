package audit

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"lnd-once/channeldb/outcome"
	"lnd-once/lnrpc/paymentcontract"
	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"
)

// none is the name of the reason of a payment that has none.
const none = "NONE"

// judge looks at a payment of the node, and its row if it has one.
func (a *audit) judge(p *paymentrpc.Payment, row *sink.Payment) {
	stored := reasonName(p)
	switch p.GetStatus() {
	case paymentrpc.Payment_SUCCEEDED, paymentrpc.Payment_FAILED:
		a.Payments++

	default:
		a.InFlight++
		if a.htlcs.stuck(p) {
			a.find(Stuck, p, rowOutcome(row), "")
		}
		if row != nil {
			a.find(Different, p, rowOutcome(row), "the node has "+
				"not ended it")
		}

		return
	}

	// The node's own word, and what its attempts prove against it.
	failed := p.GetStatus() == paymentrpc.Payment_FAILED
	if failed == (stored == none) {
		a.find(Contradictory, p, rowOutcome(row), "")
	} else if reason := proven(p); reason != stored {
		a.find(LessSpecific, p, rowOutcome(row), "the attempts prove "+
			reason)
	}
	if row == nil {
		a.waiting = append(a.waiting, p)

		return
	}
	a.compare(p, row)
}

// compare compares a payment that has ended with its row. A row with a more
// specific reason is right: the node has told it, and then stored another.
func (a *audit) compare(p *paymentrpc.Payment, row *sink.Payment) {
	want := sink.NewPayment(watcher.OutcomeOf(p).Payment, time.Time{})
	found := differences(row, want)
	switch told, reason := rowReason(row), rowReason(want); {
	case row.Status != want.Status, moreSpecific(reason, told):
		found = append([]string{
			"it should be " + rowOutcome(want),
		}, found...)

	case told != reason:
		a.find(LessSpecific, p, rowOutcome(row), "the sink was told "+
			told)
	}
	if len(found) > 0 {
		a.find(Different, p, rowOutcome(row), strings.Join(found, "; "))

		return
	}
	a.Same++
}

// find notes what is wrong with a payment of the node.
func (a *audit) find(kind Kind, p *paymentrpc.Payment, row, detail string) {
	a.Findings = append(a.Findings, &Finding{
		Kind: kind, PaymentHash: p.GetPaymentHash(),
		CreationTimeNs: p.GetCreationTimeNs(),
		PaymentIndex:   p.GetPaymentIndex(), Sink: row,
		Node:   describe(p.GetStatus().String(), reasonName(p)),
		Detail: detail,
	})
}

// differences returns what is not in a row as the node has stored it, in words.
// Status and reason are not looked at, nor is what a node forgets.
func differences(row, stored *sink.Payment) []string {
	var found []string
	differ := func(name string, row, stored any) {
		if !reflect.DeepEqual(row, stored) {
			found = append(found, fmt.Sprintf("%s is %v, the node "+
				"has %v", name, show(row), show(stored)))
		}
	}
	differ("value_msat", row.ValueMsat, stored.ValueMsat)
	differ("fee_msat", row.FeeMsat, stored.FeeMsat)
	differ("payment_request", row.PaymentRequest, stored.PaymentRequest)
	// Some do not want preimages in the sink.
	if row.Preimage != nil || row.Status != stored.Status {
		differ("payment_preimage", row.Preimage, stored.Preimage)
	}
	differ("creation_time", rounded(&row.CreationTime),
		rounded(&stored.CreationTime))

	// Without an attempt the node may not know who it was.
	if len(stored.Attempts) > 0 {
		differ("destination", row.Destination, stored.Destination)
	}
	kept := make(map[uint64]*sink.Attempt)
	for _, a := range row.Attempts {
		kept[a.AttemptID] = a
	}
	for _, a := range stored.Attempts {
		switch other, ok := kept[a.AttemptID]; {
		case !ok:
			found = append(found, fmt.Sprintf("attempt %d is "+
				"missing", a.AttemptID))

		case !sameAttempt(other, a):
			found = append(found, fmt.Sprintf("attempt %d is not "+
				"that of the node", a.AttemptID))
		}
	}

	return found
}

// show returns a value as it is to be read.
func show(value any) any {
	if text, ok := value.(*string); ok {
		if text == nil {
			return "NULL"
		}

		return *text
	}

	return value
}

// sameAttempt returns whether two attempts are the same.
func sameAttempt(a, b *sink.Attempt) bool {
	normal := func(a *sink.Attempt) sink.Attempt {
		n := *a
		n.AttemptTime = rounded(&a.AttemptTime)
		resolved := rounded(a.ResolveTime)
		n.ResolveTime = &resolved

		return n
	}

	return reflect.DeepEqual(normal(a), normal(b))
}

// rounded returns a time as all databases can have it, the zero time for none.
func rounded(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}

	return t.Truncate(time.Microsecond)
}

// proven returns the reason that the attempts of a payment prove.
func proven(p *paymentrpc.Payment) string {
	return reasonName(watcher.OutcomeOf(p).Payment)
}

// reasonName returns the name of a payment's reason.
func reasonName(p *paymentrpc.Payment) string {
	return paymentcontract.ReasonName(p.GetFailureReason())
}

// moreSpecific returns whether one reason is more specific than another, by
// their names. Any is more specific than none.
func moreSpecific(a, b string) bool {
	if a == none || b == none {
		return a != none && b == none
	}

	return storedReason(a).MoreSpecificThan(storedReason(b))
}

// storedReason returns the byte that lnd stores for a reason, by its name.
func storedReason(name string) outcome.Reason {
	value := paymentrpc.PaymentFailureReason_value["FAILURE_REASON_"+name]

	return watcher.StoredReason(paymentrpc.PaymentFailureReason(value))
}

// rowReason returns the name of a row's reason.
func rowReason(row *sink.Payment) string {
	if row.FailureReason == nil {
		return none
	}

	return *row.FailureReason
}

// rowOutcome returns status and reason of a row as one, empty for none.
func rowOutcome(row *sink.Payment) string {
	if row == nil {
		return ""
	}

	return describe(row.Status, rowReason(row))
}

// describe returns status and reason as one.
func describe(status, reason string) string {
	return strings.TrimSuffix(strings.TrimSpace(status+" "+reason),
		" "+none)
}
