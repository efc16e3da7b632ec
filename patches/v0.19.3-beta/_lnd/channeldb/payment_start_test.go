package channeldb

import (
	"testing"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// genPaymentStart returns a payment and the attempt that pays it in full.
func genPaymentStart(t *testing.T) (*PaymentCreationInfo, *HTLCAttemptInfo,
	lntypes.Preimage) {

	t.Helper()

	info, attempt, preimg, err := genInfo(t)
	require.NoError(t, err)

	return info, attempt, preimg
}

// newPaymentStartDB creates a database without any payments.
func newPaymentStartDB(t *testing.T) *PaymentControl {
	t.Helper()

	db, err := MakeTestDB(t)
	require.NoError(t, err)

	return NewPaymentControl(db)
}

// TestInitPaymentWithAttempt asserts that a payment that is initiated with its
// first attempt is the same as one that is initiated and then attempted.
func TestInitPaymentWithAttempt(t *testing.T) {
	t.Parallel()

	info, attempt, _ := genPaymentStart(t)

	db := newPaymentStartDB(t)
	payment, err := db.InitPaymentWithAttempt(
		info.PaymentIdentifier, info, attempt,
	)
	require.NoError(t, err)
	require.Equal(t, StatusInFlight, payment.Status)

	stored, err := db.FetchPayment(info.PaymentIdentifier)
	require.NoError(t, err)
	require.Equal(t, stored, payment)

	other := newPaymentStartDB(t)
	require.NoError(t, other.InitPayment(info.PaymentIdentifier, info))
	want, err := other.RegisterAttempt(info.PaymentIdentifier, attempt)
	require.NoError(t, err)
	require.Equal(t, want, payment)
}

// TestInitPaymentWithAttemptIsAtomic asserts that an attempt that is refused
// leaves no payment behind, and leaves an earlier one of the hash alone.
func TestInitPaymentWithAttemptIsAtomic(t *testing.T) {
	t.Parallel()

	db := newPaymentStartDB(t)
	info, attempt, _ := genPaymentStart(t)
	hash := info.PaymentIdentifier

	tooMuch, _, _ := genPaymentStart(t)
	tooMuch.PaymentIdentifier = hash
	tooMuch.Value = info.Value - 1

	_, err := db.InitPaymentWithAttempt(hash, tooMuch, attempt)
	require.ErrorIs(t, err, ErrValueExceedsAmt)

	_, err = db.FetchPayment(hash)
	require.ErrorIs(t, err, ErrPaymentNotInitiated)

	require.NoError(t, db.InitPayment(hash, info))
	failed, err := db.Fail(hash, FailureReasonNoRoute)
	require.NoError(t, err)

	_, err = db.InitPaymentWithAttempt(hash, tooMuch, attempt)
	require.ErrorIs(t, err, ErrValueExceedsAmt)

	stored, err := db.FetchPayment(hash)
	require.NoError(t, err)
	require.Equal(t, failed, stored)

	// A retry that is in order replaces it.
	payment, err := db.InitPaymentWithAttempt(hash, info, attempt)
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

	db := newPaymentStartDB(t)
	info, attempt, preimg := genPaymentStart(t)
	hash := info.PaymentIdentifier

	requireRefused := func(want error) {
		t.Helper()

		before, err := db.FetchPayment(hash)
		require.NoError(t, err)

		second := *attempt
		second.AttemptID++
		_, err = db.InitPaymentWithAttempt(hash, info, &second)
		require.ErrorIs(t, err, want)

		after, err := db.FetchPayment(hash)
		require.NoError(t, err)
		require.Equal(t, before, after)
	}

	require.NoError(t, db.InitPayment(hash, info))
	requireRefused(ErrPaymentExists)

	_, err := db.RegisterAttempt(hash, attempt)
	require.NoError(t, err)
	requireRefused(ErrPaymentInFlight)

	_, err = db.SettleAttempt(
		hash, attempt.AttemptID, &HTLCSettleInfo{Preimage: preimg},
	)
	require.NoError(t, err)
	requireRefused(ErrAlreadyPaid)
}
