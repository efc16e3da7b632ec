package lnd

import (
	"context"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lntest/wait"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"
)

// TestDeletePaymentAnnouncesEnd asserts that the end of a payment which was
// stored but not announced is announced when the payment is deleted.
func TestDeletePaymentAnnouncesEnd(t *testing.T) {
	t.Parallel()

	ctx := context.Background()
	db, err := channeldb.MakeTestDB(t)
	require.NoError(t, err)
	store := channeldb.NewPaymentControl(db)
	tower := routing.NewControlTower(store)
	sub, err := tower.SubscribeAllPayments()
	require.NoError(t, err)
	defer sub.Close()

	// next returns the status of the next update.
	next := func() channeldb.PaymentStatus {
		select {
		case update := <-sub.Updates():
			payment, ok := update.(*channeldb.MPPayment)
			require.True(t, ok)

			return payment.Status

		case <-time.After(wait.DefaultTimeout):
			require.Fail(t, "no update")
		}

		return 0
	}

	hash := lntypes.Hash{1}
	r := &rpcServer{server: &server{
		controlTower: tower, miscDB: db,
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
			hash, &channeldb.PaymentCreationInfo{
				PaymentIdentifier: hash,
			},
		)
		require.NoError(t, err)
		require.Equal(t, channeldb.StatusInitiated, next())

		// The control tower does not hear of this.
		_, err = store.Fail(hash, channeldb.FailureReasonError)
		require.NoError(t, err)

		require.NoError(t, remove())
		require.Equal(t, channeldb.StatusFailed, next())
		_, err = store.FetchPayment(hash)
		require.ErrorIs(t, err, channeldb.ErrPaymentNotInitiated)
	}
}
