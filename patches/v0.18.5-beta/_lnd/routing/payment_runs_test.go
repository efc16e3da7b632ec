package routing

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/record"
	"github.com/stretchr/testify/require"
)

// begin initiates the payment of the test and begins its run.
func (s *startTest) begin() error {
	return s.router.initPayment(s.hash, func() error {
		return s.InitPayment(
			s.hash, &channeldb.PaymentCreationInfo{
				PaymentIdentifier: s.hash, Value: 10_000,
				CreationTime: time.Unix(2, 0),
			},
		)
	})
}

// beginAsync is begin in a goroutine of its own.
func (s *startTest) beginAsync() <-chan error {
	result := make(chan error, 1)
	go func() {
		result <- s.begin()
	}()

	return result
}

// requireReceive asserts that the channel delivers in time.
func requireReceive[T any](t *testing.T, c <-chan T) T {
	t.Helper()

	select {
	case v := <-c:
		return v

	case <-time.After(testTimeout):
		require.Fail(t, "timeout")
		panic("unreachable")
	}
}

// TestRetryWaitsForRunBefore asserts that a payment which has ended is not
// initiated again before its lifecycle has returned, and that the lifecycle is
// told to look.
func TestRetryWaitsForRunBefore(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	require.NoError(t, s.begin())
	woken := s.router.runs.wakeups(s.hash)
	s.propose(s.hash, channeldb.FailureReasonTimeout)

	retry := s.beginAsync()
	requireReceive(t, woken)

	// What the lifecycle does now still is about the first payment.
	payment, err := s.FetchPayment(s.hash)
	require.NoError(t, err)
	require.Equal(t, channeldb.StatusFailed, payment.GetStatus())

	s.router.runs.end(s.hash)
	require.NoError(t, requireReceive(t, retry))

	payment, err = s.FetchPayment(s.hash)
	require.NoError(t, err)
	require.Equal(t, channeldb.StatusInitiated, payment.GetStatus())
}

// TestRetryWaitsWhoeverMakesIt asserts that both ways to make a payment wait
// for the run before it.
func TestRetryWaitsWhoeverMakesIt(t *testing.T) {
	t.Parallel()

	testCases := map[string]func(*startTest) error{
		"SendToRoute": func(s *startTest) error {
			// The database will not take the attempt.
			s.route.FinalHop().MPP = record.NewMPP(1, [32]byte{1})

			return s.sendToRoute()
		},
		"SendPayment": func(s *startTest) error {
			s.router.cfg.SessionSource =
				&mockPaymentSessionSourceOld{}

			payment := &LightningPayment{Amount: 10_000}
			err := payment.SetPaymentHash(s.hash)
			if err != nil {
				return err
			}
			_, _, err = s.router.PreparePayment(payment)

			return err
		},
	}
	for name, retry := range testCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := newStartTest(t)
			require.NoError(t, s.begin())
			woken := s.router.runs.wakeups(s.hash)
			s.propose(s.hash, channeldb.FailureReasonTimeout)

			result := make(chan error, 1)
			go func() {
				result <- retry(s)
			}()
			requireReceive(t, woken)
			require.Empty(t, result)

			s.router.runs.end(s.hash)
			err := requireReceive(t, result)
			if name == "SendToRoute" {
				require.ErrorIs(
					t, err, channeldb.ErrValueExceedsAmt,
				)

				return
			}
			require.NoError(t, err)
		})
	}
}

// TestRetryOfLivePaymentRefused asserts that nobody waits for a payment that
// has not ended.
func TestRetryOfLivePaymentRefused(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	require.NoError(t, s.begin())
	require.ErrorIs(t, s.begin(), channeldb.ErrPaymentExists)

	attempt := makeAttemptInfo(t, 10_000)
	require.NoError(t, s.RegisterAttempt(s.hash, &attempt))
	require.ErrorIs(t, s.begin(), channeldb.ErrPaymentInFlight)

	// The same goes for a payment that is resumed after a restart.
	s.router.runs.end(s.hash)
	require.NoError(t, s.router.resumeRun(s.hash))
	require.ErrorIs(t, s.begin(), channeldb.ErrPaymentInFlight)
}

// TestRetryGivesUpOnShutdown asserts that a shutdown ends the wait.
func TestRetryGivesUpOnShutdown(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	require.NoError(t, s.begin())
	s.propose(s.hash, channeldb.FailureReasonTimeout)

	retry := s.beginAsync()
	close(s.router.quit)
	require.ErrorIs(t, requireReceive(t, retry), ErrRouterShuttingDown)
}

