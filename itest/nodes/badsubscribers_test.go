//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/stretchr/testify/require"
)

const (
	// atOnce is how many of them there are at the same time.
	atOnce = 20

	// unread is how many payments a mute subscriber is told of. Their
	// updates are more than what the network in between holds.
	unread = 100

	// leftTimeout is how long a node may take to get rid of what a
	// subscriber has left.
	leftTimeout = 20 * time.Second
)

// misbehaviours are how subscribers misbehave, and how many of them do, in the
// order in which that is tried.
var misbehaviours = []struct {
	name  string
	count int
	play  func(*testing.T, *regtest.Network, []byte, int)
}{
	{"reset", 200, resetMidStream},
	{"mute", 20, neverRead},
	{"vanish", 1000, connectAndVanish},
}

// TestBadSubscribers checks that subscribers which never read, reset their
// connection or vanish leave nothing behind in a node, at once and not only
// with the next payment. Stock, the control, is known to keep those that vanish.
func TestBadSubscribers(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testBadSubscribers(t, side.name, side.lnd)
		})
	}
}

// testBadSubscribers runs the test on one side and prints its summary.
func testBadSubscribers(t *testing.T, side, lnd string) {
	begin := time.Now()
	address, err := regtest.FreeAddress()
	require.NoError(t, err)
	network := startNetwork(t, workDir(t), lnd, "--profile="+address)
	p := &profiled{T: t, node: network.Sender, address: address}

	// A payment in flight is what a new subscriber is told of at once.
	hash, settle := hold(t, network)
	result := Found{Kind: Subscribers, Side: side}
	for _, m := range misbehaviours {
		// The first few make some things that stay.
		m.play(t, network, hash, m.count/10)
		payInvoice(t, network)
		before := p.calm()
		m.play(t, network, hash, m.count)
		left := p.left(before)
		if err := left.nothing(); err != nil {
			t.Logf("%s: left behind: %s", m.name, left.describe())
			result.Violations++
		}
		result.Counts = append(result.Counts, []Count{
			{Name: m.name, Value: m.count},
			{Name: m.name + " goroutines left",
				Value: left.goroutines},
			{Name: m.name + " files left", Value: left.files},
			{Name: m.name + " KiB left", Value: left.heap >> 10},
		}...)
	}
	settle()
	writeResult(t, begin, result)

	if side == stock {
		require.NotZero(t, result.Violations, "stock is known to keep "+
			"subscribers that are gone: this test sees nothing")

		return
	}
	require.Zero(t, result.Violations)
}

// hold makes a payment whose HTLC is held, and returns its hash and a function
// that lets it succeed.
func hold(t *testing.T, network *regtest.Network) ([]byte, func()) {
	t.Helper()

	ctx := context.Background()
	preimage, hash := newPreimage()
	invoice, states, err := holdInvoice(ctx, network.Recipient, hash)
	require.NoError(t, err)
	paid := make(chan error, 1)
	go func() {
		p, err := pay(ctx, network.Sender.Router, invoice, payTimeout)
		if err == nil && p.Status != lnrpc.Payment_SUCCEEDED {
			err = fmt.Errorf("%v %v", p.Status, p.FailureReason)
		}
		paid <- err
	}()
	require.True(t, awaitAccepted(states, nil), "no HTLC has arrived")

	return hash, func() {
		_, err := network.Recipient.Invoices.SettleInvoice(
			ctx, &invoicesrpc.SettleInvoiceMsg{Preimage: preimage},
		)
		require.NoError(t, err)
		require.NoError(t, <-paid)
	}
}

// crowd runs a function for each of a number of guests, some at the same time.
func crowd(t *testing.T, n int, visit func(i int) error) {
	t.Helper()

	var guests sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	errs := make(chan error, n)
	for i := range n {
		guests.Add(1)
		slots <- struct{}{}
		go func() {
			defer guests.Done()
			errs <- visit(i)
			<-slots
		}()
	}
	guests.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

// connectAndVanish lets subscribers come, be told of the payment in flight,
// and vanish. No payment changes meanwhile.
func connectAndVanish(t *testing.T, network *regtest.Network, hash []byte,
	n int) {

	crowd(t, n, func(i int) error {
		return visit(network.Sender, i, hash, false)
	})
}

// resetMidStream lets subscribers come and reset their connection while
// payments are made.
func resetMidStream(t *testing.T, network *regtest.Network, hash []byte,
	n int) {

	done := make(chan struct{})
	paying := make(chan struct{})
	go func() {
		defer close(paying)
		for {
			select {
			case <-done:
				return
			default:
				_ = reject(network)
			}
		}
	}()
	crowd(t, n, func(i int) error {
		return visit(network.Sender, i, hash, true)
	})
	close(done)
	<-paying
}

// visit lets a subscriber come, get an update and go without a word.
func visit(node *regtest.Node, i int, hash []byte, reset bool) error {
	g, ctx, err := newGuest(node, reset)
	if err != nil {
		return err
	}
	defer g.vanish()
	stream, err := g.subscribe(ctx, i, hash)
	if err != nil {
		return err
	}
	p, err := stream.Recv()
	if err == nil && p.PaymentHash != hex.EncodeToString(hash) && !reset {
		err = fmt.Errorf("told of payment %s", p.PaymentHash)
	}

	return err
}

// neverRead lets subscribers come that never read, while payments are made, and
// vanish in the end.
func neverRead(t *testing.T, network *regtest.Network, hash []byte,
	n int) {

	var guests []*guest
	for range n {
		g, ctx, err := newGuest(network.Sender, false)
		require.NoError(t, err)
		guests = append(guests, g)
		_, err = g.subscribe(ctx, 0, hash)
		require.NoError(t, err)
	}
	for range unread {
		require.NoError(t, reject(network))
	}
	for _, g := range guests {
		g.vanish()
	}
}

// reject makes a payment that the recipient rejects.
func reject(network *regtest.Network) error {
	ctx, cancel := context.WithTimeout(context.Background(), payTimeout)
	defer cancel()
	_, hash := newPreimage()
	_, err := probe(ctx, network.Sender, network.Recipient, hash)

	return err
}
