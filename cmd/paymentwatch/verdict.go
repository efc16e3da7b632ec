package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"lnd-once/lnrpc/paymentcontract"
)

// guarantees are those that a client can see broken.
var guarantees = []paymentcontract.Guarantee{
	paymentcontract.Once, paymentcontract.Final, paymentcontract.Reason,
	paymentcontract.Ordered,
}

// unchecked are the other guarantees of the contract, and why no client can tell
// whether they hold.
var unchecked = []struct{ name, why string }{
	{"Specific", "which reasons were proposed only the node knows"},
	{"Sealed", "what was proposed after an end only the node knows"},
	{"Ends", "whether another attempt follows only the node knows"},
	{"Deleted", "it takes a client that deletes payments"},
	{"Durable", "it takes a crash of the node"},
	{"Drop-in", "it takes a change of the node's version"},
}

var (
	// errBroken is returned when a node breaks the contract.
	errBroken = errors.New("the node breaks the contract")

	// errNotObserved is returned when nothing is broken, but a guarantee
	// was not put to the test either.
	errNotObserved = errors.New("nothing is broken, but not everything " +
		"was seen; check for longer, or while payments are made")
)

// proof is what a violation is about.
type proof struct {
	guarantee paymentcontract.Guarantee
	run       run
}

// verdict prints violations and counts them, for each guarantee, and knows which
// guarantees it has seen a witness of.
type verdict struct {
	out      io.Writer
	count    map[paymentcontract.Guarantee]int
	observed map[paymentcontract.Guarantee]bool

	// told are the violations that a stream has shown.
	told map[proof]bool
}

// newVerdict returns a verdict about nothing yet, with violations printed to
// out.
func newVerdict(out io.Writer) *verdict {
	return &verdict{
		out: out, count: make(map[paymentcontract.Guarantee]int),
		observed: make(map[paymentcontract.Guarantee]bool),
		told:     make(map[proof]bool),
	}
}

// witness notes that something was seen that could have broken a guarantee.
func (v *verdict) witness(guarantee paymentcontract.Guarantee) {
	v.observed[guarantee] = true
}

// tell prints the violations in an error that a stream has shown.
func (v *verdict) tell(err error) {
	for _, violation := range violations(err) {
		v.told[proofOf(violation)] = true
		v.print(violation)
	}
}

// tellStored prints the violations in an error that the stored form of a payment
// has shown. If a stream has shown them before, they are the same.
func (v *verdict) tellStored(err error) {
	for _, violation := range violations(err) {
		if !v.told[proofOf(violation)] {
			v.print(violation)
		}
	}
}

// print prints a violation on a line, and counts it.
func (v *verdict) print(violation *paymentcontract.Violation) {
	v.count[violation.Guarantee]++
	fmt.Fprintf(v.out, "%s %s\n",
		time.Now().UTC().Format("2006-01-02 15:04:05.000"),
		oneLine(violation.Error()))
}

// summary prints which guarantees hold, and returns an error if one does not,
// or was not observed.
func (v *verdict) summary() error {
	var names, missing []string
	for _, g := range guarantees {
		switch n := v.count[g]; {
		case n > 0:
			fmt.Fprintf(v.out, "%-8s broken %d times\n", g, n)
			names = append(names, string(g))

		case !v.observed[g]:
			fmt.Fprintf(v.out, "%-8s not observed\n", g)
			missing = append(missing, string(g))

		default:
			fmt.Fprintf(v.out, "%-8s holds\n", g)
		}
	}
	for _, u := range unchecked {
		fmt.Fprintf(v.out, "%-8s not checked: %s\n", u.name, u.why)
	}

	switch {
	case len(names) > 0:
		return fmt.Errorf("%w: %s", errBroken,
			strings.Join(names, ", "))

	case len(missing) > 0:
		return fmt.Errorf("%w: %s not observed", errNotObserved,
			strings.Join(missing, ", "))

	default:
		return nil
	}
}

// proofOf returns what a violation is about.
func proofOf(violation *paymentcontract.Violation) proof {
	p := violation.Second

	return proof{violation.Guarantee, run{p.Index, p.Created}}
}

// violations returns the violations that the checker has joined.
func violations(err error) []*paymentcontract.Violation {
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}

	found := make([]*paymentcontract.Violation, 0, len(errs))
	for _, err := range errs {
		var violation *paymentcontract.Violation
		if errors.As(err, &violation) {
			found = append(found, violation)
		}
	}

	return found
}
