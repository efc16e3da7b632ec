package audit

import (
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"
)

// Kind is what is wrong with a payment.
type Kind string

const (
	// Missing is a payment that has ended and that the sink's position
	// says was delivered, without a row.
	Missing Kind = "missing"

	// Undelivered is a payment that has ended and was not delivered yet,
	// though there was time to.
	Undelivered Kind = "undelivered"

	// Different is a payment whose row is not what the node has stored.
	Different Kind = "different"

	// Unknown is a row of a payment that the node does not have, nor a
	// later one of its hash.
	Unknown Kind = "unknown"

	// Contradictory is a payment that the node has stored as SUCCEEDED
	// with a reason, or as FAILED without one.
	Contradictory Kind = "contradictory"

	// LessSpecific is a payment that the node has stored with a reason less
	// specific than its attempts prove or than the node has told.
	LessSpecific Kind = "less specific"

	// Stuck is a payment that the node has in flight although the time-lock
	// of its attempts is over and no channel has an HTLC of it.
	Stuck Kind = "stuck"
)

// Kinds are all of them, those that are about the sink first.
var Kinds = []struct {
	Kind

	// Says is what it means for whoever is to do something about it.
	Says string
}{
	{Missing, "no row, though the position says that it was delivered; " +
		"--repair writes it"},
	{Undelivered, "no row yet; paymentwatch writes it when it runs"},
	{Different, "the row is not what the node has stored"},
	{Unknown, "a row of a payment that was deleted on the node"},
	{Contradictory, "the node has stored SUCCEEDED with a reason, or " +
		"FAILED without one"},
	{LessSpecific, "the node has stored a reason less specific than the " +
		"attempts prove or the sink was told"},
	{Stuck, "the node has it in flight without an HTLC, and its " +
		"time-lock is over"},
}

// Finding is one thing that is wrong with one payment.
type Finding struct {
	Kind           Kind   `json:"kind"`
	PaymentHash    string `json:"payment_hash"`
	CreationTimeNs int64  `json:"creation_time_ns"`
	PaymentIndex   uint64 `json:"payment_index"`

	// Sink and Node are status and reason as either of them has it, empty
	// where it has none.
	Sink string `json:"sink"`
	Node string `json:"node"`

	// Detail says more.
	Detail string `json:"detail"`
}

// Report is what an audit has found.
type Report struct {
	sink.Identity

	// Payments is how many of the node's payments have ended, InFlight how
	// many have not, and Rows how many the sink has.
	Payments int `json:"payments"`
	InFlight int `json:"in_flight"`
	Rows     int `json:"rows"`

	// Same is how many payments the sink has as the node does, and Retried
	// how many rows are of failures that a later payment of the hash has
	// replaced in the node.
	Same    int `json:"same"`
	Retried int `json:"retried"`

	// Before is how many payments ended without a row because they were made
	// before the sink began.
	Before int `json:"before"`

	// Repaired is how many rows that were missing the sink has by now.
	Repaired int `json:"repaired"`

	Findings []*Finding `json:"findings"`

	// missing are the outcomes without a row.
	missing []*watcher.Outcome
}

// Count returns how many findings are of a kind.
func (r *Report) Count(kind Kind) int {
	n := 0
	for _, f := range r.Findings {
		if f.Kind == kind {
			n++
		}
	}

	return n
}

// Differs returns whether something is wrong, but for what was repaired.
func (r *Report) Differs() bool {
	return len(r.Findings) > r.Repaired
}
