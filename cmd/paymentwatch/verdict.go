package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
)

const (
	// storedDelay is how long after a payment's end we look at what the
	// node has stored. A stock node may write once more in between.
	storedDelay = 3 * time.Second

	// maxStored is how many of the latest payments are looked at once more
	// before the check ends.
	maxStored = 1000
)

// guarantees are those that a client can see broken. Whether a reason is the
// most specific one only the node knows.
var guarantees = []paymentcontract.Guarantee{
	paymentcontract.Once, paymentcontract.Final, paymentcontract.Reason,
	paymentcontract.Ordered,
}

// errBroken is returned when a node breaks the contract.
var errBroken = errors.New("the node breaks the contract")

// ended is a payment that has ended, to be compared with what is stored.
type ended struct {
	index uint64
	hash  string
	due   time.Time
}

// check is one run of the command.
type check struct {
	payments lnrpc.LightningClient
	out      io.Writer
	checker  *paymentcontract.Checker

	// waiting are the payments whose stored form has not been looked at,
	// oldest first, stored are those that were right.
	waiting, stored []*ended

	// witness is that of the current stream.
	witness *witness

	updates, ends int
	broken        map[paymentcontract.Guarantee]int
}

// newCheck returns a check of a node's payments that prints to out.
func newCheck(payments lnrpc.LightningClient, out io.Writer) *check {
	return &check{
		payments: payments, out: out,
		checker: paymentcontract.NewChecker(),
		witness: newWitness(),
		broken:  make(map[paymentcontract.Guarantee]int),
	}
}

// update checks an update.
func (k *check) update(p *lnrpc.Payment) {
	k.updates++
	err := k.checker.Update(p)
	k.tell(err)

	if !terminal(p) {
		return
	}
	k.ends++
	k.witness.told[runOf(p)] = true

	// What is wrong already is not told again for the stored form.
	if err != nil {
		return
	}
	k.waiting = append(k.waiting, &ended{
		index: p.GetPaymentIndex(), hash: p.GetPaymentHash(),
		due: time.Now().Add(storedDelay),
	})
}

// compare looks at what is stored of the payments whose time has come.
func (k *check) compare(ctx context.Context, now time.Time) error {
	for len(k.waiting) > 0 && !k.waiting[0].due.After(now) {
		e := k.waiting[0]
		right, err := k.compareStored(ctx, e)
		if err != nil {
			return err
		}
		k.waiting = k.waiting[1:]
		if right {
			k.stored = append(k.stored, e)
		}
	}
	if len(k.stored) > maxStored {
		k.stored = slices.Clone(k.stored[len(k.stored)-maxStored:])
	}

	return nil
}

// compareStored checks what is stored of a payment. It returns whether that is
// right. A payment that is not there any more was deleted.
func (k *check) compareStored(ctx context.Context, e *ended) (bool, error) {
	// The offset is that of the payment before.
	list, err := k.payments.ListPayments(ctx, &lnrpc.ListPaymentsRequest{
		IndexOffset: e.index - 1, MaxPayments: 1,
		IncludeIncomplete: true,
	})
	if err != nil {
		return false, err
	}
	if len(list.GetPayments()) == 0 ||
		list.GetPayments()[0].GetPaymentHash() != e.hash {

		return false, nil
	}
	err = k.checker.Stored(list.GetPayments()[0])
	k.tell(err)

	return err == nil, nil
}

// finish looks once more at what is stored of the latest payments.
func (k *check) finish(ctx context.Context) error {
	seen := make(map[uint64]bool)
	for _, e := range append(k.waiting, k.stored...) {
		if seen[e.index] {
			continue
		}
		seen[e.index] = true
		if _, err := k.compareStored(ctx, e); err != nil {
			return err
		}
	}

	return nil
}

// tell prints violations, each on a line that begins with the guarantee.
func (k *check) tell(err error) {
	if err == nil {
		return
	}

	for _, g := range paymentcontract.Broken(err) {
		k.broken[g]++
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05.000")
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintf(k.out, "%s %s\n", now, line)
	}
}

// summary prints which guarantees hold, and returns an error if one does not.
func (k *check) summary() error {
	fmt.Fprintf(k.out, "%d updates, %d of them terminal.\n", k.updates,
		k.ends)

	var names []string
	for _, g := range guarantees {
		n := k.broken[g]
		if n == 0 {
			fmt.Fprintf(k.out, "%-8s holds\n", g)
			continue
		}
		fmt.Fprintf(k.out, "%-8s broken %d times\n", g, n)
		names = append(names, string(g))
	}
	if len(names) == 0 {
		return nil
	}

	return fmt.Errorf("%w: %s", errBroken, strings.Join(names, ", "))
}
