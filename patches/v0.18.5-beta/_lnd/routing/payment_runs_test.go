package routing

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/routing/shards"
	"github.com/stretchr/testify/require"
)

// begin initiates the payment of the test and begins its run.
func (s *startTest) begin() (*paymentRun, error) {
	return s.router.runs.begin(s.hash, func() error {
		return s.InitPayment(
			s.hash, &channeldb.PaymentCreationInfo{
				PaymentIdentifier: s.hash, Value: 10_000,
				CreationTime: time.Unix(2, 0),
			},
		)
	})
}

// mustBegin is begin for a payment that can be initiated.
func (s *startTest) mustBegin() *paymentRun {
	s.Helper()

	run, err := s.begin()
	require.NoError(s, err)

	return run
}

// requireUntouched asserts that the payment is as it was initiated.
func (s *startTest) requireUntouched() {
	s.Helper()

	payment, err := s.FetchPayment(s.hash)
	require.NoError(s, err)
	require.Equal(s, channeldb.StatusInitiated, payment.GetStatus())
	require.Empty(s, payment.GetHTLCs())
}

// requireRetried asserts that the run's payment has been retried, and that its
// lifecycle is told so.
func requireRetried(t *testing.T, run *paymentRun) {
	t.Helper()

	err := run.do(func() error {
		require.Fail(t, "payment of another run accessed")

		return nil
	})
	require.ErrorIs(t, err, errPaymentRetried)
	require.Len(t, run.wakeups(), 1)
}

// requireNoRun asserts that the payment of the test has no run.
func (s *startTest) requireNoRun() {
	s.Helper()

	_, ok := s.router.runs.latest.Load(s.hash)
	require.False(s, ok)
}

// TestRetrySupersedesRunBefore asserts that what goes on of a payment which has
// ended does not touch a retry, and that the retry does not wait for it.
func TestRetrySupersedesRunBefore(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	before := s.mustBegin()
	require.NoError(t, before.do(func() error {
		return nil
	}))

	s.propose(s.hash, channeldb.FailureReasonTimeout)
	run := s.mustBegin()
	requireRetried(t, before)

	// When the one before ends at last, the retry goes on.
	before.end()
	require.NoError(t, run.do(func() error {
		return nil
	}))
	require.Empty(t, run.wakeups())
}

// TestRetrySupersedesWhoeverMakesIt asserts that both ways to make a payment
// supersede the run before it.
func TestRetrySupersedesWhoeverMakesIt(t *testing.T) {
	t.Parallel()

	testCases := map[string]func(*startTest) error{
		"SendToRoute": func(s *startTest) error {
			// It ends here, after the payment was initiated.
			close(s.router.quit)
			s.router.cfg.Payer = heldPayer{}

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
			require.NotNil(s, payment.run)

			return err
		},
	}
	for name, retry := range testCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := newStartTest(t)
			before := s.mustBegin()
			s.propose(s.hash, channeldb.FailureReasonTimeout)

			err := retry(s)
			if name == "SendToRoute" {
				require.ErrorIs(t, err, ErrRouterShuttingDown)
				s.requireNoRun()
			} else {
				require.NoError(t, err)
			}
			requireRetried(t, before)
		})
	}
}

// TestRefusedRetryChangesNothing asserts that a payment which has not ended is
// left to its run.
func TestRefusedRetryChangesNothing(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	run := s.mustBegin()

	_, err := s.begin()
	require.ErrorIs(t, err, channeldb.ErrPaymentExists)

	require.Empty(t, run.wakeups())
	require.NoError(t, run.do(func() error {
		return nil
	}))
}

// TestResumeSparesRetry asserts that a payment which has ended and is retried
// before it could be resumed is not resumed.
func TestResumeSparesRetry(t *testing.T) {
	t.Parallel()

	s := newStartTest(t)
	run := s.mustBegin()

	_, ok := s.router.runs.resume(s.hash)
	require.False(t, ok)

	run.end()
	resumed, ok := s.router.runs.resume(s.hash)
	require.True(t, ok)

	s.propose(s.hash, channeldb.FailureReasonTimeout)
	s.mustBegin()
	requireRetried(t, resumed)
}

