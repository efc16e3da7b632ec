package routing

import (
	"sync/atomic"
	"testing"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lnwire"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/stretchr/testify/require"
)

// commitCounter is a database that counts its commits. It has no batches, so
// that each transaction has a commit of its own.
type commitCounter struct {
	kvdb.Backend

	commits atomic.Int32
}

// Update runs a read-write transaction. It is counted before it is committed,
// so that whoever reads what it has stored finds it counted.
func (c *commitCounter) Update(f func(kvdb.RwTx) error, reset func()) error {
	return c.Backend.Update(func(tx kvdb.RwTx) error {
		err := f(tx)
		if err == nil {
			c.commits.Add(1)
		}

		return err
	}, reset)
}

// commitTest is a router whose commits are counted. All its HTLCs have their
// result at once.
type commitTest struct {
	*startTest

	db *commitCounter

	// results are what the next HTLCs come back with, nil if they settle.
	results []htlcswitch.ClearTextError
}

// newCommitTest creates a router that has made a payment already, which took
// the commit that reserves a thousand payment indexes.
func newCommitTest(t *testing.T, keepFailed bool) *commitTest {
	t.Helper()

	db := &commitCounter{Backend: initDB(t)}
	store, err := paymentsdb.NewKVStore(
		db, paymentsdb.WithKeepFailedPaymentAttempts(keepFailed),
	)
	require.NoError(t, err)

	c := &commitTest{startTest: newStartTest(t), db: db}
	c.ControlTower = NewControlTower(store)

	var lastID uint64
	cfg := c.router.cfg
	cfg.Control = c.ControlTower
	cfg.Chain = newMockChain(0)
	cfg.MissionControl = &mockMissionControlOld{}
	cfg.ApplyChannelUpdate = func(*lnwire.ChannelUpdate1) bool {
		return true
	}
	cfg.NextPaymentID = func() (uint64, error) {
		lastID++
		return lastID, nil
	}
	cfg.Payer = &mockPaymentAttemptDispatcherOld{
		onPayment: func(lnwire.ShortChannelID) ([32]byte, error) {
			result := c.results[0]
			c.results = c.results[1:]
			if result != nil {
				return [32]byte{}, result
			}

			return [32]byte{1}, nil
		},
	}
	cfg.SessionSource = &mockPaymentSessionSourceOld{
		routes: []*route.Route{
			c.route.Copy(), c.route.Copy(), c.route.Copy(),
		},
	}

	c.results = []htlcswitch.ClearTextError{nil}
	require.NoError(t, c.sendToRoute())

	return c
}

// commits returns how many commits a payment takes whose HTLCs have these
// results.
func (c *commitTest) commits(send func() error,
	results ...htlcswitch.ClearTextError) int {

	c.Helper()

	c.hash[0]++
	c.results = results
	before := c.db.commits.Load()

	err := send()
	require.Equal(c, results[len(results)-1] == nil, err == nil, err)
	require.Empty(c, c.results)

	payment, err := c.FetchPayment(c.hash)
	require.NoError(c, err)
	require.True(c, payment.Terminated())

	return int(c.db.commits.Load() - before)
}

// sendPayment makes a payment with routes that are given.
func (c *commitTest) sendPayment() error {
	payment := &LightningPayment{Amount: 10_000, FeeLimit: 10_000}
	if err := payment.SetPaymentHash(c.hash); err != nil {
		return err
	}
	_, _, err := c.router.SendPayment(payment)

	return err
}

// TestPaymentCommits asserts how many durable commits a payment takes: one
// before its HTLC leaves and one for the result, and one more for SendPayment,
// which initiates a payment before it has a route.
func TestPaymentCommits(t *testing.T) {
	t.Parallel()

	rejected := htlcswitch.NewForwardingError(
		&lnwire.FailIncorrectDetails{}, 2,
	)
	retryable := htlcswitch.NewForwardingError(
		&lnwire.FailTemporaryChannelFailure{}, 1,
	)

	for _, keepFailed := range []bool{false, true} {
		c := newCommitTest(t, keepFailed)
		require.Equal(t, 2, c.commits(c.sendToRoute, nil))
		require.Equal(t, 2, c.commits(c.sendToRoute, rejected))
		require.Equal(t, 3, c.commits(c.sendPayment, nil))
		require.Equal(t, 3, c.commits(c.sendPayment, rejected))
		require.Equal(t, 7, c.commits(
			c.sendPayment, retryable, retryable, rejected,
		))
	}
}

// TestFailedAttemptsDeletedWithLast asserts that the failed attempts of a
// payment are deleted in the commit that fails the last of them, if they are to
// be, while subscribers still get them with the payment's end.
func TestFailedAttemptsDeletedWithLast(t *testing.T) {
	t.Parallel()

	rejected := htlcswitch.NewForwardingError(
		&lnwire.FailIncorrectDetails{}, 2,
	)
	retryable := htlcswitch.NewForwardingError(
		&lnwire.FailTemporaryChannelFailure{}, 1,
	)

	// numAttempts returns the attempts that are stored and that are told.
	numAttempts := func(c *commitTest, send func() error,
		results ...htlcswitch.ClearTextError) (int, int) {

		all, err := c.SubscribeAllPayments()
		require.NoError(t, err)
		defer all.Close()

		c.commits(send, results...)
		stored, err := c.FetchPayment(c.hash)
		require.NoError(t, err)

		for {
			told := requireReceive(t, all.Updates()).(*paymentsdb.
				MPPayment)
			if told.Terminated() {
				return len(stored.GetHTLCs()), len(told.HTLCs)
			}
		}
	}

	c := newCommitTest(t, false)
	stored, told := numAttempts(c, c.sendPayment, retryable, rejected)
	require.Equal(t, 0, stored)
	require.Equal(t, 2, told)

	// Those of a payment that succeeds are deleted afterwards.
	stored, told = numAttempts(c, c.sendPayment, retryable, nil)
	require.Equal(t, 1, stored)
	require.Equal(t, 2, told)

	// SendToRoute leaves what to do with them to its caller.
	stored, told = numAttempts(c, c.sendToRoute, rejected)
	require.Equal(t, 1, stored)
	require.Equal(t, 1, told)

	c = newCommitTest(t, true)
	stored, told = numAttempts(c, c.sendPayment, retryable, rejected)
	require.Equal(t, 2, stored)
	require.Equal(t, 2, told)
}

// TestDeletedAttemptIsToldDespiteError asserts that subscribers are told of an
// attempt which has failed and was deleted with its payment's end, although the
// database has returned an error.
func TestDeletedAttemptIsToldDespiteError(t *testing.T) {
	t.Parallel()

	tt := newTowerTest(t)
	db := tt.loseAnswers()
	all := tt.all()
	hash, id, _ := tt.send()
	<-all.Updates()
	<-all.Updates()

	db.lost.Store(true)
	_, err := tt.FailAttemptWithReason(
		hash, id, &paymentsdb.HTLCFailInfo{},
		paymentsdb.FailureReasonTimeout, true,
	)
	require.ErrorIs(t, err, errDummy)

	payment, ok := (<-all.Updates()).(*paymentsdb.MPPayment)
	require.True(t, ok)
	require.True(t, payment.Terminated())
	require.Len(t, payment.HTLCs, 1)
	require.NotNil(t, payment.HTLCs[0].Failure)
}
