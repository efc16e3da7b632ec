package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// contractOrder is the order in which the contract names its guarantees.
var contractOrder = []paymentcontract.Guarantee{
	paymentcontract.Once, paymentcontract.Final, paymentcontract.Reason,
	paymentcontract.Specific, paymentcontract.Ordered,
}

// Result is what a scenario showed.
type Result struct {
	Scenario

	// Hash is the payment's hash in hex.
	Hash string

	// Updates are what TrackPayments said about the payment, in order.
	Updates []*lnrpc.Payment

	// Stored is what ListPayments said after it.
	Stored *lnrpc.Payment

	// Err holds the violations, or is nil if the contract was kept.
	Err error
}

// judge checks the updates, the row that was stored after the scenario, and the
// row that is stored now. What is wrong with both rows is told once.
func (r *Result) judge(now *lnrpc.Payment) {
	var (
		checker = paymentcontract.NewChecker()
		errs    []error
	)
	for _, p := range r.Updates {
		errs = append(errs, checker.Update(p))
	}

	checkRow := func(p *lnrpc.Payment) error {
		return errors.Join(
			checker.Stored(p),
			paymentcontract.CheckSpecific(p, r.Want),
		)
	}
	err := checkRow(r.Stored)
	if err == nil {
		err = checkRow(now)
	}

	r.Err = errors.Join(append(errs, err)...)
}

// Broken returns the guarantees that were broken, sorted by name.
func (r *Result) Broken() []paymentcontract.Guarantee {
	return paymentcontract.Broken(r.Err)
}

// Verdict says in a few words whether the contract was kept.
func (r *Result) Verdict() string {
	broken := r.Broken()
	if len(broken) == 0 {
		return "holds"
	}

	var names []string
	for _, g := range contractOrder {
		if slices.Contains(broken, g) {
			names = append(names, string(g))
		}
	}

	return "breaks " + strings.Join(names, ", ")
}

// Outcome says how an update or a stored row describes the end of a payment.
func Outcome(p *lnrpc.Payment) string {
	return fmt.Sprintf("%v %s", p.Status,
		paymentcontract.ReasonName(p.FailureReason))
}
