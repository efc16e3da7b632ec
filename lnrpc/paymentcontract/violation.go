package paymentcontract

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Guarantee names one promise of the contract. Every Violation begins with the
// name of the promise that was broken.
type Guarantee string

const (
	// Once promises exactly one terminal update per payment.
	Once Guarantee = "Once"

	// Final promises that status, reason and HTLCs of a payment do not
	// change after its terminal update.
	Final Guarantee = "Final"

	// Reason promises a failure reason if and only if the payment FAILED.
	Reason Guarantee = "Reason"

	// Specific promises the most specific of the reasons proposed.
	Specific Guarantee = "Specific"

	// Ordered promises that no update is older than one already received.
	Ordered Guarantee = "Ordered"

	// Ends promises that a payment with no HTLC in flight that will make no
	// further attempt ends.
	Ends Guarantee = "Ends"
)

// Violation is one broken guarantee, with the updates that prove it.
type Violation struct {
	// Guarantee is the promise that was broken.
	Guarantee Guarantee

	// Detail says in a few words what is wrong with Second.
	Detail string

	// First is the update that Second contradicts. It is nil where Second
	// alone breaks the guarantee and nothing came before it.
	First *Record

	// Second is the update that broke the guarantee.
	Second *Record
}

// Error returns the name of the broken guarantee, what is wrong, and the two
// updates that show it.
func (v *Violation) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", v.Guarantee, v.Detail)

	if v.First != nil {
		fmt.Fprintf(&b, "; first: %s", quote(v.First))
	}
	fmt.Fprintf(&b, "; then: %s", quote(v.Second))

	return b.String()
}

// Broken returns the guarantees that the violations within err break, sorted
// and each of them once. It returns nil if err holds no violation.
func Broken(err error) []Guarantee {
	var broken []Guarantee
	walk(err, func(v *Violation) {
		broken = append(broken, v.Guarantee)
	})
	slices.Sort(broken)

	return slices.Compact(broken)
}

// walk calls visit for every violation in the tree of errors that err is.
func walk(err error, visit func(*Violation)) {
	switch e := err.(type) {
	case nil:

	case *Violation:
		if e != nil {
			visit(e)
		}

	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			walk(inner, visit)
		}

	default:
		walk(errors.Unwrap(err), visit)
	}
}

// quote describes an update.
func quote(p *Record) string {
	attempts := make([]string, 0, len(p.Attempts))
	for _, htlc := range p.Attempts {
		attempts = append(attempts, fmt.Sprintf("%d=%s", htlc.ID,
			htlc.Status))
	}

	return fmt.Sprintf("payment %s index %d %s %s attempts [%s]", p.Hash,
		p.Index, p.Status, p.Reason, strings.Join(attempts, " "))
}
