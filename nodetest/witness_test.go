//go:build nodes

package nodetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"lnd-once/cmd/demo/regtest"
	"lnd-once/lnrpc/paymentwatch"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// connectTimeout is how long a node may take to answer a connection.
const connectTimeout = 20 * time.Second

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
	checker *paymentwatch.Checker

	// told are the runs whose end it was told.
	told map[run]bool

	// since is when its stream carried the first payment, so that all that
	// begins later has to come. It is zero while there is no such stream.
	since time.Time
}

// startWitness starts a witness of a node that ends with the test.
func startWitness(t *testing.T, node *regtest.Node, b *book, name string,
	request *routerrpc.TrackPaymentsRequest) *witness {

	t.Helper()

	// It does not wait longer and longer for a node that is killed over and
	// over.
	soon := backoff.Config{BaseDelay: pollInterval, MaxDelay: pollInterval}
	conn, err := node.Dial(grpc.WithConnectParams(grpc.ConnectParams{
		Backoff: soon, MinConnectTimeout: connectTimeout,
	}))
	require.NoError(t, err)

	w := &witness{
		name: name, book: b, request: request,
		router:  routerrpc.NewRouterClient(conn),
		checker: paymentwatch.NewChecker(), told: make(map[run]bool),
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

	for {
		p, err := stream.Recv()
		if err != nil {
			w.mu.Lock()
			w.since = time.Time{}
			w.mu.Unlock()

			return
		}
		w.update(p)
	}
}

// update takes the next update of a stream.
func (w *witness) update(p *lnrpc.Payment) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.since.IsZero() {
		w.since = time.Now()
	}
	w.book.judge(w.name, p, w.checker.Update(p))
	if ended(p) {
		w.told[runOf(p)] = true
		w.book.note(p)
	}
}

// there returns an error if it is not known to listen.
func (w *witness) there() error {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.since.IsZero() {
		return fmt.Errorf("%s was told of nothing yet", w.name)
	}

	return nil
}

// missing returns the runs that have begun and ended while it listened, and of
// which it was not told the end.
func (w *witness) missing(listed map[run]*lnrpc.Payment) []run {
	w.mu.Lock()
	defer w.mu.Unlock()

	var missing []run
	for k, p := range listed {
		began := time.Unix(0, k.created)
		if ended(p) && !w.told[k] && began.After(w.since) {
			missing = append(missing, k)
		}
	}

	return missing
}
