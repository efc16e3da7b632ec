// Package paymentcontract holds the contract of payment outcomes as a client of
// lnd's RPC sees it. A Checker reads the updates of one stream in the order
// they came and names the guarantee that an update breaks, together with the
// two updates that prove it.
//
//	guarantee  a client sees it broken when
//	Once       a second terminal update comes for the same payment
//	Final      status, reason or an HTLC differ from the terminal update
//	Reason     a reason comes without FAILED, or FAILED without a reason
//	Specific   the reason is not the one the scenario must end with
//	Ordered    an update is older than one that came before it
//	Ends       a payment given up has no HTLC in flight and no end
//
// A payment here is one run of a payment hash, from its creation to its
// terminal update. A retry after FAILED is another payment.
package paymentcontract

import (
	"errors"
	"strings"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// Checker checks the updates of one stream against the contract. It remembers
// of the latest run of every payment hash what the guarantees speak about, some
// 200 bytes and 80 for each attempt, and is not safe for concurrent use.
type Checker struct {
	runs map[string]*run
}

// NewChecker returns the checker of a stream that has carried nothing yet.
func NewChecker() *Checker {
	return &Checker{runs: make(map[string]*run)}
}

// Update takes the next update of the stream. It returns nil if the update
// keeps every guarantee, otherwise the violations joined.
func (c *Checker) Update(p *lnrpc.Payment) error {
	if p == nil {
		return ErrNoPayment
	}

	// The first update of a run has nothing before it to contradict.
	r := c.runs[p.GetPaymentHash()]
	last, end := r.updates(p.GetPaymentHash())
	if r == nil || newerRun(p, last) {
		r, last, end = &run{}, nil, nil
		c.runs[strings.Clone(p.GetPaymentHash())] = r
	}

	// An update that is older than what we have is judged by that alone:
	// whatever else it says is out of date and must not become what later
	// updates are compared with.
	if err := checkOrdered(last, p); err != nil {
		return errors.Join(err, checkReason(last, p))
	}

	err := errors.Join(
		checkOnce(end, p), checkFinal(end, p), checkReason(last, p),
	)

	r.last = newRecord(p)
	if r.end == nil && terminal(p) {
		r.end = r.last
	}

	return err
}

// Stored takes a payment as the node holds it, from ListPayments or
// TrackPaymentV2, read after the updates of the stream that were given to
// Update. It returns nil if the row agrees with them, otherwise the violations
// of Final and Reason joined. A row of another run than the stream's latest has
// nothing to agree with and is only checked for Reason.
func (c *Checker) Stored(p *lnrpc.Payment) error {
	if p == nil {
		return ErrNoPayment
	}

	r := c.runs[p.GetPaymentHash()]
	last, end := r.updates(p.GetPaymentHash())
	if r == nil || !sameRun(p, last) {
		return checkReason(nil, p)
	}

	return errors.Join(checkFinal(end, p), checkReason(last, p))
}
