//go:build tower

package crash

import (
	"context"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/lnd"
)

// slowSwitch takes its time to send an HTLC. Until then it does not know it.
type slowSwitch struct {
	*switchboard

	// asked is closed when an HTLC is to be sent, send when it may be.
	asked, send chan struct{}
}

// SendHTLC sends an HTLC when it may.
func (s *slowSwitch) SendHTLC(channel lnwire.ShortChannelID, id uint64,
	add *lnwire.UpdateAddHTLC) error {

	close(s.asked)
	<-s.send

	return s.switchboard.SendHTLC(channel, id, add)
}

// GetAttemptResult tells the result of an HTLC at once.
func (s *slowSwitch) GetAttemptResult(id uint64, hash lntypes.Hash,
	_ htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult,
	error) {

	s.network.mu.Lock()
	defer s.network.mu.Unlock()

	h := s.get(id)
	if h.denied = !h.sent; h.denied {
		return nil, htlcswitch.ErrPaymentIDNotFound
	}
	results := make(chan *htlcswitch.PaymentResult, 1)
	results <- h.result(hash)

	return results, nil
}

// ShardOfAnother lets SendPayment begin when a shard that SendToRoute makes
// of the same payment has been registered, but not sent. That the switch does
// not know it yet must not be taken for its failure: it can still settle.
func (c *Config) ShardOfAnother(t *testing.T) {
	var (
		f       = &flow{parts: 2, ends: []lnd.End{lnd.Settled}}
		payment = lnd.NewHash()
		l       = explore.NewLife(explore.New(""), new(int))
		network = newNetwork(f.ends, func(int) {})
		db      = c.Kind.Create(t)
		n       = startNode(t, c, db, f, payment, network, l)
		slow    = &slowSwitch{
			n.network, make(chan struct{}), make(chan struct{}),
		}
		session = flowSession{flow: f, network: network}
		sender  = newSender()
	)
	n.router = lnd.RouterOf(t, n.payments, slow, session, l)
	n.start()

	order, err := f.order(payment)
	require.NoError(t, err)
	_, shards, err := n.router.PreparePayment(order)
	require.NoError(t, err)

	returned := make(chan error, 1)
	go func() {
		rt, hash := f.routeOf(payment, 0)
		returned <- lnd.SendToRoute(n.router, hash, rt, false)
	}()
	<-slow.asked

	// The sender leaves at once: there will be no other shard.
	sender.stop(context.Canceled)
	n.router.SendPaymentAsync(sender, order, session, shards)
	for begin := time.Now(); time.Since(begin) < time.Second &&
		!n.stored().Terminated(); {

		time.Sleep(time.Millisecond)
	}

	close(slow.send)
	require.NoError(t, <-returned)
	require.NoError(t, n.router.Stop())
	for _, wrong := range network.wrongs {
		t.Error(wrong)
	}
	if status := n.stored().Status.String(); status != succeeded {
		t.Errorf("the payment is %s", status)
	}
}
