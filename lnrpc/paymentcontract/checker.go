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

import "errors"

// Checker checks the updates of one stream against the contract. It remembers
// of the latest run of every payment hash what the guarantees speak about, some
// 300 bytes and 80 for each attempt, and is not safe for concurrent use.
type Checker struct {
	runs map[string]*run
}

// run is what the stream has told about the latest run of a payment hash.
type run struct {
	// last is the newest update.
	last *Record

	// end is the first terminal update, or nil while there is none.
	end *Record
}

// NewChecker returns the checker of a stream that has carried nothing yet.
func NewChecker() *Checker {
	return &Checker{runs: make(map[string]*run)}
}

// Update takes the next update of the stream. It returns nil if the update
// keeps every guarantee, otherwise the violations joined.
func (c *Checker) Update(p Payment) error {
	now := NewRecord(p)
	if now == nil {
		return ErrNoPayment
	}

	// The first update of a run has nothing before it to contradict.
	r := c.runs[now.Hash]
	if r == nil || now.newerRun(r.last) {
		r = &run{}
		c.runs[now.Hash] = r
	}

	// An update that is older than what we have is judged by that alone:
	// whatever else it says is out of date and must not become what later
	// updates are compared with.
	if err := checkOrdered(r.last, now); err != nil {
		return errors.Join(err, checkReason(r.last, now))
	}

	err := errors.Join(
		checkOnce(r.end, now), checkFinal(r.end, now),
		checkReason(r.last, now),
	)

	r.last = now
	if r.end == nil && now.terminal() {
		r.end = now
	}

	return err
}

// Stored takes a payment as the node holds it, from ListPayments or
// TrackPaymentV2, read after the updates of the stream that were given to
// Update. It returns nil if the row agrees with them, otherwise the violations
// of Final and Reason joined. A row of another run than the stream's latest has
// nothing to agree with and is only checked for Reason.
func (c *Checker) Stored(p Payment) error {
	row := NewRecord(p)
	if row == nil {
		return ErrNoPayment
	}

	r := c.runs[row.Hash]
	if r == nil || !row.sameRun(r.last) {
		return checkReason(nil, row)
	}

	return errors.Join(checkFinal(r.end, row), checkReason(r.last, row))
}