// TestRetryBeforeResume asserts that a payment which has ended and is retried
// between the scan for payments to be resumed and that is not resumed, whoever
// retries it.
func TestRetryBeforeResume(t *testing.T) {
	t.Parallel()

	testCases := map[string]func(*startTest) <-chan error{
		"SendPayment": func(s *startTest) <-chan error {
			s.mustBegin()

			return nil
		},
		"SendToRoute": func(s *startTest) <-chan error {
			s.route.FinalHop().AmtToForward = 5_000
			result := make(chan error, 1)
			go func() {
				result <- s.sendToRoute()
			}()
			require.Eventually(s, func() bool {
				_, ok := s.router.runs.latest.Load(s.hash)

				return ok
			}, testTimeout, time.Millisecond)

			return result
		},
	}
	for name, retry := range testCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := newStartTest(t)
			s.requireRetryable()
			var result <-chan error
			s.router.cfg.Payer = heldPayer{onClean: func() {
				s.propose(
					s.hash, channeldb.FailureReasonTimeout,
				)
				result = retry(s)
			}}
			require.NoError(t, s.router.resumePayments())
			s.router.wg.Wait()

			payment, err := s.FetchPayment(s.hash)
			require.NoError(t, err)
			require.False(t, payment.Terminated())
			_, reason := payment.TerminalInfo()
			require.Nil(t, reason)

			close(s.router.quit)
			if result != nil {
				err := requireReceive(t, result)
				require.ErrorIs(t, err, ErrRouterShuttingDown)
			}
		})
	}
}

// TestNothingIsDoneWhileRetryBegins asserts that no payment is initiated while
// the lifecycle of the one before it accesses it, and that only one of many
// retries begins.
func TestNothingIsDoneWhileRetryBegins(t *testing.T) {
	t.Parallel()

	const numRetries = 8

	s := newStartTest(t)
	runs := s.router.runs
	before, err := runs.begin(s.hash, func() error {
		return nil
	})
	require.NoError(t, err)

	var accessed, initiated atomic.Bool
	results := make(chan error, numRetries)
	for range numRetries {
		go func() {
			_, err := runs.begin(s.hash, func() error {
				if accessed.Load() {
					return errDummy
				}
				if !initiated.CompareAndSwap(false, true) {
					return channeldb.ErrPaymentExists
				}

				return nil
			})
			results <- err
		}()
	}

	for done := false; err == nil && !done; {
		done = len(results) == numRetries
		err = before.do(func() error {
			accessed.Store(true)
			defer accessed.Store(false)
			runtime.Gosched()
			require.False(t, initiated.Load())

			return nil
		})
	}
	require.ErrorIs(t, err, errPaymentRetried)

	var numBegun int
	for range numRetries {
		err := requireReceive(t, results)
		if err == nil {
			numBegun++
			continue
		}
		require.ErrorIs(t, err, channeldb.ErrPaymentExists)
	}
	require.Equal(t, 1, numBegun)
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

// retryingSession is a payment session whose payment ends, and is retried,
// while it looks for a route.
type retryingSession struct {
	PaymentSession

	retry func()
	route *route.Route
	err   error
}

// RequestRoute returns the route and the error of the session.
func (r *retryingSession) RequestRoute(_, _ lnwire.MilliSatoshi, _, _ uint32,
	_ lnwire.CustomRecords) (*route.Route, error) {

	r.retry()

	return r.route, r.err
}

// TestRetryDuringPathFinding asserts that a lifecycle whose payment has ended
// and is retried while it looks for a route neither makes an attempt nor fails
// the retry.
func TestRetryDuringPathFinding(t *testing.T) {
	t.Parallel()

	testCases := map[string]retryingSession{
		"route":    {route: createDummyRoute(t, 10_000)},
		"no route": {err: errNoPathFound},
		"error":    {err: errDummy},
	}
	for name, session := range testCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := newStartTest(t)
			s.router.cfg.Chain = newMockChain(100)
			run := s.mustBegin()
			session.retry = func() {
				s.propose(
					s.hash, channeldb.FailureReasonTimeout,
				)
				s.mustBegin()
			}

			_, _, err := s.router.sendPayment(
				context.Background(), 0, s.hash, 0, &session,
				shards.NewSimpleShardTracker(s.hash, nil), nil,
				run,
			)
			require.ErrorIs(t, err, errPaymentRetried)
			s.requireUntouched()
		})
	}
}

// heldPayer is a switch that holds all HTLCs: no attempt ever has a result.
type heldPayer struct {
	PaymentAttemptDispatcher

	// refuse is returned for HTLCs that are sent, and onClean is called
	// before payments are resumed.
	refuse  error
	onClean func()
}

