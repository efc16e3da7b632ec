package routing

import (
	"sync"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// towerTest is a control tower on a database of its own.
type towerTest struct {
	*testing.T
	ControlTower

	db *channeldb.DB
}

// newTowerTest creates a control tower without any payments.
func newTowerTest(t *testing.T) *towerTest {
	t.Helper()

	tt := &towerTest{T: t, db: initDB(t, false)}
	tt.restart()

	return tt
}

// restart makes the control tower a new one that knows no payments yet.
func (tt *towerTest) restart() {
	tt.ControlTower = NewControlTower(channeldb.NewPaymentControl(tt.db))
}

// initiate creates a payment without an attempt.
func (tt *towerTest) initiate() lntypes.Hash {
	tt.Helper()

	info, _, _, err := genInfo()
	require.NoError(tt, err)

	hash := info.PaymentIdentifier
	require.NoError(tt, tt.InitPayment(hash, info))

	return hash
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
	reason channeldb.FailureReason) {

	tt.Helper()

	require.NoError(tt, tt.FailPayment(hash, reason))
}

// fail fails an attempt.
func (tt *towerTest) fail(hash lntypes.Hash, attemptID uint64) {
	tt.Helper()

	_, err := tt.FailAttempt(
		hash, attemptID, &channeldb.HTLCFailInfo{
			Reason: channeldb.HTLCFailInternal,
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
	hash lntypes.Hash, status channeldb.PaymentStatus,
	reason *channeldb.FailureReason) {

	tt.Helper()

	select {
	case item, ok := <-sub.Updates():
		require.True(tt, ok, "stream ended")

		payment, ok := item.(*channeldb.MPPayment)
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

	reason := channeldb.FailureReasonTimeout
	tt.propose(hash, reason)
	tt.propose(hash, reason)
	tt.propose(hash, channeldb.FailureReasonError)
	tt.fail(hash, attemptID)
	tt.propose(hash, reason)
	tt.propose(hash, channeldb.FailureReasonPaymentDetails)

	tt.requireUpdate(all, hash, channeldb.StatusInitiated, nil)
	tt.requireUpdate(all, hash, channeldb.StatusInFlight, nil)
	for _, sub := range []ControlTowerSubscriber{all, one} {
		if sub == one {
			tt.requireUpdate(
				sub, hash, channeldb.StatusInFlight, nil,
			)
		}
		tt.requireUpdate(sub, hash, channeldb.StatusInFlight, &reason)
		tt.requireUpdate(sub, hash, channeldb.StatusFailed, &reason)
	}
	tt.requireEnd(one)

	// The next update is that of the next payment.
	next, _, _ := tt.send()
	tt.requireUpdate(all, next, channeldb.StatusInitiated, nil)
}

// TestControlTowerAnnouncesSuccessOnce asserts that a payment which succeeds
// after its time ran out is announced once, without a reason.
func TestControlTowerAnnouncesSuccessOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	hash, attemptID, preimage := tt.send()
	reason := channeldb.FailureReasonTimeout
	tt.propose(hash, reason)

	// The subscription starts with what there is now.
	all := tt.all()
	tt.requireUpdate(all, hash, channeldb.StatusInFlight, &reason)

	_, err := tt.SettleAttempt(
		hash, attemptID,
		&channeldb.HTLCSettleInfo{Preimage: preimage},
	)
	require.NoError(t, err)
	tt.propose(hash, reason)

	tt.requireUpdate(all, hash, channeldb.StatusSucceeded, nil)

	next, _, _ := tt.send()
	tt.requireUpdate(all, next, channeldb.StatusInitiated, nil)
}

// TestControlTowerAnnouncesEndItMissed asserts that the end of a payment which
// was committed while we got an error is announced as soon as it is noticed.
func TestControlTowerAnnouncesEndItMissed(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	reason := channeldb.FailureReasonTimeout
	settledHash, attemptID, preimage := tt.send()
	failedHash, failedID, _ := tt.send()
	tt.propose(failedHash, reason)

	// Play the database that does more than it says.
	db := channeldb.NewPaymentControl(tt.db)
	_, err := db.SettleAttempt(
		settledHash, attemptID,
		&channeldb.HTLCSettleInfo{Preimage: preimage},
	)
	require.NoError(t, err)
	_, err = db.FailAttempt(
		failedHash, failedID,
		&channeldb.HTLCFailInfo{Reason: channeldb.HTLCFailInternal},
	)
	require.NoError(t, err)

	all := tt.all()
	for i := 0; i < 2; i++ {
		<-all.Updates()
	}

	one, err := tt.SubscribePayment(settledHash)
	require.NoError(t, err)
	defer one.Close()
	tt.requireUpdate(one, settledHash, channeldb.StatusSucceeded, nil)
	tt.requireEnd(one)
	tt.requireUpdate(all, settledHash, channeldb.StatusSucceeded, nil)

	tt.propose(failedHash, reason)
	tt.requireUpdate(all, failedHash, channeldb.StatusFailed, &reason)
}

// remove ends and deletes a payment behind the control tower's back.
func (tt *towerTest) remove(hash lntypes.Hash) {
	tt.Helper()

	_, err := channeldb.NewPaymentControl(tt.db).Fail(
		hash, channeldb.FailureReasonError,
	)
	require.NoError(tt, err)
	require.NoError(tt, tt.db.DeletePayment(hash, false))
}

// TestControlTowerReadsInFlightPaymentsOnce asserts that a subscription needs
// no database: the scan that the router makes when it starts serves them all.
func TestControlTowerReadsInFlightPaymentsOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	hash := tt.initiate()

	tt.restart()
	payments, err := tt.FetchInFlightPayments()
	require.NoError(t, err)
	require.Len(t, payments, 1)

	// Take the payment from the database behind the control tower's back.
	// It is told to a subscriber nevertheless, so the database isn't read.
	tt.remove(hash)
	for i := 0; i < 3; i++ {
		tt.requireUpdate(
			tt.all(), hash, channeldb.StatusInitiated, nil,
		)
	}

	// Without a router, the first subscriber makes the scan.
	hash = tt.initiate()
	tt.restart()
	tt.requireUpdate(tt.all(), hash, channeldb.StatusInitiated, nil)

	tt.remove(hash)
	tt.requireUpdate(tt.all(), hash, channeldb.StatusInitiated, nil)
}

// TestControlTowerSnapshotMissesNoEnd asserts what a subscriber gets of a
// payment which ends while the payments in flight are being read: either the
// terminal update, with or without the snapshot that it supersedes, or nothing
// since it has ended before.
func TestControlTowerSnapshotMissesNoEnd(t *testing.T) {
	t.Parallel()

	// With this many payments reading them takes longer than settling one.
	const numPayments, numRounds = 10_000, 5

	tt := newTowerTest(t)
	var wg sync.WaitGroup
	for i := 0; i < numPayments; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			tt.initiate()
		}()
	}
	wg.Wait()

	for i := 0; i < numRounds; i++ {
		require.Contains(t, [][]channeldb.PaymentStatus{
			nil,
			{channeldb.StatusSucceeded},
			{channeldb.StatusInFlight, channeldb.StatusSucceeded},
		}, tt.settleWhileReading())
	}
}

