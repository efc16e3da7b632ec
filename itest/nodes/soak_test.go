//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	// soakParts is how many parts a soak has. In the first the node is
	// restarted, the second is compared with the last, and soakLooks is how
	// often one looks in each of them.
	soakParts = 12
	soakLooks = 10

	// soakRestarts is how often the node is restarted.
	soakRestarts = 3

	// guestPause is the time between two subscribers that come, and
	// deletePause that between two times when deleteSome payments go. When
	// deleteAge has gone by a payment is not tried again.
	guestPause  = 100 * time.Millisecond
	deletePause = time.Second
	deleteSome  = 20
	deleteAge   = 2 * payTimeout
)

// soaking is a node under a load that goes on, with subscribers that come and
// go and payments that are deleted.
type soaking struct {
	*attack

	// guests is how many subscribers have come, and deleted how many
	// payments have gone.
	guests, deleted atomic.Int64

	// stop ends both when it is closed, and workers are those to wait for.
	stop    chan struct{}
	workers sync.WaitGroup
}

// TestSoak soaks a node: what it uses of memory, goroutines and files does not
// grow, and the contract holds. With "-soak 0", the default, it does nothing.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("-soak says how long a node is to be soaked")
	}
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testSoak(t, side)
		})
	}
}

// testSoak soaks a side.
func testSoak(t *testing.T, side side) {
	begin := time.Now()
	address, err := regtest.FreeAddress()
	require.NoError(t, err)
	s := &soaking{stop: make(chan struct{}), attack: newAttack(
		t, Soak, side, regtest.Config{SenderFlags: append(
			storeFlags(t, *store), "--profile="+address,
		)},
	)}
	s.begin()
	hash, err := hex.DecodeString(payInvoice(t, s.net))
	require.NoError(t, err)
	s.repeat(guestPause, func(i int) { s.receive(i, hash) })
	s.repeat(deletePause, func(int) { s.delete() })

	part := *soak / soakParts
	for range soakRestarts {
		time.Sleep(part / soakRestarts)
		s.restart()
	}
	p := &profiled{T: t, node: s.net.Sender, address: address}
	uses := []growth{
		{name: "goroutines", spare: 25}, {name: "files", spare: 10},
		{name: "heap KiB", spare: 4 << 10},
	}
	for i := range soakLooks * (soakParts - 1) {
		time.Sleep(part / soakLooks)
		now := p.usage()
		for j, n := range []int{
			now.goroutines, now.files, now.heap >> 10,
		} {
			uses[j].add(i, n)
		}
		if i%soakLooks == 0 {
			fmt.Printf("%s %s: %v of %v, it uses %v\n", t.Name(),
				*store, time.Since(begin).Round(time.Second),
				*soak, now)
		}
	}

	close(s.stop)
	s.workers.Wait()
	s.restart()
	counts := []Count{
		{"guests", int(s.guests.Load())},
		{"deleted", int(s.deleted.Load())},
	}
	for _, use := range uses {
		counts = append(counts,
			Count{use.name + " at first", median(use.first)},
			Count{use.name + " at last", median(use.last)},
		)
		if err := use.check(); err != nil {
			s.book.violation(guaranteeBounded, run{}, "%v", err)
		}
	}
	s.conclude(begin, counts)
	for _, count := range counts {
		require.NotZero(t, count.Value, count.Name)
	}
}

// add adds what was used at some look, if it is one of those to be compared.
func (g *growth) add(look, n int) {
	if look < soakLooks {
		g.first = append(g.first, n)
	}
	if look >= soakLooks*(soakParts-2) {
		g.last = append(g.last, n)
	}
}

// repeat does something over and over until the soak is stopped.
func (s *soaking) repeat(pause time.Duration, do func(i int)) {
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		for i := 0; ; i++ {
			select {
			case <-time.After(pause):
				do(i)

			case <-s.stop:
				return
			}
		}
	}()
}

// receive lets a subscriber come, who is told of something and goes without a
// word. That the node is restarted meanwhile is part of the plan.
func (s *soaking) receive(i int, hash []byte) {
	if visit(s.net.Sender, i, hash, i%2 == 0) == nil {
		s.guests.Add(1)
	}
}

// delete deletes some payments that have failed and are not tried again.
func (s *soaking) delete() {
	ctx, cancel := context.WithTimeout(context.Background(), payTimeout)
	defer cancel()

	for _, k := range s.book.take(
		deleteSome, time.Now().Add(-deleteAge), s.load.triedOnce,
	) {
		hash, err := hex.DecodeString(k.hash)
		require.NoError(s, err)
		_, err = s.load.node().Lightning.DeletePayment(
			ctx, &lnrpc.DeletePaymentRequest{PaymentHash: hash},
		)
		if err == nil {
			s.deleted.Add(1)
		}
	}
}

// restart restarts the node in order. It mines a block for that: a node that
// starts waits for one of the last two hours.
func (s *soaking) restart() {
	ctx := context.Background()
	require.NoError(s, s.net.Mine(ctx, 1))

	s.strikes++
	for _, w := range s.witnesses {
		w.leave()
	}
	err := s.load.restart(ctx, s.net.Sender, s.side.program())
	require.NoError(s, err)
}
