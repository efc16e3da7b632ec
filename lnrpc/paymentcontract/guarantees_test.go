package paymentcontract

import (
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	initiated = lnrpc.Payment_INITIATED
	inFlight  = lnrpc.Payment_IN_FLIGHT
	succeeded = lnrpc.Payment_SUCCEEDED
	failed    = lnrpc.Payment_FAILED

	none    = lnrpc.PaymentFailureReason_FAILURE_REASON_NONE
	timeout = lnrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
	unknown = lnrpc.PaymentFailureReason_FAILURE_REASON_ERROR
	details = lnrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS

	sent   = lnrpc.HTLCAttempt_IN_FLIGHT
	paid   = lnrpc.HTLCAttempt_SUCCEEDED
	broken = lnrpc.HTLCAttempt_FAILED
)

// htlc is an attempt with an id and a status.
func htlc(id uint64, status lnrpc.HTLCAttempt_HTLCStatus) *lnrpc.HTLCAttempt {
	return &lnrpc.HTLCAttempt{AttemptId: id, Status: status}
}

// pay is an update of the first run of hash "aa".
func pay(status lnrpc.Payment_PaymentStatus, reason lnrpc.PaymentFailureReason,
	htlcs ...*lnrpc.HTLCAttempt) *lnrpc.Payment {

	return &lnrpc.Payment{
		PaymentHash:    "aa",
		PaymentIndex:   1,
		CreationTimeNs: 1000,
		Status:         status,
		FailureReason:  reason,
		Htlcs:          htlcs,
	}
}

// retry moves an update to a run with another index and creation time.
func retry(p *lnrpc.Payment, index uint64, created int64) *lnrpc.Payment {
	p.PaymentIndex, p.CreationTimeNs = index, created

	return p
}

