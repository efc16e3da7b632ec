package routing

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
)

// TestSubscribeResultAsksAgain asserts that an attempt does not fail because
// the switch could not look up its result: the HTLC may be in flight.
func TestSubscribeResultAsksAgain(t *testing.T) {
	t.Parallel()

	const attemptID = 7
	for _, answer := range []error{nil, htlcswitch.ErrPaymentIDNotFound} {
		p, m := newTestPaymentLifecycle(t)
		results := make(chan *htlcswitch.PaymentResult, 1)
		results <- &htlcswitch.PaymentResult{}

		m.payer.On("GetAttemptResult",
			uint64(attemptID), p.identifier, mock.Anything,
		).Return(nil, errDummy).Twice()
		m.payer.On("GetAttemptResult",
			uint64(attemptID), p.identifier, mock.Anything,
		).Return(results, answer).Once()

		// The pauses grow.
		ticks := make(chan time.Time, 2)
		ticks <- time.Time{}
		ticks <- time.Time{}
		m.clock.On("TickAfter", minTryAgain).Return(ticks).Once().
			On("TickAfter", 2*minTryAgain).Return(ticks).Once()

		resultChan, err := p.subscribeResult(attemptID, nil)
		require.Equal(t, answer, err)
		require.NotNil(t, <-resultChan)
	}
}

// TestSubscribeResultAsksUntilShutdown asserts that the router does not wait
// for a result that cannot be looked up when it is stopped.
func TestSubscribeResultAsksUntilShutdown(t *testing.T) {
	t.Parallel()

	const attemptID = 7
	p, m := newTestPaymentLifecycle(t)
	m.payer.On("GetAttemptResult",
		uint64(attemptID), p.identifier, mock.Anything,
	).Return(nil, errDummy).Once()
	m.clock.On("TickAfter", minTryAgain).Return(
		make(chan time.Time),
	).Once()
	close(p.router.quit)

	_, err := p.subscribeResult(attemptID, nil)
	require.ErrorIs(t, err, ErrRouterShuttingDown)
}
