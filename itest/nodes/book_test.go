//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// Guarantees that the checker of a stream cannot see.
const (
	guaranteeEnds    paymentcontract.Guarantee = "Ends"
	guaranteeDurable paymentcontract.Guarantee = "Durable"

	// guaranteeMoney is that sender and recipient agree on what was paid.
	guaranteeMoney paymentcontract.Guarantee = "Money"

	// guaranteeBounded is that a node does not use more and more.
	guaranteeBounded paymentcontract.Guarantee = "Bounded"
)

// quoted is how many violations of a guarantee are printed.
const quoted = 5

// book is where it is written down how payments have ended, by whoever was told
// first, and what was found to be wrong with a node.
type book struct {
	t *testing.T

	mu   sync.Mutex
	ends map[run]*lnrpc.Payment

	// deleted are those that were deleted since.
	deleted map[run]bool

	// broken are the runs that break a guarantee.
	broken map[paymentcontract.Guarantee]map[run]bool
}

// newBook returns an empty book.
func newBook(t *testing.T) *book {
	return &book{
		t: t, ends: make(map[run]*lnrpc.Payment),
		deleted: make(map[run]bool),
		broken:  make(map[paymentcontract.Guarantee]map[run]bool),
	}
}

// note writes down how a payment has ended, unless that is known already.
func (b *book) note(p *lnrpc.Payment) {
	b.mu.Lock()
	defer b.mu.Unlock()

	if k := runOf(p); b.ends[k] == nil && !b.deleted[k] {
		b.ends[k] = p
	}
}

// take takes out some payments that were made before some time, have failed and
// may go, to be deleted.
func (b *book) take(n int, before time.Time, may func(run) bool) []run {
	b.mu.Lock()
	defer b.mu.Unlock()

	var taken []run
	for k, p := range b.ends {
		if len(taken) == n {
			break
		}
		if p.Status == lnrpc.Payment_FAILED &&
			k.created < before.UnixNano() && may(k) {

			taken = append(taken, k)
			b.deleted[k] = true
			delete(b.ends, k)
		}
	}

	return taken
}

// known returns all ends that are known so far.
func (b *book) known() map[run]*lnrpc.Payment {
	b.mu.Lock()
	defer b.mu.Unlock()

	return maps.Clone(b.ends)
}

// violation writes down that a run breaks a guarantee.
func (b *book) violation(g paymentcontract.Guarantee, k run, format string,
	args ...any) {

	b.mu.Lock()
	defer b.mu.Unlock()

	runs := b.broken[g]
	if runs == nil {
		runs = make(map[run]bool)
		b.broken[g] = runs
	}
	if !runs[k] && len(runs) < quoted {
		b.t.Logf("%s: %v: %s", g, k, fmt.Sprintf(format, args...))
	}
	runs[k] = true
}

// judge writes down what a checker says about an update or a row.
func (b *book) judge(from string, p *lnrpc.Payment, err error) {
	for _, g := range paymentcontract.Broken(err) {
		b.violation(g, runOf(p), "%s: %v", from, err)
	}
}

// violations returns how many runs break a guarantee, for each of them.
func (b *book) violations() map[paymentcontract.Guarantee]int {
	b.mu.Lock()
	defer b.mu.Unlock()

	count := make(map[paymentcontract.Guarantee]int)
	for g, runs := range b.broken {
		count[g] = len(runs)
	}

	return count
}

// audit compares what a node lists with all ends that anybody was told of
// before that. What it lists as ended is written down.
func (b *book) audit(ctx context.Context, node *regtest.Node) error {
	known := b.known()
	listed, err := list(ctx, node)
	if err != nil {
		return err
	}
	latest := make(map[string]uint64)
	for k, p := range listed {
		latest[k.hash] = max(latest[k.hash], p.PaymentIndex)
	}

	for k, end := range known {
		row, ok := listed[k]
		switch {
		case ok:
			b.compare(k, end, row)

		// Only what has failed can be retried.
		case end.Status == lnrpc.Payment_FAILED &&
			latest[k.hash] > end.PaymentIndex:

		default:
			b.violation(guaranteeDurable, k, "ended %v %v, and is "+
				"not there any more", end.Status,
				end.FailureReason)
		}
	}
	for _, p := range listed {
		if ended(p) {
			b.note(p)
		}
	}

	return nil
}

// compare compares how a run has ended with the row that the node lists now.
func (b *book) compare(k run, end, row *lnrpc.Payment) {
	if row.PaymentIndex != end.PaymentIndex {
		b.violation(guaranteeDurable, k, "it had index %d and has %d",
			end.PaymentIndex, row.PaymentIndex)

		return
	}

	// The checker has nothing to say about the end itself here: the one of
	// the stream that it came from has said it.
	checker := paymentcontract.NewChecker()
	_ = checker.Update(end)
	b.judge("ListPayments", row, checker.Stored(row))
}

// describeViolations returns the number of violations for each guarantee on one
// line.
func describeViolations(count map[paymentcontract.Guarantee]int) string {
	if len(count) == 0 {
		return "none"
	}

	var parts []string
	for _, g := range slices.Sorted(maps.Keys(count)) {
		parts = append(parts, fmt.Sprintf("%s:%d", g, count[g]))
	}

	return strings.Join(parts, ",")
}

// sum returns how many violations there are in all.
func sum(violations map[paymentcontract.Guarantee]int) int {
	total := 0
	for _, n := range violations {
		total += n
	}

	return total
}

// runOf returns which run a payment is.
func runOf(p *lnrpc.Payment) run {
	return run{p.PaymentHash, p.CreationTimeNs}
}

// ended returns whether a payment has ended.
func ended(p *lnrpc.Payment) bool {
	return p.Status == lnrpc.Payment_SUCCEEDED ||
		p.Status == lnrpc.Payment_FAILED
}
