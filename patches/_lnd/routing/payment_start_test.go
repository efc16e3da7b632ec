package routing

import (
	"context"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/clock"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/record"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/stretchr/testify/require"
)

// startTest is a router with a real control tower, for payments that do not get
// as far as the switch.
type startTest struct {
	*towerTest

	router *ChannelRouter
	hash   lntypes.Hash
	route  *route.Route
}

// newStartTest creates a router and a route with an MPP record.
func newStartTest(t *testing.T) *startTest {
	t.Helper()

	tower := newTowerTest(t)
	rt := createDummyRoute(t, 10_000)
	rt.FinalHop().MPP = record.NewMPP(10_000, [32]byte{1})
	for _, hop := range rt.Hops {
		hop.LegacyPayload = false
		hop.OutgoingTimeLock = 100
	}

	return &startTest{
		towerTest: tower,
		router: &ChannelRouter{
			cfg: &Config{
				Control: tower,
				Clock:   clock.NewTestClock(time.Unix(1, 0)),
				NextPaymentID: func() (uint64, error) {
					return 1, nil
				},
			},
			quit: make(chan struct{}),
		},
		hash:  lntypes.Hash{1, 2, 3},
		route: rt,
	}
}

// requireRetryable asserts that a payment of the same hash can be made.
func (s *startTest) requireRetryable() {
	s.Helper()

	require.NoError(s, s.InitPayment(
		s.hash, &channeldb.PaymentCreationInfo{
			PaymentIdentifier: s.hash, Value: 10_000,
			CreationTime: time.Unix(2, 0),
		},
	))
}

// TestSendPaymentEndsPaymentItCannotStart asserts that a payment ends if
// sendPayment fails before its first attempt.
func TestSendPaymentEndsPaymentItCannotStart(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	s.router.cfg.Chain = newMockChain(100)
	s.requireRetryable()

	invalid := lnwire.CustomRecords{1: nil}
	_, _, err := s.router.sendPayment(
		context.Background(), 0, s.hash, 0, nil, nil, invalid,
	)
	require.ErrorContains(t, err, "custom records")

	payment, err := s.FetchPayment(s.hash)
	require.NoError(t, err)
	require.Equal(t, channeldb.StatusFailed, payment.GetStatus())
	s.requireRetryable()
}
