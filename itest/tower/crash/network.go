//go:build tower

package crash

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"

	"lnd-once/itest/tower/lnd"
)

// refused is an HTLC that our own switch does not take.
const refused lnd.End = lnd.HeldAndRejected + 1

// htlc is an attempt as the network knows it.
type htlc struct {
	// letter names the attempt: the first one is a.
	letter string

	// amount is what it pays.
	amount lnwire.MilliSatoshi

	// end is what becomes of it once it was sent.
	end lnd.End

	// sent is true if it has left.
	sent bool

	// over is true once its result has been delivered.
	over bool

	// stored is true if our switch has its result on disk.
	stored bool

	// forgotten is true if our switch had its result and was told that
	// nobody needs it.
	forgotten bool

	// denied is true once our switch has said that it was never sent, or
	// has not taken it.
	denied bool
}

// network is all that outlives our process besides its payments: the HTLCs that
// were sent, and what our switch has on disk of them.
type network struct {
	mu sync.Mutex

	// ends tells how HTLCs end, in the order in which they are sent.
	ends []lnd.End

	// htlcs holds all attempts that our switch was ever asked about.
	htlcs map[uint64]*htlc

	// sends counts the calls to send an HTLC.
	sends int

	// onSent is called when an HTLC has left, with how many have.
	onSent func(sent int)

	// deleted is true once a client has deleted the payment.
	deleted bool

	// wrongs is what money could be lost by.
	wrongs []error
}

// newNetwork creates a network in which HTLCs end as told.
func newNetwork(ends []lnd.End, onSent func(int)) *network {
	return &network{
		ends: ends, htlcs: make(map[uint64]*htlc), onSent: onSent,
	}
}

// get returns an attempt, which may be a new one.
//
// NOTE: The lock must be held.
func (n *network) get(id uint64) *htlc {
	h, ok := n.htlcs[id]
	if !ok {
		h = &htlc{letter: string(rune('a' + len(n.htlcs)))}
		n.htlcs[id] = h
	}

	return h
}

// wrong notes what could cost money.
//
// NOTE: The lock must be held.
func (n *network) wrong(format string, args ...any) {
	n.wrongs = append(n.wrongs, fmt.Errorf("Money: "+format, args...))
}

// add sends an HTLC. An error is returned if our switch refuses it.
func (n *network) add(id uint64, amount lnwire.MilliSatoshi) error {
	n.mu.Lock()
	defer n.mu.Unlock()

	h := n.get(id)
	switch {
	case h.sent:
		n.wrong("attempt %s was sent twice", h.letter)
	case h.denied:
		n.wrong("attempt %s was sent after it had been taken for one "+
			"that was not", h.letter)
	}

	end := lnd.Rejected
	if n.sends < len(n.ends) {
		end = n.ends[n.sends]
	}
	n.sends++
	if end == refused {
		return htlcswitch.NewLinkError(
			lnwire.NewTemporaryChannelFailure(nil),
		)
	}

	h.sent, h.end, h.amount = true, end, amount
	if paid := n.atRisk(); paid > lnd.NewRoute().TotalAmount {
		n.wrong("%v could be paid in all with attempt %s", paid,
			h.letter)
	}
	n.onSent(n.sends)

	return nil
}

// atRisk returns how much the recipient could have in the end.
//
// NOTE: The lock must be held.
func (n *network) atRisk() lnwire.MilliSatoshi {
	var sum lnwire.MilliSatoshi
	for _, h := range n.htlcs {
		if h.sent && (!h.over || h.end == lnd.Settled) {
			sum += h.amount
		}
	}

	return sum
}

// isDeleted tells whether a client has deleted the payment.
func (n *network) isDeleted() bool {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.deleted
}

// exhausted tells whether all HTLCs that there are to be have been sent.
func (n *network) exhausted() bool {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.sends >= len(n.ends)
}

// each calls a function for every attempt there was, by their letters.
func (n *network) each(do func(id uint64, h *htlc)) {
	n.mu.Lock()
	defer n.mu.Unlock()

	ids := slices.Collect(maps.Keys(n.htlcs))
	slices.SortFunc(ids, func(a, b uint64) int {
		return cmp.Compare(n.htlcs[a].letter, n.htlcs[b].letter)
	})
	for _, id := range ids {
		do(id, n.htlcs[id])
	}
}

// result returns what our switch tells of an HTLC that is over.
func (h *htlc) result(hash lntypes.Hash) *htlcswitch.PaymentResult {
	switch h.end {
	case lnd.Settled:
		return &htlcswitch.PaymentResult{Preimage: hash}
	case lnd.Rejected:
		return lnd.Rejection()
	default:
		return lnd.Interruption()
	}
}