// TestOnlyOneRetryBegins asserts that of many retries which wait for the same
// run one begins when it is over, and the others are refused.
func TestOnlyOneRetryBegins(t *testing.T) {
	t.Parallel()

	const numRetries = 8

	s := newStartTest(t)
	require.NoError(t, s.begin())
	woken := s.router.runs.wakeups(s.hash)
	s.propose(s.hash, channeldb.FailureReasonTimeout)

	var retries []<-chan error
	for i := 0; i < numRetries; i++ {
		retries = append(retries, s.beginAsync())
	}
	requireReceive(t, woken)
	s.router.runs.end(s.hash)

	var numBegun int
	for _, retry := range retries {
		err := requireReceive(t, retry)
		if err == nil {
			numBegun++
			continue
		}
		require.ErrorIs(t, err, channeldb.ErrPaymentExists)
	}
	require.Equal(t, 1, numBegun)
}

// heldPayer is a switch that holds all HTLCs: no attempt ever has a result.
type heldPayer struct {
	PaymentAttemptDispatcher
}

// HasAttemptResult returns that the result is there, so that the attempt is not
// taken for a stale one.
func (heldPayer) HasAttemptResult(uint64) (bool, error) {
	return true, nil
}

// CleanStore does nothing.
func (heldPayer) CleanStore(map[uint64]struct{}) error {
	return nil
}

// GetAttemptResult returns a channel without a result.
func (heldPayer) GetAttemptResult(uint64, lntypes.Hash,
	htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult, error) {

	return make(chan *htlcswitch.PaymentResult), nil
}

// fetchCounter is a control tower that counts how often a payment was fetched.
type fetchCounter struct {
	ControlTower

	fetches atomic.Int32
}

// FetchPayment fetches the payment corresponding to the given payment hash.
func (f *fetchCounter) FetchPayment(hash lntypes.Hash) (dbMPPayment, error) {
	defer f.fetches.Add(1)

	return f.ControlTower.FetchPayment(hash)
}

// resumeHeld starts a router that resumes a payment with an HTLC in flight. The
// lifecycle waits for a result that will not come.
func resumeHeld(t *testing.T) (*startTest, uint64) {
	t.Helper()

	s := newStartTest(t)
	s.router.cfg.Chain = newMockChain(100)
	s.router.cfg.Payer = heldPayer{}
	s.router.cfg.SessionSource = &mockPaymentSessionSourceOld{}

	require.NoError(t, s.begin())
	s.router.runs.end(s.hash)

	attempt := makeAttemptInfo(t, 10_000)
	attempt.AttemptID = 5
	require.NoError(t, s.RegisterAttempt(s.hash, &attempt))

	tower := &fetchCounter{ControlTower: s.router.cfg.Control}
	s.router.cfg.Control = tower
	require.NoError(t, s.router.resumePayments())
	require.NotNil(t, s.router.runs.wakeups(s.hash))

	// After the second time it has seen the HTLC, and will wait for it.
	require.Eventually(t, func() bool {
		return tower.fetches.Load() >= 2
	}, testTimeout, time.Millisecond)
	t.Cleanup(func() {
		close(s.router.quit)
		s.router.wg.Wait()
	})

	return s, attempt.AttemptID
}

// failHeld fails the attempt of the payment, as another shard's sender would.
func (s *startTest) failHeld(attemptID uint64) {
	s.Helper()

	_, err := s.FailAttemptWithReason(
		s.hash, attemptID,
		&channeldb.HTLCFailInfo{Reason: channeldb.HTLCFailInternal},
		channeldb.FailureReasonPaymentDetails,
	)
	require.NoError(s, err)
}

// TestRetryEndsLifecycleThatWaits asserts that a payment can be retried even if
// its lifecycle waits for the result of an attempt that somebody else has seen
// the end of.
func TestRetryEndsLifecycleThatWaits(t *testing.T) {
	t.Parallel()

	s, attemptID := resumeHeld(t)
	require.ErrorIs(t, s.begin(), channeldb.ErrPaymentInFlight)

	s.failHeld(attemptID)
	require.NoError(t, requireReceive(t, s.beginAsync()))
}

// TestLifecycleWokenBySendToRoute asserts that a lifecycle looks at its payment
// when a shard sent by SendToRoute has a result.
func TestLifecycleWokenBySendToRoute(t *testing.T) {
	t.Parallel()

	s, attemptID := resumeHeld(t)
	s.failHeld(attemptID)
	s.router.runs.wake(s.hash)

	// Its run is over without anybody asking for it.
	require.Eventually(t, func() bool {
		return s.router.runs.wakeups(s.hash) == nil
	}, testTimeout, time.Millisecond)
}

// TestDecideNextStepLooksWhenWoken asserts that a lifecycle which waits for a
// result goes on when it is woken.
func TestDecideNextStepLooksWhenWoken(t *testing.T) {
	t.Parallel()

	p, _ := newTestPaymentLifecycle(t)
	woken := make(chan struct{}, 1)
	woken <- struct{}{}
	p.woken = woken

	payment := &mockMPPayment{}
	defer payment.AssertExpectations(t)
	payment.On("AllowMoreAttempts").Return(false, nil).Once().
		On("NeedWaitAttempts").Return(true, nil).Once()

	step, err := p.decideNextStep(payment)
	require.NoError(t, err)
	require.Equal(t, stepSkip, step)
}