// settleWhileReading settles a payment while a new control tower reads the
// payments in flight, and returns the updates that its subscriber gets.
func (tt *towerTest) settleWhileReading() []channeldb.PaymentStatus {
	tt.Helper()

	hash, attemptID, preimage := tt.send()
	tt.restart()

	settled := make(chan error, 1)
	go func() {
		_, err := tt.SettleAttempt(
			hash, attemptID,
			&channeldb.HTLCSettleInfo{Preimage: preimage},
		)
		settled <- err
	}()

	all := tt.all()
	require.NoError(tt, <-settled)

	// A further payment shows that no update is left out.
	last := tt.initiate()
	var got []channeldb.PaymentStatus
	for {
		payment, ok := (<-all.Updates()).(*channeldb.MPPayment)
		require.True(tt, ok)

		switch payment.Info.PaymentIdentifier {
		case last:
			return got
		case hash:
			got = append(got, payment.Status)
		}
	}
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

	tt.restart()
	all := tt.all()
	for _, hash := range hashes {
		tt.requireUpdate(all, hash, channeldb.StatusInFlight, nil)
	}
}

// TestControlTowerAnnouncesAttemptAndReasonAtOnce asserts that there is nothing
// to see between the failure of an attempt and that of its payment.
func TestControlTowerAnnouncesAttemptAndReasonAtOnce(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	all := tt.all()

	hash, attemptID, _ := tt.send()
	reason := channeldb.FailureReasonPaymentDetails
	attempt, err := tt.FailAttemptWithReason(
		hash, attemptID, &channeldb.HTLCFailInfo{
			Reason: channeldb.HTLCFailMessage,
		}, reason,
	)
	require.NoError(t, err)
	require.NotNil(t, attempt.Failure)

	tt.requireUpdate(all, hash, channeldb.StatusInitiated, nil)
	tt.requireUpdate(all, hash, channeldb.StatusInFlight, nil)
	tt.requireUpdate(all, hash, channeldb.StatusFailed, &reason)

	next, _, _ := tt.send()
	tt.requireUpdate(all, next, channeldb.StatusInitiated, nil)
}
