package routerrpc

import (
	"errors"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/clock"
	"github.com/lightningnetwork/lnd/fn/v2"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lnmock"
	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/tlv"
	"github.com/stretchr/testify/require"
)

// errDeaf is returned to those who subscribe to a deafTower.
var errDeaf = errors.New("no subscriptions")

// deafTower is a control tower that nobody can subscribe to.
type deafTower struct {
	routing.ControlTower
}

// SubscribePayment returns an error.
func (deafTower) SubscribePayment(lntypes.Hash) (
	routing.ControlTowerSubscriber, error) {

	return nil, errDeaf
}

// emptySessions is a source of payment sessions that nobody asks for a route.
type emptySessions struct {
	routing.PaymentSessionSource
}

// NewPaymentSession returns no session.
func (emptySessions) NewPaymentSession(*routing.LightningPayment,
	fn.Option[tlv.Blob], fn.Option[htlcswitch.AuxTrafficShaper]) (
	routing.PaymentSession, error) {

	return nil, nil
}

// TestSendPaymentEndsPaymentItCannotTrack asserts that a payment which exists
// when its client gets an error, because nobody can subscribe to it, is not
// left behind without an attempt.
func TestSendPaymentEndsPaymentItCannotTrack(t *testing.T) {
	t.Parallel()

	db := paymentsdb.NewTestDB(t)
	tower := routing.NewControlTower(db)
	chain := &lnmock.MockChain{}
	chain.On("GetBestBlock").Return(nil, int32(100), nil)
	router, err := routing.New(routing.Config{
		Chain:         chain,
		Clock:         clock.NewTestClock(time.Unix(1, 0)),
		Control:       tower,
		SessionSource: emptySessions{},
	})
	require.NoError(t, err)

	server := &Server{cfg: &Config{
		Router: router,
		RouterBackend: &RouterBackend{
			MaxTotalTimelock: 2016,
			Tower:            deafTower{tower},
			ShouldSetExpEndorsement: func() bool {
				return false
			},
		},
	}}
	hash := lntypes.Hash{1}
	err = server.SendPaymentV2(&SendPaymentRequest{
		Dest:           append([]byte{2}, make([]byte, 32)...),
		Amt:            1000,
		FinalCltvDelta: 40,
		PaymentHash:    hash[:],
		TimeoutSeconds: 60,
	}, nil)
	require.ErrorIs(t, err, errDeaf)

	require.Eventually(t, func() bool {
		payment, err := tower.FetchPayment(hash)

		return err == nil &&
			payment.GetStatus() == paymentsdb.StatusFailed
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, router.Stop())
}
