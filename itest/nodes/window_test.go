package nodes

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// tellTime is how long after a payment's last HTLC has its result a client may
// be told of the end: the node has to commit it, and to come to send it.
const tellTime = time.Second

// window is a time in which a client was subscribed to a node that lived.
type window struct {
	// opened is when the client had the first update of its stream.
	opened time.Time

	// closed is when the node was about to be killed. It is zero as long
	// as the window is open.
	closed time.Time
}

// has returns whether a payment has certainly ended in the window, early enough
// for the client to be told.
func (w window) has(p *lnrpc.Payment) bool {
	begin, end := endedBetween(p)
	switch {
	case !begin.After(w.opened):
		return false

	case w.closed.IsZero():
		return true

	default:
		return !end.IsZero() && end.Add(tellTime).Before(w.closed)
	}
}

// endedBetween returns between which two times a payment that has ended did so,
// but for the time that it takes to commit it. The later one is zero if it is
// not known: what was given up after its last HTLC, or without one, may have
// been so at any time, also when the node was started the next time.
func endedBetween(p *lnrpc.Payment) (time.Time, time.Time) {
	last, rejected := p.CreationTimeNs, false
	for _, htlc := range p.Htlcs {
		last = max(last, htlc.ResolveTimeNs)
		rejected = rejected || htlc.GetFailure().GetCode() ==
			lnrpc.Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS
	}
	begin := time.Unix(0, last)

	// The results alone decide that a payment has succeeded or was
	// rejected, so that it ends with the last of them.
	rejected = rejected && p.FailureReason == lnrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
	if rejected || p.Status == lnrpc.Payment_SUCCEEDED {
		return begin, begin
	}

	return begin, time.Time{}
}

// TestWindowHasEnds checks which ends a client must have been told of.
func TestWindowHasEnds(t *testing.T) {
	t.Parallel()

	const (
		succeeded = lnrpc.Payment_SUCCEEDED
		failed    = lnrpc.Payment_FAILED

		none     = lnrpc.PaymentFailureReason_FAILURE_REASON_NONE
		timeout  = lnrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
		rejected = lnrpc.
				PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
	)
	var (
		origin = time.Unix(1_700_000_000, 0)
		at     = func(seconds float64) time.Time {
			return origin.Add(time.Duration(
				seconds * float64(time.Second),
			))
		}

		// interrupted stands for every failure but the recipient's.
		interrupted = lnrpc.Failure_TEMPORARY_CHANNEL_FAILURE
		details     = lnrpc.
				Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS

		htlc = func(resolved float64,
			code lnrpc.Failure_FailureCode) *lnrpc.HTLCAttempt {

			return &lnrpc.HTLCAttempt{
				ResolveTimeNs: at(resolved).UnixNano(),
				Failure:       &lnrpc.Failure{Code: code},
			}
		}
		settled = func(resolved float64) *lnrpc.HTLCAttempt {
			return &lnrpc.HTLCAttempt{
				ResolveTimeNs: at(resolved).UnixNano(),
			}
		}

		closed = window{opened: at(10), closed: at(20)}
		open   = window{opened: at(10)}
	)

	for _, tc := range []struct {
		name    string
		created float64
		status  lnrpc.Payment_PaymentStatus
		reason  lnrpc.PaymentFailureReason
		htlcs   []*lnrpc.HTLCAttempt

		// inClosed and inOpen tell whether the windows have the end.
		inClosed, inOpen bool
	}{
		{"settled inside", 11, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(12)}, true, true},
		{"in flight when it opened", 5, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(12)}, true, true},
		{"settled before", 5, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(9)}, false, false},
		{"settled as it opened", 5, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(10)}, false, false},
		{"settled in time to be told", 11, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(18.9)}, true, true},
		{"settled too late to be told", 11, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(19)}, false, true},
		{"settled after", 11, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(21)}, false, true},
		{"last part settled after", 11, succeeded, none,
			[]*lnrpc.HTLCAttempt{settled(21), settled(12)},
			false, true},

		{"rejected inside", 11, failed, rejected,
			[]*lnrpc.HTLCAttempt{htlc(12, details)}, true, true},
		{"rejected, another part fails later", 11, failed, rejected,
			[]*lnrpc.HTLCAttempt{htlc(12, details),
				htlc(13, interrupted)}, true, true},
		{"rejected, another part fails too late", 11, failed, rejected,
			[]*lnrpc.HTLCAttempt{htlc(12, details),
				htlc(19.5, interrupted)}, false, true},
		{"rejected before", 5, failed, rejected,
			[]*lnrpc.HTLCAttempt{htlc(9, details)}, false, false},

		// Who gave these up may have done so when the node was back.
		{"interrupted, then given up", 11, failed, timeout,
			[]*lnrpc.HTLCAttempt{htlc(12, interrupted)},
			false, true},
		{"interrupted before, then given up", 5, failed, timeout,
			[]*lnrpc.HTLCAttempt{htlc(9, interrupted)},
			false, false},
		{"rejected, but another reason", 11, failed, timeout,
			[]*lnrpc.HTLCAttempt{htlc(12, details)}, false, true},
		{"no attempt left", 11, failed, rejected, nil, false, true},
		{"no attempt left, from before", 5, failed, rejected, nil,
			false, false},
	} {
		p := &lnrpc.Payment{
			CreationTimeNs: at(tc.created).UnixNano(),
			Status:         tc.status, FailureReason: tc.reason,
			Htlcs: tc.htlcs,
		}
		require.Equal(t, tc.inClosed, closed.has(p), tc.name)
		require.Equal(t, tc.inOpen, open.has(p), tc.name+", open")
	}
}
