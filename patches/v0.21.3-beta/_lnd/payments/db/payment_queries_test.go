package paymentsdb

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb/querycount"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/record"
	"github.com/stretchr/testify/require"
)

// TestPaymentQueries asserts how many queries the two write transactions of a
// payment take that is started and fails.
func TestPaymentQueries(t *testing.T) {
	t.Parallel()

	backend, cleanup, err := kvdb.GetTestBackend(t.TempDir(), "payments")
	require.NoError(t, err)
	t.Cleanup(cleanup)

	counted := &querycount.DB{Backend: backend}
	db, err := NewKVStore(counted)
	require.NoError(t, err)

	// The first payment reserves the sequence numbers.
	for range 2 {
		counted.Queries = 0
		info, attempt, _ := genPaymentStart(t)
		_, err := db.InitPaymentWithAttempt(
			t.Context(), info.PaymentIdentifier, info, attempt,
		)
		require.NoError(t, err)

		_, err = db.FailAttemptWithReason(
			t.Context(), info.PaymentIdentifier, attempt.AttemptID,
			&HTLCFailInfo{}, FailureReasonError, false,
		)
		require.NoError(t, err)
	}
	require.LessOrEqual(t, counted.Queries, 20)
}

// TestReturnedPaymentIsStored asserts that whatever changes a payment returns
// it as it is read afterwards.
func TestReturnedPaymentIsStored(t *testing.T) {
	t.Parallel()

	db, _ := NewTestDB(t)
	ctx := t.Context()
	info, _, preimage := genPaymentStart(t)
	info.CreationTime = time.Now()
	hash := info.PaymentIdentifier

	// check takes what a change has returned.
	check := func(payment *MPPayment, err error) {
		t.Helper()

		require.NoError(t, err)
		stored, err := db.FetchPayment(ctx, hash)
		require.NoError(t, err)
		require.Equal(t, stored, payment)
	}

	// attempt returns one of three parts of the payment.
	attempt := func(id uint64) *HTLCAttemptInfo {
		shard := genAttemptWithHash(t, id, genSessionKey(t), hash)
		shard.Route.FinalHop().AmtToForward = info.Value / 3
		shard.Route.FinalHop().MPP = record.NewMPP(
			info.Value, [32]byte{1},
		)

		return shard
	}
	failed := &HTLCFailInfo{
		FailTime: time.Now(), Reason: HTLCFailMessage,
		Message:            &lnwire.FailTemporaryNodeFailure{},
		FailureSourceIndex: 1,
	}
	settled := &HTLCSettleInfo{
		Preimage: preimage, SettleTime: time.Now(),
	}

	require.NoError(t, db.InitPayment(ctx, hash, info))
	check(db.Fail(ctx, hash, FailureReasonNoRoute))

	// It is tried again, with attempts that come out of order.
	check(db.InitPaymentWithAttempt(ctx, hash, info, attempt(5)))
	check(db.RegisterAttempt(ctx, hash, attempt(7)))
	check(db.RegisterAttempt(ctx, hash, attempt(3)))
	check(db.FailAttempt(ctx, hash, 5, failed))
	// A key-value store takes an attempt again.
	if _, ok := db.(*KVStore); ok {
		check(db.RegisterAttempt(ctx, hash, attempt(5)))
	}
	check(db.RegisterAttempt(ctx, hash, attempt(4)))

	// Of the reasons, some are more specific than the one before.
	check(db.Fail(ctx, hash, FailureReasonError))
	check(db.Fail(ctx, hash, FailureReasonTimeout))
	check(db.Fail(ctx, hash, FailureReasonError))
	check(db.FailAttemptWithReason(
		ctx, hash, 3, failed, FailureReasonCanceled, false,
	))
	check(db.FailAttemptWithReason(
		ctx, hash, 4, failed, FailureReasonPaymentDetails, false,
	))

	// None is left once an attempt has settled.
	check(db.SettleAttempt(ctx, hash, 7, settled))

	// The next payment succeeds in part before all has failed that will.
	info, _, preimage = genPaymentStart(t)
	hash = info.PaymentIdentifier
	settled.Preimage = preimage
	check(db.InitPaymentWithAttempt(ctx, hash, info, attempt(10)))
	check(db.RegisterAttempt(ctx, hash, attempt(11)))
	check(db.SettleAttempt(ctx, hash, 10, settled))
	check(db.FailAttemptWithReason(
		ctx, hash, 11, failed, FailureReasonError, false,
	))

	// The last one fails at its only attempt, twice.
	info, _, _ = genPaymentStart(t)
	hash = info.PaymentIdentifier
	for id := uint64(20); id < 22; id++ {
		check(db.InitPaymentWithAttempt(ctx, hash, info, attempt(id)))
		check(db.FailAttemptWithReason(
			ctx, hash, id, failed, FailureReasonError, false,
		))
	}
}

// TestAttemptIsResolvedOnce asserts that an attempt which has failed or settled
// does neither again, and that the payment stays as it is.
func TestAttemptIsResolvedOnce(t *testing.T) {
	t.Parallel()

	db, _ := NewTestDB(t)
	ctx := t.Context()
	info, _, preimage := genPaymentStart(t)
	hash := info.PaymentIdentifier
	failed := &HTLCFailInfo{Reason: HTLCFailUnreadable}
	settled := &HTLCSettleInfo{Preimage: preimage}

	// A third part keeps the payment from ending.
	require.NoError(t, db.InitPayment(ctx, hash, info))
	for id := uint64(1); id <= 3; id++ {
		shard := genAttemptWithHash(t, id, genSessionKey(t), hash)
		shard.Route.FinalHop().AmtToForward = info.Value / 3
		shard.Route.FinalHop().MPP = record.NewMPP(
			info.Value, [32]byte{1},
		)
		_, err := db.RegisterAttempt(ctx, hash, shard)
		require.NoError(t, err)
	}
	_, err := db.FailAttempt(ctx, hash, 1, failed)
	require.NoError(t, err)
	_, err = db.SettleAttempt(ctx, hash, 2, settled)
	require.NoError(t, err)
	before, err := db.FetchPayment(ctx, hash)
	require.NoError(t, err)

	for id, refusal := range map[uint64]error{
		1: ErrAttemptAlreadyFailed, 2: ErrAttemptAlreadySettled,
	} {
		_, err := db.FailAttempt(ctx, hash, id, failed)
		requireRefusal(t, db, err, refusal)
		_, err = db.SettleAttempt(ctx, hash, id, settled)
		requireRefusal(t, db, err, refusal)
	}

	after, err := db.FetchPayment(ctx, hash)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// requireRefusal asserts that the store has refused a change. In SQL it is a
// constraint that does.
func requireRefusal(t *testing.T, db DB, err, refusal error) {
	t.Helper()

	if _, ok := db.(*KVStore); ok {
		require.ErrorIs(t, err, refusal)
	}
	require.Error(t, err)
}
