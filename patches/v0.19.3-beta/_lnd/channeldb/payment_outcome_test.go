package channeldb

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/record"
	"github.com/stretchr/testify/require"
)

// outcomeTest is a payment of two shards that outcome tests play with.
type outcomeTest struct {
	*testing.T

	db     *PaymentControl
	hash   lntypes.Hash
	preimg lntypes.Preimage
}

// newOutcomeTest creates a payment with as many shards in flight, two at most.
func newOutcomeTest(t *testing.T, numShards uint64) *outcomeTest {
	t.Helper()

	backend, err := MakeTestDB(t)
	require.NoError(t, err)
	db := NewPaymentControl(backend)

	info, attempt, preimg, err := genInfo(t)
	require.NoError(t, err)

	o := &outcomeTest{
		T: t, db: db, hash: info.PaymentIdentifier, preimg: preimg,
	}

	require.NoError(t, db.InitPayment(o.hash, info))

	hop := attempt.Route.FinalHop()
	hop.AmtToForward = info.Value / 2
	hop.MPP = record.NewMPP(info.Value, [32]byte{1})

	for id := uint64(0); id < numShards; id++ {
		shard := *attempt
		shard.AttemptID = id
		_, err := db.RegisterAttempt(o.hash, &shard)
		require.NoError(t, err)
	}

	return o
}

// propose proposes a failure reason, which is never an error.
func (o *outcomeTest) propose(reason FailureReason) *MPPayment {
	o.Helper()

	payment, err := o.db.Fail(o.hash, reason)
	require.NoError(o, err)

	return payment
}

// fail fails a shard.
func (o *outcomeTest) fail(id uint64) {
	o.Helper()

	_, err := o.db.FailAttempt(o.hash, id, &HTLCFailInfo{
		Reason: HTLCFailUnreadable, FailTime: time.Unix(1, 0),
	})
	require.NoError(o, err)
}

// settle settles a shard and returns the payment as its subscribers get it.
func (o *outcomeTest) settle(id uint64) *MPPayment {
	o.Helper()

	payment, err := o.db.SettleAttempt(
		o.hash, id, &HTLCSettleInfo{
			Preimage: o.preimg, SettleTime: time.Unix(1, 0),
		},
	)
	require.NoError(o, err)

	return payment
}

// requireOutcome asserts what the database holds.
func (o *outcomeTest) requireOutcome(status PaymentStatus,
	reason *FailureReason) {

	o.Helper()

	payment, err := o.db.FetchPayment(o.hash)
	require.NoError(o, err)
	require.Equal(o, status, payment.Status)
	require.Equal(o, reason, payment.FailureReason)
}

// reasonPtr returns a pointer to the reason.
func reasonPtr(reason FailureReason) *FailureReason {
	return &reason
}

// TestFailKeepsMostSpecificReason asserts that a payment ends with the most
// specific reason that was proposed while it had HTLCs in flight, in whatever
// order.
func TestFailKeepsMostSpecificReason(t *testing.T) {
	t.Parallel()

	ascending := []FailureReason{
		FailureReasonError, FailureReasonCanceled, FailureReasonTimeout,
		FailureReasonNoRoute, FailureReasonInsufficientBalance,
		FailureReasonPaymentDetails,
	}
	for i := 1; i < len(ascending); i++ {
		less, more := ascending[i-1], ascending[i]

		o := newOutcomeTest(t, 1)
		o.propose(less)
		o.propose(more)
		o.fail(0)
		o.requireOutcome(StatusFailed, &more)

		o = newOutcomeTest(t, 1)
		o.propose(more)
		o.propose(less)
		o.fail(0)
		o.requireOutcome(StatusFailed, &more)
	}
}

// TestFailLeavesFailedPaymentAlone asserts that a payment that has failed keeps
// its reason, even if a more specific one comes late.
func TestFailLeavesFailedPaymentAlone(t *testing.T) {
	t.Parallel()

	reason := FailureReasonTimeout

	o := newOutcomeTest(t, 1)
	o.propose(reason)
	o.fail(0)

	payment := o.propose(FailureReasonPaymentDetails)
	require.Equal(t, StatusFailed, payment.Status)
	require.Equal(t, &reason, payment.FailureReason)
	o.requireOutcome(StatusFailed, &reason)

	// A payment without any attempt ends with the first proposal.
	o = newOutcomeTest(t, 0)
	o.propose(reason)
	o.propose(FailureReasonPaymentDetails)
	o.requireOutcome(StatusFailed, &reason)
}

// TestFailLeavesSettledPaymentAlone asserts that a payment accepts no reason
// once one of its HTLCs has settled, whether others are in flight or not.
func TestFailLeavesSettledPaymentAlone(t *testing.T) {
	t.Parallel()

	o := newOutcomeTest(t, 2)
	o.settle(0)
	o.propose(FailureReasonPaymentDetails)
	o.requireOutcome(StatusInFlight, nil)

	o.fail(1)
	payment := o.propose(FailureReasonTimeout)
	require.Equal(t, StatusSucceeded, payment.Status)
	require.Nil(t, payment.FailureReason)
	o.requireOutcome(StatusSucceeded, nil)
}

// TestSettleErasesReason asserts that a reason that was proposed earlier is
// gone with the settle that shows that the payment succeeds.
func TestSettleErasesReason(t *testing.T) {
	t.Parallel()

	o := newOutcomeTest(t, 2)
	o.propose(FailureReasonTimeout)
	o.fail(0)
	o.requireOutcome(StatusInFlight, reasonPtr(FailureReasonTimeout))

	payment := o.settle(1)
	require.Equal(t, StatusSucceeded, payment.Status)
	require.Nil(t, payment.FailureReason)
	require.False(t, payment.State.PaymentFailed)
	o.requireOutcome(StatusSucceeded, nil)
}

// TestRetryHasReasonOfItsOwn asserts that a retry starts without the reason of
// the payment before it, and accepts any.
func TestRetryHasReasonOfItsOwn(t *testing.T) {
	t.Parallel()

	o := newOutcomeTest(t, 0)
	o.propose(FailureReasonPaymentDetails)

	payment, err := o.db.FetchPayment(o.hash)
	require.NoError(t, err)
	require.NoError(t, o.db.InitPayment(o.hash, payment.Info))
	o.requireOutcome(StatusInitiated, nil)

	o.propose(FailureReasonError)
	o.requireOutcome(StatusFailed, reasonPtr(FailureReasonError))
}
