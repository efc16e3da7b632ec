package routing

import (
	"context"
	"testing"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// TestResumePaymentLeavesShardsOfOthers checks that a payment's lifecycle
// collects the result of an attempt that its shard tracker knows, and not that
// of a shard that SendToRoute has registered, but perhaps not sent yet.
func TestResumePaymentLeavesShardsOfOthers(t *testing.T) {
	t.Parallel()

	p, m := newTestPaymentLifecycle(t)

	ours := channeldb.HTLCAttempt{
		HTLCAttemptInfo: channeldb.HTLCAttemptInfo{AttemptID: 1},
	}
	other := channeldb.HTLCAttempt{
		HTLCAttemptInfo: channeldb.HTLCAttemptInfo{AttemptID: 2},
	}
	m.payment.On("InFlightHTLCs").
		Return([]channeldb.HTLCAttempt{other, ours}).Once()
	m.shardTracker.
		On("GetHash", ours.AttemptID).Return(p.identifier, nil).Once().
		On("GetHash", other.AttemptID).
		Return(lntypes.Hash{}, errDummy).Once()

	var collected []uint64
	p.resultCollector = func(attempt *channeldb.HTLCAttempt) {
		collected = append(collected, attempt.AttemptID)
	}

	// The lifecycle ends here: the payment is gone.
	m.control.On("FetchPayment", p.identifier).Return(m.payment, nil).Once()
	m.control.On("FetchPayment", p.identifier).
		Return(nil, channeldb.ErrPaymentNotInitiated).Once()
	m.payment.On("GetStatus").Return(channeldb.StatusInFlight).Once()
	_, _, err := p.resumePayment(context.Background())
	require.ErrorIs(t, err, channeldb.ErrPaymentNotInitiated)

	require.Equal(t, []uint64{ours.AttemptID}, collected)
}
