package scenario

import (
	"fmt"
	"strings"

	"lnd-once/itest/expect"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// Result is what a case has shown.
type Result struct {
	// Scenario is what the case belongs to, Case is its name.
	Scenario *Scenario
	Case     string

	// Hash is the hash of the case's payment in hex, and Reasons are those
	// that its tries had to end with. Both are empty if the case is about
	// many payments.
	Hash    string
	Reasons []lnrpc.PaymentFailureReason

	// Stored is what ListPayments said of the payment after it.
	Stored *lnrpc.Payment

	// Ends is the client of terminal updates alone, All that of all
	// updates.
	Ends, All *Client
}

// Want returns the reason that the payment had to end with at last.
func (r *Result) Want() lnrpc.PaymentFailureReason {
	return r.Reasons[len(r.Reasons)-1]
}

// clients returns both clients.
func (r *Result) clients() []*Client {
	return []*Client{r.Ends, r.All}
}

// judgeRow has the clients compare a row that was read from the sender with
// what was announced.
func (r *Result) judgeRow(source string, row *lnrpc.Payment) error {
	for _, client := range r.clients() {
		err := client.judgeRow(source, row, r.Reasons)
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
	}

	return nil
}

// Shown returns the result in the form in which it is compared and kept.
func (r *Result) Shown() expect.Shown {
	shown := expect.Shown{
		Scenario: r.Scenario.Name, Case: r.Case,
		Found: expect.Found{
			Ends: expect.Sort(r.Ends.broken()),
			All:  expect.Sort(r.All.broken()),
		},
	}
	for _, p := range r.Ends.Updates {
		shown.Updates = append(shown.Updates, Outcome(p))
	}
	if r.Stored != nil {
		shown.Stored = Outcome(r.Stored)
	}
	for _, client := range r.clients() {
		for _, err := range client.Violations {
			shown.Violations = append(
				shown.Violations, client.Name+": "+err.Error(),
			)
		}
	}

	return shown
}

// Verdict says in a few words what a client of terminal updates alone has
// found.
func (r *Result) Verdict() string {
	broken := expect.Sort(r.Ends.broken())
	if len(broken) == 0 {
		return "holds"
	}

	return "breaks " + strings.Join(broken, ", ")
}

// Outcome says how an update or a stored row describes a payment.
func Outcome(p *lnrpc.Payment) string {
	return fmt.Sprintf("%v %s", p.Status,
		paymentcontract.ReasonName(p.FailureReason))
}
