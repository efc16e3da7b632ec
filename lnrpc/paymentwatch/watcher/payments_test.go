package watcher

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"google.golang.org/protobuf/proto"
)

// now returns the node's time, which is never the same twice.
func (n *node) now() int64 {
	n.created = max(
		n.created+int64(time.Millisecond),
		time.Now().Add(n.skew).UnixNano(),
	)

	return n.created
}

// allocate returns the index of the next row.
func (n *node) allocate() uint64 {
	if n.reuses {
		n.last = 0
		for index := range n.rows {
			n.last = max(n.last, index)
		}
	}
	n.last++

	return n.last
}

// pay creates a payment. It replaces one of the same hash.
func (n *node) pay(hash string) *paymentrpc.Payment {
	n.mu.Lock()
	defer n.mu.Unlock()

	for index, p := range n.rows {
		if p.PaymentHash == hash {
			delete(n.rows, index)
		}
	}

	p := &paymentrpc.Payment{
		PaymentHash: hash, PaymentIndex: n.allocate(),
		CreationTimeNs: n.now(), Status: paymentrpc.Payment_IN_FLIGHT,
	}
	n.rows[p.PaymentIndex] = p
	n.announce(p)

	return clone(p)
}

// payLate hands out an index for a payment that is written only when the
// returned function is called.
func (n *node) payLate(hash string) func() *paymentrpc.Payment {
	n.mu.Lock()
	defer n.mu.Unlock()

	p := &paymentrpc.Payment{
		PaymentHash: hash, PaymentIndex: n.allocate(),
		CreationTimeNs: n.now(), Status: paymentrpc.Payment_IN_FLIGHT,
	}

	return func() *paymentrpc.Payment {
		n.mu.Lock()
		defer n.mu.Unlock()

		n.rows[p.PaymentIndex] = p
		n.announce(p)

		return clone(p)
	}
}

// find returns the row of a payment, whatever its index is now, or nil.
func (n *node) find(p *paymentrpc.Payment) *paymentrpc.Payment {
	if row := n.rows[p.PaymentIndex]; RunOf(row).Same(RunOf(p)) {
		return row
	}
	for _, row := range n.rows {
		if RunOf(row).Same(RunOf(p)) {
			return row
		}
	}

	return nil
}

// renumber restarts the node, which numbers its payments anew, without a gap, and
// keeps their times as PostgreSQL does: that is how lnd moves to native SQL.
func (n *node) renumber() {
	n.mu.Lock()
	defer n.mu.Unlock()

	rows := make(map[uint64]*paymentrpc.Payment)
	n.last = 0
	for _, index := range slices.Sorted(maps.Keys(n.rows)) {
		n.last++
		row := n.rows[index]
		row.PaymentIndex = n.last
		row.CreationTimeNs -= row.CreationTimeNs % precision
		rows[n.last] = row
	}
	n.rows = rows
	n.starts++
	n.cutLocked(errDown)
}

// update changes a payment that the database still has, and announces it.
func (n *node) update(p *paymentrpc.Payment, change func(*paymentrpc.Payment)) {
	n.mu.Lock()
	defer n.mu.Unlock()

	row := n.find(p)
	if row == nil {
		return
	}
	change(row)
	n.announce(row)
}

// fail ends a payment, or changes the reason of one that has ended.
func (n *node) fail(p *paymentrpc.Payment,
	reason paymentrpc.PaymentFailureReason) {

	n.update(p, func(row *paymentrpc.Payment) {
		row.FailureReason = reason
		if row.Status != paymentrpc.Payment_SUCCEEDED {
			row.Status = paymentrpc.Payment_FAILED
		}
	})
}

// succeed ends a payment.
func (n *node) succeed(p *paymentrpc.Payment) {
	n.update(p, func(row *paymentrpc.Payment) {
		row.Status = paymentrpc.Payment_SUCCEEDED
	})
}

// attempt adds an attempt that failed.
func (n *node) attempt(p *paymentrpc.Payment, htlc *paymentrpc.HTLCAttempt) {
	n.update(p, func(row *paymentrpc.Payment) {
		htlc.ResolveTimeNs = n.now()
		row.Htlcs = append(row.Htlcs, htlc)
	})
}

// remove deletes a payment, without telling anybody.
func (n *node) remove(p *paymentrpc.Payment) {
	n.mu.Lock()
	defer n.mu.Unlock()

	if row := n.find(p); row != nil {
		delete(n.rows, row.PaymentIndex)
	}
}

// read returns a payment as the database has it, or nil.
func (n *node) read(p *paymentrpc.Payment) *paymentrpc.Payment {
	n.mu.Lock()
	defer n.mu.Unlock()

	row := n.find(p)
	if row == nil {
		return nil
	}

	return clone(row)
}

// takeLists returns the pages that were asked for since the last time.
func (n *node) takeLists() []*paymentrpc.ListPaymentsRequest {
	n.mu.Lock()
	defer n.mu.Unlock()

	lists := n.lists
	n.lists = nil

	return lists
}

// clone returns a copy of a payment.
func clone(p *paymentrpc.Payment) *paymentrpc.Payment {
	return proto.Clone(p).(*paymentrpc.Payment)
}

// hashOf returns a payment hash for a number.
func hashOf(i int) string {
	return fmt.Sprintf("%064x", i)
}
