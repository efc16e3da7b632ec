package watcher

import (
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// grow makes a payment of the node take that many bytes more.
func (n *node) grow(p *paymentrpc.Payment, bytes int) {
	n.mu.Lock()
	defer n.mu.Unlock()

	n.rows[p.PaymentIndex].PaymentRequest = strings.Repeat("x", bytes)
}

// TestPageTooLargeIsAskedForInParts reads payments of which no more than a few
// fit into a message, the largest one only alone.
func TestPageTooLargeIsAskedForInParts(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.maxMessage = 20_000
		for i := range 100 {
			p := n.pay(hashOf(i))
			n.grow(p, 1000)
			if i == 50 {
				n.grow(p, n.maxMessage-500)
			}
			n.succeed(p)
		}
		r := start(n, sink, FromBeginning(), 0)
		elapse(0)
		require.Equal(t, 100, sink.len())
		require.Equal(t, uint64(101), sink.at().Next)

		// It does not try more at once until it reads all again.
		size, lists := uint64(pageSize), n.takeLists()[2:]
		for _, in := range lists {
			require.LessOrEqual(t, in.MaxPayments, size)
			size = in.MaxPayments
		}
		require.Less(t, len(lists), 70)
		elapse(firstSweep)
		require.EqualValues(t, pageSize, n.takeLists()[2].MaxPayments)
		require.Equal(t, 100, sink.len())
		_ = r.stop()
	})
}

// TestPaymentTooLargeEndsRun checks that what does not fit alone either is not
// asked for for ever, and that all below it is delivered.
func TestPaymentTooLargeEndsRun(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		n.maxMessage = 20_000
		for i := range 10 {
			p := n.pay(hashOf(i))
			if i == 7 {
				n.grow(p, n.maxMessage)
			}
			n.succeed(p)
		}
		r := start(n, sink, FromBeginning(), 0)
		elapse(time.Hour)
		err := <-r.done
		require.ErrorIs(t, err, ErrTooLarge)
		require.ErrorContains(t, err, "larger than max")
		require.Equal(t, 7, sink.len())
		require.Equal(t, uint64(8), sink.at().Next)
	})
}
