package routing

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/stretchr/testify/require"
)

// scanCounter is a payments database that counts how often the payments in
// flight are read.
type scanCounter struct {
	paymentsdb.DB

	scans atomic.Int32

	// afterScan is called, if set, when the payments have been read but not
	// been returned yet.
	afterScan func()
}

// FetchInFlightPayments returns all payments with status InFlight.
func (s *scanCounter) FetchInFlightPayments() ([]*paymentsdb.MPPayment, error) {
	s.scans.Add(1)

	payments, err := s.DB.FetchInFlightPayments()
	if s.afterScan != nil {
		s.afterScan()
	}

	return payments, err
}

// towerTest is a control tower on a database of its own.
type towerTest struct {
	*testing.T
	ControlTower

	db *scanCounter
}

// newTowerTest creates a control tower without any payments.
func newTowerTest(t *testing.T) *towerTest {
	t.Helper()

	db, err := paymentsdb.NewKVStore(initDB(t))
	require.NoError(t, err)

	counter := &scanCounter{DB: db}

	return &towerTest{
		T: t, ControlTower: NewControlTower(counter), db: counter,
	}
}

// send creates a payment with one attempt in flight.
func (tt *towerTest) send() (lntypes.Hash, uint64, lntypes.Preimage) {
	tt.Helper()

	info, attempt, preimage, err := genInfo()
	require.NoError(tt, err)

	hash := info.PaymentIdentifier
	require.NoError(tt, tt.InitPayment(hash, info))
	require.NoError(tt, tt.RegisterAttempt(hash, attempt))

	return hash, attempt.AttemptID, preimage
}

// propose proposes a failure reason.
func (tt *towerTest) propose(hash lntypes.Hash,
	reason paymentsdb.FailureReason) {

	tt.Helper()

	require.NoError(tt, tt.FailPayment(hash, reason))
}

// fail fails an attempt.
func (tt *towerTest) fail(hash lntypes.Hash, attemptID uint64) {
	tt.Helper()

	_, err := tt.FailAttempt(
		hash, attemptID, &paymentsdb.HTLCFailInfo{
			Reason: paymentsdb.HTLCFailInternal,
		},
	)
	require.NoError(tt, err)
}

// all subscribes to all payments.
func (tt *towerTest) all() ControlTowerSubscriber {
	tt.Helper()

	sub, err := tt.SubscribeAllPayments()
	require.NoError(tt, err)
	tt.Cleanup(sub.Close)

	return sub
}

// requireUpdate asserts what the next update of the subscription is.
func (tt *towerTest) requireUpdate(sub ControlTowerSubscriber,
	hash lntypes.Hash, status paymentsdb.PaymentStatus,
	reason *paymentsdb.FailureReason) {

	tt.Helper()

	select {
	case item, ok := <-sub.Updates():
		require.True(tt, ok, "stream ended")

		payment, ok := item.(*paymentsdb.MPPayment)
		require.True(tt, ok)
		require.Equal(tt, hash, payment.Info.PaymentIdentifier)
		require.Equal(tt, status, payment.Status)
		require.Equal(tt, reason, payment.FailureReason)

	case <-time.After(testTimeout):
		require.Fail(tt, "no update", "want %v", status)
	}
}

// requireEnd asserts that the stream has ended.
func (tt *towerTest) requireEnd(sub ControlTowerSubscriber) {
	tt.Helper()

	select {
	case item, ok := <-sub.Updates():
		require.False(tt, ok, "unexpected update: %v", item)

	case <-time.After(testTimeout):
		require.Fail(tt, "stream did not end")
	}
}

// TestControlTowerAnnouncesFailureOnce asserts that proposals which come after
// the end of a payment, or change nothing before it, are not announced.
func TestControlTowerAnnouncesFailureOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	all := tt.all()

	hash, attemptID, _ := tt.send()
	one, err := tt.SubscribePayment(hash)
	require.NoError(t, err)
	defer one.Close()

	reason := paymentsdb.FailureReasonTimeout
	tt.propose(hash, reason)
	tt.propose(hash, reason)
	tt.propose(hash, paymentsdb.FailureReasonError)
	tt.fail(hash, attemptID)
	tt.propose(hash, reason)
	tt.propose(hash, paymentsdb.FailureReasonPaymentDetails)

	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)
	tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, nil)
	for _, sub := range []ControlTowerSubscriber{all, one} {
		if sub == one {
			tt.requireUpdate(
				sub, hash, paymentsdb.StatusInFlight, nil,
			)
		}
		tt.requireUpdate(sub, hash, paymentsdb.StatusInFlight, &reason)
		tt.requireUpdate(sub, hash, paymentsdb.StatusFailed, &reason)
	}
	tt.requireEnd(one)

	// The next update is that of the next payment.
	next, _, _ := tt.send()
	tt.requireUpdate(all, next, paymentsdb.StatusInitiated, nil)
}

