//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"sync"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

const (
	// payers is how many payments are made at the same time.
	payers = 8

	// errorPause is how long a payer waits when the node does not answer.
	errorPause = 200 * time.Millisecond
)

// replaced is a run of a hash that had ended and was then retried, so that the
// node does not have it any more.
type replaced struct {
	run

	// known is when it was known to have ended.
	known time.Time
}

// load makes payments of all sorts without end, whatever becomes of the sender.
type load struct {
	net *regtest.Network

	// kinds are the payments to choose from.
	kinds []kind

	// stop ends the load when it is closed, once, and workers are those to
	// wait for.
	stop    chan struct{}
	once    sync.Once
	workers sync.WaitGroup

	// up is held while the sender is started, and back by a payment to it.
	up   sync.RWMutex
	back sync.Mutex

	// mu protects what follows.
	mu sync.Mutex

	// retried are the hashes that were tried more than once, in hex.
	retried map[string]bool

	// replaced are the runs of those that are known to have ended.
	replaced []replaced
}

// startLoad begins to make payments of some kinds. The choices follow from the
// seed.
func startLoad(net *regtest.Network, seed uint64, kinds []kind) *load {
	l := &load{
		net: net, kinds: kinds, stop: make(chan struct{}),
		retried: make(map[string]bool),
	}
	for i := range uint64(payers) {
		l.workers.Add(1)
		go func() {
			defer l.workers.Done()
			l.work(rand.New(rand.NewPCG(seed, i)))
		}()
	}

	return l
}

// restart starts a node. If that is the sender nobody uses its services
// meanwhile. It does not wait for the node any longer when the context ends.
func (l *load) restart(ctx context.Context, node *regtest.Node,
	lnd string) error {

	if node == l.net.Sender {
		l.up.Lock()
		defer l.up.Unlock()
	}

	return l.net.Restart(ctx, node, lnd)
}

// reconnect has the nodes connect anew. What was in flight is sent again then,
// as it is by a sender that was started.
func (l *load) reconnect(ctx context.Context) error {
	l.up.Lock()
	defer l.up.Unlock()

	return l.net.Reconnect(ctx)
}

// node returns the sender, when it is not being started.
func (l *load) node() *regtest.Node {
	l.up.RLock()
	defer l.up.RUnlock()

	return l.net.Sender
}

// end stops the load and waits until its last payments are over.
func (l *load) end() {
	l.once.Do(func() { close(l.stop) })
	l.workers.Wait()
}

// work makes payments until the load is stopped. That a node which is killed
// answers with errors is part of the plan.
func (l *load) work(rng *rand.Rand) {
	for {
		select {
		case <-l.stop:
			return
		default:
		}

		ctx, cancel := context.WithTimeout(
			context.Background(), payTimeout,
		)
		err := l.kinds[rng.IntN(len(l.kinds))](l, ctx, rng)
		cancel()
		if err != nil {
			l.pause(errorPause)
		}
	}
}

// pause waits, unless the load is stopped.
func (l *load) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-l.stop:
	}
}

// triedOnce returns whether a run's hash was tried once only.
func (l *load) triedOnce(r run) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	return !l.retried[r.hash]
}

// noteRetry notes that a hash is about to be retried, and which run of it that
// will replace.
func (l *load) noteRetry(ctx context.Context, hash []byte) error {
	stream, err := l.node().Router.TrackPaymentV2(
		ctx, &routerrpc.TrackPaymentRequest{
			PaymentHash: hash, NoInflightUpdates: true,
		},
	)
	if err != nil {
		return err
	}
	p, err := stream.Recv()
	if err != nil {
		return err
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	l.retried[hex.EncodeToString(hash)] = true
	l.replaced = append(l.replaced, replaced{
		run: run{p.PaymentHash, p.CreationTimeNs}, known: time.Now(),
	})

	return nil
}