// TestStreams feeds whole streams to the checker and asks which guarantees the
// last update of each breaks. All earlier updates must pass.
func TestStreams(t *testing.T) {
	t.Parallel()

	type updates []*lnrpc.Payment

	testCases := []struct {
		name   string
		stream updates
		broken []Guarantee
	}{{
		name: "success",
		stream: updates{
			pay(initiated, none), pay(inFlight, none),
			pay(inFlight, none, htlc(1, sent)),
			pay(inFlight, none, htlc(1, broken)),
			pay(inFlight, none, htlc(1, broken), htlc(2, sent)),
			pay(succeeded, none, htlc(1, broken), htlc(2, paid)),
		},
	}, {
		name: "failure without an attempt",
		stream: updates{
			pay(inFlight, none), pay(failed, timeout),
		},
	}, {
		name: "the same in-flight update twice",
		stream: updates{
			pay(inFlight, none, htlc(1, sent)),
			pay(inFlight, none, htlc(1, sent)),
		},
	}, {
		name: "two hashes side by side",
		stream: updates{
			pay(failed, timeout),
			{PaymentHash: "bb", Status: failed,
				FailureReason: timeout},
		},
	}, {
		name: "retry by index",
		stream: updates{
			pay(failed, timeout),
			retry(pay(succeeded, none, htlc(2, paid)), 2, 1000),
		},
	}, {
		name: "retry by creation time",
		stream: updates{
			pay(failed, timeout, htlc(1, broken)),
			retry(pay(inFlight, none), 1, 2000),
			retry(pay(failed, timeout), 1, 2000),
		},
	}, {
		name: "Once: the same end again",
		stream: updates{
			pay(succeeded, none, htlc(1, paid)),
			pay(succeeded, none, htlc(1, paid)),
		},
		broken: []Guarantee{Once},
	}, {
		name: "Once: again, failed attempts deleted in between",
		stream: updates{
			pay(failed, details, htlc(1, broken)),
			pay(failed, details),
		},
		broken: []Guarantee{Once},
	}, {
		name: "Once, Final: another reason, as S1 and S2 on stock",
		stream: updates{
			pay(failed, details, htlc(1, broken)),
			pay(failed, timeout, htlc(1, broken)),
		},
		broken: []Guarantee{Final, Once},
	}, {
		name: "Once, Final, Reason: late timeout, as S3 on stock",
		stream: updates{
			pay(succeeded, none, htlc(1, paid)),
			pay(succeeded, timeout, htlc(1, paid)),
		},
		broken: []Guarantee{Final, Once, Reason},
	}, {
		name: "Once, Final: another status",
		stream: updates{
			pay(failed, timeout), pay(succeeded, none),
		},
		broken: []Guarantee{Final, Once},
	}, {
		name: "Once, Final: settled attempt gone",
		stream: updates{
			pay(succeeded, none, htlc(1, paid)),
			pay(succeeded, none),
		},
		broken: []Guarantee{Final, Once},
	}, {
		name: "Once, Final: attempt added",
		stream: updates{
			pay(failed, timeout),
			pay(failed, timeout, htlc(1, broken)),
		},
		broken: []Guarantee{Final, Once},
	}, {
		name:   "Reason: failed without one",
		stream: updates{pay(failed, none)},
		broken: []Guarantee{Reason},
	}, {
		name:   "Reason: succeeded with one",
		stream: updates{pay(succeeded, timeout)},
		broken: []Guarantee{Reason},
	}, {
		name: "Reason: in flight with one",
		stream: updates{
			pay(inFlight, none, htlc(1, sent)),
			pay(inFlight, timeout, htlc(1, sent)),
		},
		broken: []Guarantee{Reason},
	}, {
		name: "Ordered: in flight after the end",
		stream: updates{
			pay(inFlight, none, htlc(1, sent)),
			pay(succeeded, none, htlc(1, paid)),
			pay(inFlight, none, htlc(1, sent)),
		},
		broken: []Guarantee{Ordered},
	}, {
		name: "Ordered: initiated after in flight",
		stream: updates{
			pay(inFlight, none), pay(initiated, none),
		},
		broken: []Guarantee{Ordered},
	}, {
		name: "Ordered: attempt vanished",
		stream: updates{
			pay(inFlight, none, htlc(1, broken), htlc(2, sent)),
			pay(inFlight, none, htlc(2, sent)),
		},
		broken: []Guarantee{Ordered},
	}, {
		name: "Ordered: attempt in flight again",
		stream: updates{
			pay(inFlight, none, htlc(1, broken), htlc(2, sent)),
			pay(inFlight, none, htlc(1, sent), htlc(2, sent)),
		},
		broken: []Guarantee{Ordered},
	}, {
		name: "Ordered: end lacks an attempt",
		stream: updates{
			pay(inFlight, none, htlc(1, sent)),
			pay(failed, timeout),
		},
		broken: []Guarantee{Ordered},
	}, {
		name: "Ordered: earlier run by index",
		stream: updates{
			pay(failed, timeout),
			retry(pay(inFlight, none), 2, 1000),
			pay(failed, timeout),
		},
		broken: []Guarantee{Ordered},
	}, {
		name: "Ordered: earlier run by creation time",
		stream: updates{
			pay(failed, timeout),
			retry(pay(inFlight, none), 1, 2000),
			pay(failed, timeout),
		},
		broken: []Guarantee{Ordered},
	}}

	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			c := NewChecker()

			last := len(tc.stream) - 1
			for _, p := range tc.stream[:last] {
				require.NoError(t, c.Update(p))
			}

			err := c.Update(tc.stream[last])
			require.Equal(t, tc.broken, Broken(err))
			require.Equal(t, tc.broken == nil, err == nil)
		})
	}
}

// TestStaleUpdateIsForgotten checks that an update that came too late does not
// become what later updates are compared with.
func TestStaleUpdateIsForgotten(t *testing.T) {
	t.Parallel()

	c := NewChecker()
	live := pay(inFlight, none, htlc(1, broken), htlc(2, sent))
	require.NoError(t, c.Update(live))

	stale := pay(inFlight, none, htlc(1, sent))
	require.Equal(t, []Guarantee{Ordered}, Broken(c.Update(stale)))
	require.Equal(t, []Guarantee{Ordered}, Broken(c.Update(stale)))

	end := pay(succeeded, none, htlc(1, broken), htlc(2, paid))
	require.NoError(t, c.Update(end))
}