// SendHTLC takes an HTLC, or refuses it.
func (h heldPayer) SendHTLC(lnwire.ShortChannelID, uint64,
	*lnwire.UpdateAddHTLC) error {

	return h.refuse
}

// HasAttemptResult returns that the result is there, so that the attempt is not
// taken for a stale one.
func (heldPayer) HasAttemptResult(uint64) (bool, error) {
	return true, nil
}

// CleanStore is called between the scan for payments to be resumed and that.
func (h heldPayer) CleanStore(map[uint64]struct{}) error {
	if h.onClean != nil {
		h.onClean()
	}

	return nil
}

// heldAttempt is the attempt that is in flight before any other.
const heldAttempt = 5

// GetAttemptResult returns a channel without a result. What was refused is not
// known.
func (h heldPayer) GetAttemptResult(id uint64, _ lntypes.Hash,
	_ htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult, error) {

	if h.refuse != nil && id != heldAttempt {
		return nil, htlcswitch.ErrPaymentIDNotFound
	}

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
// lifecycle waits for a result that will not come. The function returns the
// attempt, and a channel that is closed when the lifecycle has returned.
func resumeHeld(t *testing.T) (*startTest, uint64, <-chan struct{}) {
	t.Helper()

	s := newStartTest(t)
	s.router.cfg.Chain = newMockChain(100)
	s.router.cfg.Payer = heldPayer{refuse: errDummy}
	s.router.cfg.SessionSource = &mockPaymentSessionSourceOld{}
	s.requireRetryable()

	attempt := makeAttemptInfo(t, 10_000)
	attempt.AttemptID = heldAttempt
	attempt.Route = *s.route.Copy()
	require.NoError(t, s.RegisterAttempt(s.hash, &attempt))

	tower := &fetchCounter{ControlTower: s.router.cfg.Control}
	s.router.cfg.Control = tower
	require.NoError(t, s.router.resumePayments())

	// After the second time it has seen the HTLC, and will wait for it.
	require.Eventually(t, func() bool {
		return tower.fetches.Load() >= 2
	}, testTimeout, time.Millisecond)

	returned := make(chan struct{})
	go func() {
		s.router.wg.Wait()
		close(returned)
	}()
	t.Cleanup(func() {
		close(s.router.quit)
		<-returned
	})

	return s, attempt.AttemptID, returned
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

// TestRetryEndsLifecycleThatWaits asserts that a lifecycle which waits for the
// result of an attempt that somebody else has seen the end of returns when the
// payment is retried, and leaves the retry alone.
func TestRetryEndsLifecycleThatWaits(t *testing.T) {
	t.Parallel()

	s, attemptID, returned := resumeHeld(t)
	_, err := s.begin()
	require.ErrorIs(t, err, channeldb.ErrPaymentInFlight)

	s.failHeld(attemptID)
	s.mustBegin()
	requireReceive(t, returned)
	s.requireUntouched()
}

// TestLifecycleWokenBySendToRoute asserts that a lifecycle looks at its payment
// when a shard sent by SendToRoute has a result.
func TestLifecycleWokenBySendToRoute(t *testing.T) {
	t.Parallel()

	s, attemptID, returned := resumeHeld(t)
	_, err := s.FailAttempt(
		s.hash, attemptID,
		&channeldb.HTLCFailInfo{Reason: channeldb.HTLCFailInternal},
	)
	require.NoError(t, err)

	// The shard fails, and the payment with it.
	require.ErrorIs(t, s.sendToRoute(), errDummy)
	requireReceive(t, returned)
	s.requireNoRun()
}

// TestDecideNextStepLooksWhenWoken asserts that a lifecycle which waits for a
// result goes on when it is woken.
func TestDecideNextStepLooksWhenWoken(t *testing.T) {
	t.Parallel()

	p, _ := newTestPaymentLifecycle(t)
	p.run = newPaymentRuns().newRun(p.identifier)
	p.run.woken <- struct{}{}

	payment := &mockMPPayment{}
	defer payment.AssertExpectations(t)
	payment.On("AllowMoreAttempts").Return(false, nil).Once().
		On("NeedWaitAttempts").Return(true, nil).Once()

	step, err := p.decideNextStep(payment)
	require.NoError(t, err)
	require.Equal(t, stepSkip, step)
}
