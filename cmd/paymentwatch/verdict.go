package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"lnd-once/lnrpc/paymentcontract"
)

// guarantees are those that a client can see broken. Whether a reason is the
// most specific one only the node knows.
var guarantees = []paymentcontract.Guarantee{
	paymentcontract.Once, paymentcontract.Final, paymentcontract.Reason,
	paymentcontract.Ordered,
}

// errBroken is returned when a node breaks the contract.
var errBroken = errors.New("the node breaks the contract")

// broken prints violations and counts them, for each guarantee.
type broken struct {
	out   io.Writer
	count map[paymentcontract.Guarantee]int
}

// newBroken returns a count of violations that are printed to out.
func newBroken(out io.Writer) *broken {
	return &broken{
		out: out, count: make(map[paymentcontract.Guarantee]int),
	}
}

// tell prints violations, each on a line that begins with the guarantee.
func (b *broken) tell(err error) {
	if err == nil {
		return
	}

	for _, g := range paymentcontract.Broken(err) {
		b.count[g]++
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05.000")
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintf(b.out, "%s %s\n", now, line)
	}
}

// summary prints which guarantees hold, and returns an error if one does not.
func (b *broken) summary() error {
	var names []string
	for _, g := range guarantees {
		n := b.count[g]
		if n == 0 {
			fmt.Fprintf(b.out, "%-8s holds\n", g)
			continue
		}
		fmt.Fprintf(b.out, "%-8s broken %d times\n", g, n)
		names = append(names, string(g))
	}
	if len(names) == 0 {
		return nil
	}

	return fmt.Errorf("%w: %s", errBroken, strings.Join(names, ", "))
}