// TestControlTowerAnnouncesSuccessOnce asserts that a payment which succeeds
// after its time ran out is announced once, without a reason.
func TestControlTowerAnnouncesSuccessOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	hash, attemptID, preimage := tt.send()
	reason := paymentsdb.FailureReasonTimeout
	tt.propose(hash, reason)

	// The subscription starts with what there is now.
	all := tt.all()
	tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, &reason)

	_, err := tt.SettleAttempt(
		hash, attemptID,
		&paymentsdb.HTLCSettleInfo{Preimage: preimage},
	)
	require.NoError(t, err)
	tt.propose(hash, reason)

	tt.requireUpdate(all, hash, paymentsdb.StatusSucceeded, nil)

	next, _, _ := tt.send()
	tt.requireUpdate(all, next, paymentsdb.StatusInitiated, nil)
}

// TestControlTowerAnnouncesEndItMissed asserts that the end of a payment which
// was committed while we got an error is announced as soon as it is noticed.
func TestControlTowerAnnouncesEndItMissed(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	reason := paymentsdb.FailureReasonTimeout
	settledHash, attemptID, preimage := tt.send()
	failedHash, failedID, _ := tt.send()
	tt.propose(failedHash, reason)

	// Play the database that does more than it says.
	_, err := tt.db.SettleAttempt(
		settledHash, attemptID,
		&paymentsdb.HTLCSettleInfo{Preimage: preimage},
	)
	require.NoError(t, err)
	_, err = tt.db.FailAttempt(
		failedHash, failedID,
		&paymentsdb.HTLCFailInfo{Reason: paymentsdb.HTLCFailInternal},
	)
	require.NoError(t, err)

	all := tt.all()
	for i := 0; i < 2; i++ {
		<-all.Updates()
	}

	one, err := tt.SubscribePayment(settledHash)
	require.NoError(t, err)
	defer one.Close()
	tt.requireUpdate(one, settledHash, paymentsdb.StatusSucceeded, nil)
	tt.requireEnd(one)
	tt.requireUpdate(all, settledHash, paymentsdb.StatusSucceeded, nil)

	tt.propose(failedHash, reason)
	tt.requireUpdate(all, failedHash, paymentsdb.StatusFailed, &reason)
}

// TestControlTowerReadsInFlightPaymentsOnce asserts that a subscription needs
// no database: the scan that the router makes when it starts serves them all.
func TestControlTowerReadsInFlightPaymentsOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	hash, _, _ := tt.send()

	// A new control tower knows nothing yet.
	tt.ControlTower = NewControlTower(tt.db)
	payments, err := tt.FetchInFlightPayments()
	require.NoError(t, err)
	require.Len(t, payments, 1)

	for i := 0; i < 3; i++ {
		tt.requireUpdate(
			tt.all(), hash, paymentsdb.StatusInFlight, nil,
		)
	}
	require.EqualValues(t, 1, tt.db.scans.Load())

	// Without a router, the first subscriber makes the scan.
	tt.ControlTower = NewControlTower(tt.db)
	for i := 0; i < 3; i++ {
		tt.requireUpdate(
			tt.all(), hash, paymentsdb.StatusInFlight, nil,
		)
	}
	require.EqualValues(t, 2, tt.db.scans.Load())
}

// TestControlTowerSnapshotMissesNoEnd asserts that a payment which would end
// while the payments in flight are being read ends after that: a subscriber
// gets it as part of the snapshot and then its terminal update.
func TestControlTowerSnapshotMissesNoEnd(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	hash, attemptID, preimage := tt.send()

	var (
		settled  = make(chan error, 1)
		finished = make(chan struct{})
	)
	tt.ControlTower = NewControlTower(tt.db)
	tt.db.afterScan = func() {
		go func() {
			defer close(finished)

			_, err := tt.SettleAttempt(
				hash, attemptID,
				&paymentsdb.HTLCSettleInfo{Preimage: preimage},
			)
			settled <- err
		}()

		// It must not get through, so there is nothing to wait for
		// unless it does.
		select {
		case <-finished:
		case <-time.After(200 * time.Millisecond):
		}
	}

	all := tt.all()
	tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, nil)
	tt.requireUpdate(all, hash, paymentsdb.StatusSucceeded, nil)
	require.NoError(t, <-settled)
}

// TestControlTowerSnapshotIsInOrder asserts that a subscriber gets the payments
// in flight in the order of their creation, with those of lnd's earlier runs.
func TestControlTowerSnapshotIsInOrder(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	var hashes []lntypes.Hash
	for i := 0; i < 5; i++ {
		hash, _, _ := tt.send()
		hashes = append(hashes, hash)
	}

	tt.ControlTower = NewControlTower(tt.db)
	all := tt.all()
	for _, hash := range hashes {
		tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, nil)
	}
}

// TestControlTowerAnnouncesAttemptAndReasonAtOnce asserts that there is nothing
// to see between the failure of an attempt and that of its payment.
func TestControlTowerAnnouncesAttemptAndReasonAtOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	all := tt.all()

	hash, attemptID, _ := tt.send()
	reason := paymentsdb.FailureReasonPaymentDetails
	attempt, err := tt.FailAttemptWithReason(
		hash, attemptID, &paymentsdb.HTLCFailInfo{
			Reason: paymentsdb.HTLCFailMessage,
		}, reason,
	)
	require.NoError(t, err)
	require.NotNil(t, attempt.Failure)

	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)
	tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, nil)
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)

	next, _, _ := tt.send()
	tt.requireUpdate(all, next, paymentsdb.StatusInitiated, nil)
}
