package lnd

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lntest/wait"
	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"
)

// TestDeletePaymentAnnouncesEnd asserts that the end of a payment which was
// stored but not announced is announced when the payment is deleted.
func TestDeletePaymentAnnouncesEnd(t *testing.T) {
	t.Parallel()

	ctx := t.Context()
	store, err := paymentsdb.NewKVStore(channeldb.OpenForTesting(
		t, t.TempDir(),
	))
	require.NoError(t, err)
	tower := routing.NewControlTower(store)
	sub, err := tower.SubscribeAllPayments()
	require.NoError(t, err)
	defer sub.Close()

	// next returns the status of the next update.
	next := func() paymentsdb.PaymentStatus {
		select {
		case update := <-sub.Updates():
			payment, ok := update.(*paymentsdb.MPPayment)
			require.True(t, ok)

			return payment.Status

		case <-time.After(wait.DefaultTimeout):
			require.Fail(t, "no update")
		}

		return 0
	}

	hash := lntypes.Hash{1}
	r := &rpcServer{server: &server{
		controlTower: tower, paymentsDB: store,
	}}
	for _, remove := range []func() error{
		func() error {
			_, err := r.DeletePayment(
				ctx, &lnrpc.DeletePaymentRequest{
					PaymentHash: hash[:],
				},
			)

			return err
		},
		func() error {
			_, err := r.DeleteAllPayments(
				ctx, &lnrpc.DeleteAllPaymentsRequest{
					AllPayments: true,
				},
			)

			return err
		},
	} {
		err := tower.InitPayment(
			ctx, hash, &paymentsdb.PaymentCreationInfo{
				PaymentIdentifier: hash,
			},
		)
		require.NoError(t, err)
		require.Equal(t, paymentsdb.StatusInitiated, next())

		// The control tower does not hear of this.
		_, err = store.Fail(ctx, hash, paymentsdb.FailureReasonError)
		require.NoError(t, err)

		require.NoError(t, remove())
		require.Equal(t, paymentsdb.StatusFailed, next())
		_, err = store.FetchPayment(ctx, hash)
		require.ErrorIs(t, err, paymentsdb.ErrPaymentNotInitiated)
	}
}
