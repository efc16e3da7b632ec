//go:build nodes

package nodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

// watched is a node whose payments are watched: by clients who listen, and by
// who reads its books in the end, and the payee's.
type watched struct {
	*testing.T

	node, payee *regtest.Node
	book        *book
	witnesses   []*witness

	// due is of how many ends the witnesses had to be told.
	due int
}

// newWatched returns a node that pays another one, to be watched.
func newWatched(t *testing.T, node, payee *regtest.Node) *watched {
	return &watched{T: t, node: node, payee: payee, book: newBook(t)}
}

// listen has clients listen to all there is.
func (w *watched) listen() {
	for name, request := range map[string]*routerrpc.TrackPaymentsRequest{
		"all updates": {},
		"ends":        {NoInflightUpdates: true},
	} {
		w.witnesses = append(w.witnesses, startWitness(
			w.T, w.node, w.book, w.node.Name+"'s "+name, request,
		))
	}
}

// audit looks at what the node lists.
func (w *watched) audit() error {
	return w.book.audit(context.Background(), w.node)
}

// finish waits until all payments have ended, and writes down what is wrong
// then. It returns them, and what the payee got.
func (w *watched) finish() (*open, int64) {
	ctx := context.Background()

	var o *open
	within(resolveTimeout, func() error {
		var err error
		o, err = listOpen(ctx, w.node, 0)
		require.NoError(w, err)
		if len(o.lost) > 0 {
			return errors.New("some are lost")
		}

		return o.waitFor()
	})
	w.explain(o)

	w.hear(o)

	require.NoError(w, w.audit())
	received, err := w.book.settleAccounts(ctx, w.payee, o.ended)
	require.NoError(w, err)

	return o, received
}

// hear waits until the witnesses have been told of all that ended while they
// listened, and writes down what they were not told.
func (w *watched) hear(o *open) {
	// Runs that were retried since are not listed any more, nor are failed
	// attempts that were deleted with the end.
	ends := maps.Clone(o.ended)
	maps.Copy(ends, w.book.known())

	for _, witness := range w.witnesses {
		var (
			missing []run
			due     int
		)
		within(endTimeout, func() error {
			missing, due = witness.missing(ends)
			if len(missing) > 0 {
				return errors.New("some are missing")
			}

			return nil
		})
		require.NotZero(w, due, "%s had to be told of nothing: this "+
			"sees nothing", witness.name)
		w.due += due
		for _, r := range missing {
			w.book.violation(paymentcontract.Once, r, "%s: its "+
				"end was not announced", witness.name)
		}
	}
}

// explain writes down which payments have not ended, and what became of their
// attempts.
func (w *watched) explain(o *open) {
	if len(o.lost)+len(o.waiting) == 0 {
		return
	}
	listed, err := list(context.Background(), w.node)
	require.NoError(w, err)

	for what, runs := range map[string][]run{
		"its HTLC is in no channel": o.lost,
		"it is waited for":          o.waiting,
	} {
		for _, r := range runs {
			p := listed[r]
			w.book.violation(guaranteeEnds, r, "%v, %s, attempts "+
				"[%s]", p.GetStatus(), what, attempts(p))
		}
	}
}

// attempts describes the attempts of a payment.
func attempts(p *lnrpc.Payment) string {
	var text string
	for _, htlc := range p.GetHtlcs() {
		text += fmt.Sprintf(" %d=%v sent %v", htlc.AttemptId,
			htlc.Status, time.Unix(0, htlc.AttemptTimeNs).
				Format(time.StampMilli))
	}

	return text
}
