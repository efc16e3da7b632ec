//go:build nodes

package nodes

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lnd-once/internal/postgres"
	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	// payAgain is how long a payment may take that shows that the node is
	// back, and reconnectTimeout how long a new connection to its peer may.
	payAgain         = 20 * time.Second
	reconnectTimeout = 20 * time.Second

	// healTimeout is after how long a node that does not pay again, though
	// it is connected anew, is restarted.
	healTimeout = 3 * time.Minute

	// claimTimeout is how long a commit may take to come that is to fail.
	claimTimeout = 30 * time.Second
)

// outages are how long what the node needs is away, in turn.
var outages = []time.Duration{
	2 * time.Second, 15 * time.Second, 2 * time.Second, time.Minute,
}

// healer attacks a node by what it needs, and has it back then. Where lnd itself
// does not go on it is helped, and it is counted how.
type healer struct {
	*attack

	// shutdowns is how often lnd has shut itself down, reconnects how often
	// its channel did not come back before the nodes connected anew, and
	// restarts how often not even then.
	shutdowns, reconnects, restarts int

	// ended is the index up to which all payments are known to have ended.
	ended uint64
}

// without takes something that the node needs away, gives it back after a while,
// and has the node back.
func (h *healer) without(take, giveBack func()) {
	away := outages[h.strikes%len(outages)]
	h.strikes++
	begin := time.Now()
	take()
	time.Sleep(away)
	giveBack()
	h.heal(begin)
}

// counts returns how lnd was helped.
func (h *healer) counts() []Count {
	return []Count{
		{"shut down", h.shutdowns}, {"reconnected", h.reconnects},
		{"restarted", h.restarts},
	}
}

// TestOutcomesOutage stops the database of a node at random moments under load
// and starts it again. All payments end, without a restart if lnd does not shut
// itself down, and what anybody was told about an end stays so.
func TestOutcomesOutage(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			db := ownServer(t)
			flags := append(backendFlags(*store),
				dsn+db.URL(newDatabase(t, db)))
			h := &healer{attack: newAttack(t, Outages, side,
				regtest.Config{SenderFlags: flags},
			)}
			h.run(func() {
				h.without(db.Halt, func() {
					err := db.Revive(context.Background())
					require.NoError(t, err)
				})
			}, h.counts)
		})
	}
}

// TestOutcomesCut cuts the connection of a node to its database while it
// commits, or keeps the answer back, at random moments under load; and all
// connections now and then. The same holds as for outages.
func TestOutcomesCut(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			db := ownServer(t)
			proxy, err := postgres.NewProxy(db, "payment")
			require.NoError(t, err)
			t.Cleanup(proxy.Close)
			flags := append(backendFlags(*store),
				dsn+proxy.URL(newDatabase(t, db)))
			h := &healer{attack: newAttack(t, Cuts, side,
				regtest.Config{SenderFlags: flags},
			)}
			h.run(func() {
				h.strikes++
				begin := time.Now()
				h.cut(proxy)
				h.heal(begin)
			}, h.counts)
		})
	}
}

// ownServer starts a PostgreSQL server for one test.
func ownServer(t *testing.T) *postgres.Server {
	t.Helper()

	require.True(t, strings.HasSuffix(*store, "postgres"), "-db has to be "+
		"a store in PostgreSQL")
	db, err := postgres.Start(context.Background(), postgres.Config{
		Settings: []string{"fsync=off"},
	})
	require.NoError(t, err)
	t.Cleanup(db.Stop)

	return db
}

// cut fails a commit, mostly of a payment, or cuts all connections for a while,
// in turn.
func (h *healer) cut(proxy *postgres.Proxy) {
	cut := postgres.Cut(h.strikes) % (postgres.Cuts + 1)
	if cut == postgres.Cuts {
		proxy.Away(true)
		time.Sleep(outages[0])
		proxy.Away(false)

		return
	}

	select {
	case <-proxy.Order(cut, h.rng.IntN(4) == 0):
	case <-time.After(claimTimeout):
		require.Fail(h, "nothing is committed")
	}
}

// heal has the node back whose database had a fault some time ago, and waits
// until all payments have ended that were made before it was back. It writes
// down which have not although the node pays.
func (h *healer) heal(since time.Time) {
	for {
		h.revive(since)
		o, made := &open{}, time.Now()
		within(resolveTimeout, func() error {
			if h.net.Sender.Alive() != nil {
				return nil
			}
			now, err := listOpen(
				context.Background(), h.net.Sender, h.ended,
			)
			if err != nil {
				return err
			}
			now.before(made)
			o = now
			if len(o.lost) > 0 {
				return errors.New("some are lost")
			}

			return o.waitFor()
		})

		// What has hit lnd may show later.
		if h.pays() == nil {
			h.explain(o)
			for k, p := range o.ended {
				if k.created < made.UnixNano() {
					h.ended = max(h.ended, p.PaymentIndex)
				}
			}

			return
		}
	}
}

// revive waits until the node pays again whose database had a fault some time
// ago. Where it does not the nodes connect anew, and then it is restarted.
func (h *healer) revive(since time.Time) {
	limit, restarted := time.Now().Add(healTimeout), false
	for err := h.pays(); err != nil; err = h.pays() {
		switch ended := h.net.Sender.Alive(); {
		case ended != nil:
			h.Logf("lnd has shut down: %v", ended)
			h.shutdowns++
			h.restart(since)

		case time.Now().After(limit):
			require.False(h, restarted, "not even after a restart")
			h.Logf("lnd does not pay again: %v", err)
			h.restarts++
			h.restart(since)
			limit, restarted = time.Now().Add(healTimeout), true

		case h.reconnect() == nil:
			h.Logf("connected anew, since %v", err)
			h.reconnects++
		}
	}
}

// pays returns an error if a payment does not succeed.
func (h *healer) pays() error {
	ctx, cancel := context.WithTimeout(context.Background(), payTimeout/2)
	defer cancel()

	invoice, err := h.net.Recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	require.NoError(h, err)
	p, err := pay(ctx, h.net.Sender.Router, invoice.PaymentRequest,
		payAgain)
	if err == nil && p.Status != lnrpc.Payment_SUCCEEDED {
		err = fmt.Errorf("%v %v", p.Status, p.FailureReason)
	}

	return err
}

// reconnect has the nodes connect anew.
func (h *healer) reconnect() error {
	ctx, cancel := context.WithTimeout(
		context.Background(), reconnectTimeout,
	)
	defer cancel()

	return h.load.reconnect(ctx)
}

// restart starts the node again. What it could tell is not known since its
// database had a fault.
func (h *healer) restart(since time.Time) {
	for _, w := range h.witnesses {
		w.leaveAt(since)
	}
	err := h.load.restart(
		context.Background(), h.net.Sender, h.side.program(),
	)
	require.NoError(h, err)
}
