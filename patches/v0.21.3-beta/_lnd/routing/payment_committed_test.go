package routing

import (
	"sync/atomic"
	"testing"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/stretchr/testify/require"
)

// lossyDB is a database whose answers can be lost: it then commits and returns
// an error.
type lossyDB struct {
	kvdb.Backend

	lost atomic.Bool

	// blind is true if nothing can be read.
	blind atomic.Bool
}

// Update runs a read-write transaction.
func (l *lossyDB) Update(f func(kvdb.RwTx) error, reset func()) error {
	err := l.Backend.Update(f, reset)
	if err == nil && l.lost.Load() {
		return errDummy
	}

	return err
}

// View runs a read-only transaction.
func (l *lossyDB) View(f func(kvdb.RTx) error, reset func()) error {
	if l.blind.Load() {
		return errDummy
	}

	return l.Backend.View(f, reset)
}

// loseAnswers gives the control tower a database that can lose its answers.
func (tt *towerTest) loseAnswers() *lossyDB {
	tt.Helper()

	db := &lossyDB{Backend: initDB(tt.T)}
	store, err := paymentsdb.NewKVStore(db)
	require.NoError(tt, err)
	tt.db.DB = store

	return db
}

// TestControlTowerAnnouncesDespiteError asserts that what the database has
// committed is announced even if it has returned an error.
func TestControlTowerAnnouncesDespiteError(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	db := tt.loseAnswers()
	all := tt.all()
	reason := paymentsdb.FailureReasonTimeout
	failure := &paymentsdb.HTLCFailInfo{Reason: paymentsdb.HTLCFailInternal}

	// send creates a payment with an attempt in flight.
	send := func() (lntypes.Hash, uint64, lntypes.Preimage) {
		hash, id, preimage := tt.send()
		tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)
		tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, nil)

		return hash, id, preimage
	}

	// requireLost asserts that the change returns an error.
	requireLost := func(change func() error) {
		db.lost.Store(true)
		defer db.lost.Store(false)
		require.ErrorIs(t, change(), errDummy)
	}

	hash, id, preimage := send()
	requireLost(func() error {
		_, err := tt.SettleAttempt(
			t.Context(), hash, id,
			&paymentsdb.HTLCSettleInfo{Preimage: preimage},
		)

		return err
	})
	tt.requireUpdate(all, hash, paymentsdb.StatusSucceeded, nil)

	hash, id, _ = send()
	requireLost(func() error {
		_, err := tt.FailAttemptWithReason(
			t.Context(), hash, id, failure, reason,
		)

		return err
	})
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)

	// The last attempt of a payment that has been given up.
	hash, id, _ = send()
	requireLost(func() error {
		return tt.FailPayment(t.Context(), hash, reason)
	})
	tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, &reason)
	requireLost(func() error {
		_, err := tt.FailAttempt(t.Context(), hash, id, failure)

		return err
	})
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)

	// A payment that is given up when nothing is in flight any more.
	hash, id, _ = send()
	requireLost(func() error {
		_, err := tt.FailAttempt(t.Context(), hash, id, failure)

		return err
	})
	tt.requireUpdate(all, hash, paymentsdb.StatusInFlight, nil)
	requireLost(func() error {
		return tt.FailPayment(t.Context(), hash, reason)
	})
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)
}

// TestControlTowerAnnouncesEndBeforeRetry asserts that an end which could not
// be announced, because the database let us know nothing of it, is announced
// before the payment is retried.
func TestControlTowerAnnouncesEndBeforeRetry(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	db := tt.loseAnswers()
	all := tt.all()

	info, _, _, err := genInfo()
	require.NoError(t, err)
	hash := info.PaymentIdentifier
	require.NoError(t, tt.InitPayment(t.Context(), hash, info))
	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)

	reason := paymentsdb.FailureReasonTimeout
	fail := func() {
		db.lost.Store(true)
		db.blind.Store(true)
		err := tt.FailPayment(t.Context(), hash, reason)
		require.ErrorIs(t, err, errDummy)
		db.lost.Store(false)
		db.blind.Store(false)
	}

	nothing := func() error { return nil }

	fail()
	require.NoError(t, tt.DeletePayments(t.Context(), nothing))
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)
	require.NoError(t, tt.InitPayment(t.Context(), hash, info))
	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)

	// An end that is gone can't be announced, and is not waited for.
	fail()
	require.NoError(t, tt.db.DeletePayment(t.Context(), hash, false))
	require.NoError(t, tt.DeletePayments(t.Context(), nothing))
	later := tt.all()
	require.NoError(t, tt.InitPayment(t.Context(), hash, info))
	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)
	tt.requireUpdate(later, hash, paymentsdb.StatusInitiated, nil)

	fail()
	require.NoError(t, tt.InitPayment(t.Context(), hash, info))
	tt.requireUpdate(later, hash, paymentsdb.StatusFailed, &reason)
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)
	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)
}

