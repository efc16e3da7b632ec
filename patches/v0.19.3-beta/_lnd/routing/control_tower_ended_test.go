package routing

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/stretchr/testify/require"
)

// TestControlTowerEndedPaymentStaysEnded checks that failing a payment that has
// ended changes nothing and announces nothing.
func TestControlTowerEndedPaymentStaysEnded(t *testing.T) {
	t.Parallel()

	t.Run("succeeded", func(t *testing.T) {
		t.Parallel()

		testEndedPaymentStaysEnded(t, true)
	})

	t.Run("failed", func(t *testing.T) {
		t.Parallel()

		testEndedPaymentStaysEnded(t, false)
	})
}

// testEndedPaymentStaysEnded ends a payment, with success or without, and then
// fails it with a reason that comes too late.
func testEndedPaymentStaysEnded(t *testing.T, settle bool) {
	db := channeldb.NewPaymentControl(initDB(t, true))
	tower := NewControlTower(db)

	info, attempt, preimage, err := genInfo()
	require.NoError(t, err)

	hash := info.PaymentIdentifier
	require.NoError(t, tower.InitPayment(hash, info))
	require.NoError(t, tower.RegisterAttempt(hash, attempt))

	if settle {
		_, err = tower.SettleAttempt(
			hash, attempt.AttemptID,
			&channeldb.HTLCSettleInfo{Preimage: preimage},
		)
	} else {
		require.NoError(t, tower.FailPayment(
			hash, channeldb.FailureReasonPaymentDetails,
		))
		_, err = tower.FailAttempt(
			hash, attempt.AttemptID,
			&channeldb.HTLCFailInfo{},
		)
	}
	require.NoError(t, err)

	ended, err := db.FetchPayment(hash)
	require.NoError(t, err)
	require.True(t, ended.Terminated())

	// No payment is in flight, so that a subscriber has nothing to read.
	sub, err := tower.SubscribeAllPayments()
	require.NoError(t, err)
	defer sub.Close()

	require.NoError(t, tower.FailPayment(
		hash, channeldb.FailureReasonTimeout,
	))

	after, err := db.FetchPayment(hash)
	require.NoError(t, err)
	require.Equal(t, ended.Status, after.Status)
	require.Equal(t, ended.FailureReason, after.FailureReason)

	// The next thing announced is another payment.
	other, _, _, err := genInfo()
	require.NoError(t, err)
	require.NoError(t, tower.InitPayment(
		other.PaymentIdentifier, other,
	))

	select {
	case update := <-sub.Updates():
		payment, ok := update.(*channeldb.MPPayment)
		require.True(t, ok)
		require.Equal(t, other.PaymentIdentifier,
			payment.Info.PaymentIdentifier)

	case <-time.After(testTimeout):
		t.Fatal("no update of the other payment")
	}
}
