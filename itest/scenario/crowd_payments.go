package scenario

import (
	"context"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// begin notes that a payment is about to be sent, and what it must end with.
func (c *crowd) begin(hash string, reason lnrpc.PaymentFailureReason) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.payments[hash] = &crowdPayment{
		index: len(c.payments), reason: reason,
	}
}

// end notes that a payment has ended.
func (c *crowd) end(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.payments[hash].ended = true
	c.ended++
	close(c.changed)
	c.changed = make(chan struct{})
}

// awaitEnded waits until a number of payments have ended.
func (c *crowd) awaitEnded(ctx context.Context, ended int) error {
	for {
		c.mu.Lock()
		done, changed := c.ended >= ended, c.changed
		c.mu.Unlock()

		if done {
			return nil
		}

		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begun returns the number of payments that have begun.
func (c *crowd) begun() int {
	c.mu.Lock()
	defer c.mu.Unlock()

	return len(c.payments)
}

// endedSince returns the payments that have ended of those that began after the
// given number of payments had.
func (c *crowd) endedSince(begun int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()

	var hashes []string
	for hash, p := range c.payments {
		if p.index >= begun && p.ended {
			hashes = append(hashes, hash)
		}
	}

	return hashes
}

// reason returns what a payment must end with, and whether it is one of the
// case's.
func (c *crowd) reason(hash string) (lnrpc.PaymentFailureReason, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	p, ok := c.payments[hash]
	if !ok {
		return noReason, false
	}

	return p.reason, true
}