// TestControlTowerLocksWhatIsDeleted asserts that nothing changes a payment
// from when its end has been announced until it has been deleted.
func TestControlTowerLocksWhatIsDeleted(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	hash, _, _ := tt.send()
	tower, ok := tt.ControlTower.(*controlTower)
	require.True(t, ok)

	err := tt.DeletePayment(t.Context(), hash, func() error {
		if tower.seedMtx.TryLock() {
			tower.seedMtx.Unlock()

			return errDummy
		}

		return nil
	})
	require.NoError(t, err)

	err = tt.DeletePayments(t.Context(), func() error {
		if tower.seedMtx.TryRLock() {
			tower.seedMtx.RUnlock()

			return errDummy
		}

		return nil
	})
	require.NoError(t, err)
}

// TestControlTowerAnnouncesWhatItFetches asserts that a start and an end which
// could not be announced, because the database let us know nothing of them, are
// announced when the payment is fetched, and that it is not retried before.
func TestControlTowerAnnouncesWhatItFetches(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	db := tt.loseAnswers()

	// The first payment reserves sequence numbers for the next ones.
	tt.send()
	all := tt.all()
	<-all.Updates()

	info, _, _, err := genInfo()
	require.NoError(t, err)
	hash := info.PaymentIdentifier
	db.blind.Store(true)
	db.lost.Store(true)
	require.ErrorIs(t, tt.InitPayment(t.Context(), hash, info), errDummy)
	db.blind.Store(false)
	_, err = tt.FetchPayment(t.Context(), hash)
	require.NoError(t, err)
	tt.requireUpdate(all, hash, paymentsdb.StatusInitiated, nil)

	reason := paymentsdb.FailureReasonTimeout
	db.blind.Store(true)
	require.ErrorIs(
		t, tt.FailPayment(t.Context(), hash, reason), errDummy,
	)
	db.lost.Store(false)
	require.ErrorIs(t, tt.InitPayment(t.Context(), hash, info), errDummy)
	db.blind.Store(false)
	_, err = tt.FetchPayment(t.Context(), hash)
	require.NoError(t, err)
	tt.requireUpdate(all, hash, paymentsdb.StatusFailed, &reason)
}

// refusingPayer is a switch that takes no HTLC, and after which the answers of
// the database are lost.
type refusingPayer struct {
	PaymentAttemptDispatcher

	db *lossyDB
}

// SendHTLC returns an error.
func (r refusingPayer) SendHTLC(lnwire.ShortChannelID, uint64,
	*lnwire.UpdateAddHTLC) error {

	r.db.lost.Store(true)

	return errDummy
}

// GetAttemptResult says that there is no such HTLC.
func (refusingPayer) GetAttemptResult(uint64, lntypes.Hash,
	htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult, error) {

	return nil, htlcswitch.ErrPaymentIDNotFound
}

// TestResumePaymentGoesOnDespiteError asserts that a lifecycle ends with its
// payment if the database has stored that the attempt could not be sent, and
// returned an error.
func TestResumePaymentGoesOnDespiteError(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	db := s.loseAnswers()
	cfg := s.router.cfg
	cfg.Control = s.ControlTower
	cfg.Payer = refusingPayer{db: db}
	cfg.Chain = newMockChain(0)
	cfg.SessionSource = &mockPaymentSessionSourceOld{
		routes: []*route.Route{s.route},
	}

	payment := &LightningPayment{Amount: 10_000, FeeLimit: 10_000}
	require.NoError(t, payment.SetPaymentHash(s.hash))
	_, _, err := s.router.SendPayment(t.Context(), payment)
	require.ErrorIs(t, err, paymentsdb.FailureReasonError)
}
