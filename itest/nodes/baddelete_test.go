//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// deletePayment is bad input to DeletePayment: a hash.
func deletePayment(hash func(*badInput) []byte, htlcsOnly bool) func(*badInput,
	context.Context) (string, error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		defer b.requireKept(ctx)

		_, err := b.net.Sender.Lightning.DeletePayment(
			ctx, &lnrpc.DeletePaymentRequest{
				PaymentHash:     hash(b),
				FailedHtlcsOnly: htlcsOnly,
			},
		)

		return "deleted", err
	}
}

// deleteAll is input to DeleteAllPayments.
func deleteAll(request *lnrpc.DeleteAllPaymentsRequest) func(*badInput,
	context.Context) (string, error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		defer b.requireKept(ctx)

		_, err := b.net.Sender.Lightning.DeleteAllPayments(ctx, request)

		return "deleted", err
	}
}

// requireKept checks that the payments that have succeeded and are in flight
// are still there, as they were.
func (b *badInput) requireKept(ctx context.Context) {
	b.Helper()

	listed, err := list(ctx, b.net.Sender)
	require.NoError(b, err)
	found := make(map[string]lnrpc.Payment_PaymentStatus)
	for _, p := range listed {
		found[p.PaymentHash] = p.Status
	}
	for _, want := range []struct {
		hash   []byte
		status lnrpc.Payment_PaymentStatus
	}{
		{b.paid, lnrpc.Payment_SUCCEEDED},
		{b.held, lnrpc.Payment_IN_FLIGHT},
	} {
		hash := hex.EncodeToString(want.hash)
		require.Contains(b, found, hash, "a payment was deleted")
		require.Equal(b, want.status, found[hash])
	}
}

// bytesOf returns a hash of some length.
func bytesOf(length int) func(*badInput) []byte {
	return func(*badInput) []byte { return make([]byte, length) }
}

// hashHeld returns the hash of the payment in flight.
func hashHeld(b *badInput) []byte { return b.held }

// stockSays is what stock says instead, by the names of the cases. Only its
// key-value store does: its SQL stores say what we say on every store.
var stockSays = map[string]string{
	"delete what does not exist":          noBucket,
	"delete HTLCs of what does not exist": noBucket,
}

// noBucket is how lnd's key-value store says that it has no such payment.
const noBucket = "non bucket element in payments bucket"

// Input about deletions.
var badDeletes = []badCase{
	{"delete no hash", deletePayment(bytesOf(0), false),
		"invalid hash length of 0, want 32"},
	{"delete a short hash", deletePayment(bytesOf(5), false),
		"invalid hash length of 5, want 32"},
	{"delete what does not exist", deletePayment(bytesOf(32), false),
		"payment isn't initiated"},
	{"delete HTLCs of what does not exist", deletePayment(
		bytesOf(32), true,
	), "payment isn't initiated"},
	{"delete what is in flight", deletePayment(hashHeld, false),
		"cannot be deleted"},
	{"delete HTLCs of what is in flight", deletePayment(hashHeld, true),
		"cannot be deleted"},
	{"delete all, but not what", deleteAll(
		&lnrpc.DeleteAllPaymentsRequest{},
	), "at least one of the options"},
	{"delete all, and less", deleteAll(&lnrpc.DeleteAllPaymentsRequest{
		AllPayments: true, FailedPaymentsOnly: true,
	}), "cannot be set to true"},
	{"delete all failed HTLCs", deleteAll(&lnrpc.DeleteAllPaymentsRequest{
		FailedPaymentsOnly: true, FailedHtlcsOnly: true,
	}), "deleted"},
}
