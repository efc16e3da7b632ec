// Package model says how a payment behaves. It is written from the contract in
// README.md, and nothing of lnd decides here.
package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Worth is what every payment is worth.
const Worth = 10_000

// Reason is a failure reason, as its place in the order of specificity.
type Reason int

// NoReason is what a payment has that has not failed.
const NoReason Reason = 0

// Reasons names the failure reasons, from the least to the most specific.
var Reasons = []string{
	"NONE", "ERROR", "CANCELED", "TIMEOUT", "NO_ROUTE",
	"INSUFFICIENT_BALANCE", "INCORRECT_PAYMENT_DETAILS",
}

// String returns the reason's name.
func (r Reason) String() string {
	return Reasons[r]
}

// Shard is an HTLC attempt of a payment. One that is single carries no MPP
// record.
type Shard struct {
	ID     uint64
	Amount int
	Single bool
	Result string
}

// What becomes of a shard.
const (
	Pending = "pending"
	Paid    = "paid"
	Failed  = "failed"
)

// ByID orders shards.
func ByID(a, b Shard) int {
	return cmp.Compare(a.ID, b.ID)
}

// Run is a payment: one run of a payment hash. Its time of creation, which is
// never zero, tells it from the others of that hash.
type Run struct {
	Created int64
	Reason  Reason

	// Shards lists them by their ID.
	Shards []Shard
}

// Has returns whether a shard of the payment has that result.
func (r Run) Has(result string) bool {
	return slices.ContainsFunc(r.Shards, func(s Shard) bool {
		return s.Result == result
	})
}

// Status returns the name of the payment's status.
func (r Run) Status() string {
	switch {
	case r.Created == 0:
		return "none"

	case r.Has(Pending):
		return "In Flight"

	case r.Has(Paid):
		return "Succeeded"

	case r.Reason != NoReason:
		return "Failed"

	case r.Has(Failed):
		return "In Flight"
	}

	return "Initiated"
}

// Ended returns whether the payment is terminal.
func (r Run) Ended() bool {
	return r.Status() == "Succeeded" || r.Status() == "Failed"
}

// Live returns whether there is a payment that has not ended.
func (r Run) Live() bool {
	return r.Created != 0 && !r.Ended()
}

// String describes all that two equal payments have in common.
func (r Run) String() string {
	if r.Created == 0 {
		return "none"
	}

	shards := make([]string, 0, len(r.Shards))
	for _, s := range r.Shards {
		shards = append(shards, fmt.Sprintf("%d:%d:%s", s.ID, s.Amount,
			s.Result))
	}

	return fmt.Sprintf("created %d: %s %s [%s]", r.Created, r.Status(),
		r.Reason, strings.Join(shards, " "))
}
