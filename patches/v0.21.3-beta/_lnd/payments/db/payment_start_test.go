package paymentsdb

import (
	"context"
	"errors"
	"testing"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/sqldb"
	"github.com/stretchr/testify/require"
)

// genPaymentStart returns a payment and the attempt that pays it in full.
func genPaymentStart(t *testing.T) (*PaymentCreationInfo, *HTLCAttemptInfo,
	lntypes.Preimage) {

	t.Helper()

	info, preimg := genInfo(t)
	attempt := genAttemptWithHash(
		t, 0, genSessionKey(t), info.PaymentIdentifier,
	)

	return info, attempt, preimg
}

// TestInitPaymentWithAttempt asserts that a payment that is initiated with its
// first attempt is the same as one that is initiated and then attempted.
func TestInitPaymentWithAttempt(t *testing.T) {
	t.Parallel()

	info, attempt, _ := genPaymentStart(t)

	db, _ := NewTestDB(t)
	payment, err := db.InitPaymentWithAttempt(
		t.Context(), info.PaymentIdentifier, info, attempt,
	)
	require.NoError(t, err)
	require.Equal(t, StatusInFlight, payment.Status)

	stored, err := db.FetchPayment(t.Context(), info.PaymentIdentifier)
	require.NoError(t, err)
	require.Equal(t, stored, payment)

	other, _ := NewTestDB(t)
	require.NoError(t, other.InitPayment(
		t.Context(), info.PaymentIdentifier, info,
	))
	want, err := other.RegisterAttempt(
		t.Context(), info.PaymentIdentifier, attempt,
	)
	require.NoError(t, err)
	require.Equal(t, want, payment)
}

// writeOnlyDB is a database that cannot be read.
type writeOnlyDB struct {
	BatchedSQLQueries
}

// ExecTx runs the transaction if it can write.
func (w *writeOnlyDB) ExecTx(ctx context.Context, opts sqldb.TxOptions,
	body func(SQLQueries) error, reset func()) error {

	if opts.ReadOnly() {
		return errors.New("not readable")
	}

	return w.BatchedSQLQueries.ExecTx(ctx, opts, body, reset)
}

// TestInitPaymentWithAttemptUnreadable asserts that no error is returned once
// the attempt is stored, so that it is sent.
func TestInitPaymentWithAttemptUnreadable(t *testing.T) {
	t.Parallel()

	db, _ := NewTestDB(t)
	store, ok := db.(*SQLStore)
	if !ok {
		t.Skip("a KVStore reads the payment in the same transaction")
	}
	readable := store.db
	store.db = &writeOnlyDB{readable}

	info, attempt, _ := genPaymentStart(t)
	payment, err := store.InitPaymentWithAttempt(
		t.Context(), info.PaymentIdentifier, info, attempt,
	)
	require.NoError(t, err)

	store.db = readable
	stored, err := store.FetchPayment(t.Context(), info.PaymentIdentifier)
	require.NoError(t, err)
	require.Equal(t, stored.SequenceNum, payment.SequenceNum)
	require.Equal(t, stored.Status, payment.Status)
	require.Equal(t, stored.State, payment.State)
	require.Len(t, payment.HTLCs, 1)
	require.Equal(
		t, stored.HTLCs[0].AttemptID, payment.HTLCs[0].AttemptID,
	)
}

// TestInitPaymentWithAttemptIsAtomic asserts that an attempt that is refused
// leaves no payment behind, and leaves an earlier one of the hash alone.
func TestInitPaymentWithAttemptIsAtomic(t *testing.T) {
	t.Parallel()

	db, _ := NewTestDB(t)
	info, attempt, _ := genPaymentStart(t)
	hash := info.PaymentIdentifier

	tooMuch, _, _ := genPaymentStart(t)
	tooMuch.PaymentIdentifier = hash
	tooMuch.Value = info.Value - 1

	_, err := db.InitPaymentWithAttempt(t.Context(), hash, tooMuch, attempt)
	require.ErrorIs(t, err, ErrValueExceedsAmt)

	_, err = db.FetchPayment(t.Context(), hash)
	require.ErrorIs(t, err, ErrPaymentNotInitiated)

	require.NoError(t, db.InitPayment(t.Context(), hash, info))
	failed, err := db.Fail(t.Context(), hash, FailureReasonNoRoute)
	require.NoError(t, err)

	_, err = db.InitPaymentWithAttempt(t.Context(), hash, tooMuch, attempt)
	require.ErrorIs(t, err, ErrValueExceedsAmt)

	stored, err := db.FetchPayment(t.Context(), hash)
	require.NoError(t, err)
	require.Equal(t, failed, stored)

	// A retry that is in order replaces it.
	payment, err := db.InitPaymentWithAttempt(
		t.Context(), hash, info, attempt,
	)
	require.NoError(t, err)
	require.Equal(t, StatusInFlight, payment.Status)
	require.Nil(t, payment.FailureReason)
	require.Len(t, payment.HTLCs, 1)
}

// TestInitPaymentWithAttemptRefused asserts that a payment that has not failed
// is neither initiated again nor attempted, and for the same reason as
// InitPayment refuses it.
func TestInitPaymentWithAttemptRefused(t *testing.T) {
	t.Parallel()

	db, _ := NewTestDB(t)
	info, attempt, preimg := genPaymentStart(t)
	hash := info.PaymentIdentifier

	requireRefused := func(want error) {
		t.Helper()

		before, err := db.FetchPayment(t.Context(), hash)
		require.NoError(t, err)

		second := *attempt
		second.AttemptID++
		_, err = db.InitPaymentWithAttempt(
			t.Context(), hash, info, &second,
		)
		require.ErrorIs(t, err, want)

		after, err := db.FetchPayment(t.Context(), hash)
		require.NoError(t, err)
		require.Equal(t, before, after)
	}

	require.NoError(t, db.InitPayment(t.Context(), hash, info))
	requireRefused(ErrPaymentExists)

	_, err := db.RegisterAttempt(t.Context(), hash, attempt)
	require.NoError(t, err)
	requireRefused(ErrPaymentInFlight)

	_, err = db.SettleAttempt(
		t.Context(), hash, attempt.AttemptID, &HTLCSettleInfo{
			Preimage: preimg,
		},
	)
	require.NoError(t, err)
	requireRefused(ErrAlreadyPaid)
}
