// Package outcome holds the rules that decide how a payment ends: which
// proposed failure reasons a payment accepts, and which one it is left with.
// The rules are pure, so that every store can apply them inside the transaction
// that writes the payment.
//
// A payment is one run of a payment hash, from its creation to its terminal
// state. Whoever gives up on it proposes a Reason; the payment keeps the most
// specific one. The order is total, so that the outcome of concurrent shards
// does not depend on who was first:
//
//	| rank | reason              | what it says                     |
//	|:----:|:--------------------|:---------------------------------|
//	|  6   | PaymentDetails      | the recipient's own verdict      |
//	|  5   | InsufficientBalance | no route would have carried it   |
//	|  4   | NoRoute             | every route has been tried       |
//	|  3   | Timeout             | time ran out before that         |
//	|  2   | Canceled            | the user stopped it before that  |
//	|  1   | Error               | nothing better is known          |
//	|  0   | any other byte      | not even that: not written by us |
//
// Whether a proposal is accepted, and whether the stored reason stays, follows
// from the attempts:
//
//	| in flight | settled | reason | status    | proposal      | stored |
//	|:---------:|:-------:|:------:|:----------|:--------------|:-------|
//	|   false   |  false  |  none  | open      | accepted      | -      |
//	|    true   |  false  |  none  | in flight | accepted      | -      |
//	|    true   |  false  |  set   | in flight | more specific | stays  |
//	|   false   |  false  |  set   | failed    | refused       | stays  |
//	|    true   |   true  |  none  | in flight | refused       | -      |
//	|    true   |   true  |  set   | in flight | refused       | erased |
//	|   false   |   true  |  none  | succeeded | refused       | -      |
//	|   false   |   true  |  set   | succeeded | refused       | erased |
//
// A payment that refuses every proposal is sealed. One in flight accepts what
// is more specific than what it has. A settled attempt seals the payment even
// while others are in flight: the recipient has the money, the payment can only
// succeed.
package outcome

// Reason is why a payment failed, as the byte that lnd stores on disk. The
// values are the same in every store and every version of lnd.
type Reason byte

const (
	// Timeout says that the payment's time ran out.
	Timeout Reason = 0

	// NoRoute says that no route was left to try.
	NoRoute Reason = 1

	// Error says that the payment failed and nothing better is known.
	Error Reason = 2

	// PaymentDetails says that the recipient rejected the payment:
	// incorrect_or_unknown_payment_details of BOLT 4.
	PaymentDetails Reason = 3

	// InsufficientBalance says that our own channels could not carry the
	// amount.
	InsufficientBalance Reason = 4

	// Canceled says that the user cancelled the payment.
	Canceled Reason = 5
)

// rank maps every known reason to its place in the order of specificity.
var rank = map[Reason]int{
	Error:               1,
	Canceled:            2,
	Timeout:             3,
	NoRoute:             4,
	InsufficientBalance: 5,
	PaymentDetails:      6,
}

// MoreSpecificThan returns whether r says more about the failure than other
// does. It is a strict total order: of two different reasons exactly one is
// more specific. Unknown reasons come below all known ones.
func (r Reason) MoreSpecificThan(other Reason) bool {
	if rank[r] != rank[other] {
		return rank[r] > rank[other]
	}

	return r > other
}

// State is what the rules need to know of a payment.
type State struct {
	// InFlight is true if an attempt has neither settled nor failed yet.
	InFlight bool

	// Settled is true if at least one attempt has settled.
	Settled bool

	// Reason is the stored failure reason, nil if there is none.
	Reason *Reason
}

// Terminal returns whether the payment has ended: it will not change any more.
func (s State) Terminal() bool {
	return !s.InFlight && (s.Settled || s.Reason != nil)
}

// Sealed returns whether proposals no longer count, because the payment is
// terminal or can only succeed.
func (s State) Sealed() bool {
	return s.Settled || s.Terminal()
}

// Accepts returns whether the proposed reason is to be stored in place of what
// the payment has. If it returns false there is nothing to write and nothing to
// announce.
func (s State) Accepts(proposed Reason) bool {
	if s.Sealed() {
		return false
	}

	return s.Reason == nil || proposed.MoreSpecificThan(*s.Reason)
}

// Erases returns whether the stored reason has to be removed, because it was
// proposed before the payment turned out to succeed.
func (s State) Erases() bool {
	return s.Settled && s.Reason != nil
}
