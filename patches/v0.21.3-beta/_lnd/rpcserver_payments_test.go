package lnd

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"
)

// TestDeletedPaymentIsNotTracked asserts that whoever tracks a payment does not
// wait for its end when it is deleted over RPC before its first attempt.
func TestDeletedPaymentIsNotTracked(t *testing.T) {
	t.Parallel()

	ctx, hash := t.Context(), lntypes.Hash{1}
	for name, deletePayment := range map[string]func(*rpcServer) error{
		"one": func(r *rpcServer) error {
			_, err := r.DeletePayment(
				ctx, &lnrpc.DeletePaymentRequest{
					PaymentHash: hash[:],
				},
			)

			return err
		},
		"all": func(r *rpcServer) error {
			_, err := r.DeleteAllPayments(
				ctx, &lnrpc.DeleteAllPaymentsRequest{
					AllPayments: true,
				},
			)

			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := paymentsdb.NewTestDB(t)
			tower := routing.NewControlTower(db)
			r := &rpcServer{server: &server{
				paymentsDB: db, controlTower: tower,
			}}

			require.NoError(t, tower.InitPayment(
				ctx, hash, &paymentsdb.PaymentCreationInfo{
					PaymentIdentifier: hash,
					Value:             1000,
					CreationTime:      time.Unix(1, 0),
				},
			))
			sub, err := tower.SubscribePayment(hash)
			require.NoError(t, err)
			defer sub.Close()
			<-sub.Updates()

			require.NoError(t, deletePayment(r))

			select {
			case _, ok := <-sub.Updates():
				require.False(t, ok, "an update after the end")

			case <-time.After(10 * time.Second):
				require.Fail(t, "still tracked")
			}
		})
	}
}
