//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

// witness is a client of TrackPayments that is back as soon as its node is, and
// forgets nothing of what it was told when the node is killed.
type witness struct {
	name   string
	book   *book
	router routerrpc.RouterClient

	// request is what it asks for.
	request *routerrpc.TrackPaymentsRequest

	// mu protects what follows.
	mu      sync.Mutex
	checker *paymentcontract.Checker

	// stays are the times in which it listened, the last one being now or
	// over.
	stays []stay
}

// stay is a time in which a witness listened.
type stay struct {
	window

	// told are the runs whose end it was told meanwhile.
	told map[run]bool
}

// startWitness starts a witness of a node that ends with the test.
func startWitness(t *testing.T, node *regtest.Node, b *book, name string,
	request *routerrpc.TrackPaymentsRequest) *witness {

	t.Helper()

	conn, err := node.Dial()
	require.NoError(t, err)

	w := &witness{
		name: name, book: b, request: request,
		router:  routerrpc.NewRouterClient(conn),
		checker: paymentcontract.NewChecker(),
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ; ctx.Err() == nil; time.Sleep(pollInterval) {
			w.listen(ctx)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		_ = conn.Close()
	})

	return w
}

// listen takes what one stream carries until it ends.
func (w *witness) listen(ctx context.Context) {
	stream, err := w.router.TrackPayments(
		ctx, w.request, grpc.WaitForReady(true),
	)
	if err != nil {
		return
	}

	for first := true; ; first = false {
		p, err := stream.Recv()
		if err != nil {
			w.leave()

			return
		}
		w.update(p, first)
	}
}

// update takes the next update of a stream.
func (w *witness) update(p *lnrpc.Payment, first bool) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if first {
		w.stays = append(w.stays, stay{
			window: window{opened: time.Now()},
			told:   make(map[run]bool),
		})
	}
	w.book.judge(w.name, p, w.checker.Update(p))
	if ended(p) {
		w.stays[len(w.stays)-1].told[runOf(p)] = true
		w.book.note(p)
	}
}

// leave ends the time in which it listens: the node is about to be killed, or
// its stream has ended.
func (w *witness) leave() {
	w.leaveAt(time.Now())
}

// leaveAt ends the time in which it listens, or has listened, at an earlier
// time: it is not known what the node could tell since.
func (w *witness) leaveAt(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()

	for i := range w.stays {
		stay := &w.stays[i]
		if stay.closed.IsZero() || stay.closed.After(at) {
			stay.closed = at
		}
	}
}

// listens returns whether it is known to listen.
//
// NOTE: The lock must be held.
func (w *witness) listens() bool {
	n := len(w.stays)

	return n > 0 && w.stays[n-1].closed.IsZero()
}

// there returns an error if it is not known to listen.
func (w *witness) there() error {
	w.mu.Lock()
	defer w.mu.Unlock()

	if !w.listens() {
		return fmt.Errorf("%s was told of nothing yet", w.name)
	}

	return nil
}

// missing returns which of the runs that have ended did so while it listened
// without its being told, and how many it had to be told of in all.
func (w *witness) missing(ends map[run]*lnrpc.Payment) ([]run, int) {
	w.mu.Lock()
	defer w.mu.Unlock()

	var (
		missing []run
		due     int
	)
	for k, p := range ends {
		for _, v := range w.stays {
			if !v.has(p) {
				continue
			}
			due++
			if !v.told[k] {
				missing = append(missing, k)
			}
		}
	}

	return missing, due
}
