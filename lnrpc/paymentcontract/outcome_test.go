package paymentcontract

import (
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestStored checks rows of the database against a stream that has ended with
// one failed and one settled attempt.
func TestStored(t *testing.T) {
	t.Parallel()

	testCases := []struct {
		name   string
		row    *lnrpc.Payment
		broken []Guarantee
	}{{
		name: "as announced",
		row:  pay(succeeded, none, htlc(1, broken), htlc(2, paid)),
	}, {
		name: "failed attempts deleted",
		row:  pay(succeeded, none, htlc(2, paid)),
	}, {
		name: "of a later run",
		row:  retry(pay(failed, timeout), 2, 2000),
	}, {
		name: "of a hash the stream never had",
		row:  &lnrpc.Payment{PaymentHash: "bb"},
	}, {
		name:   "settled attempt deleted",
		row:    pay(succeeded, none, htlc(1, broken)),
		broken: []Guarantee{Final},
	}, {
		name:   "attempt in flight again",
		row:    pay(succeeded, none, htlc(1, sent), htlc(2, paid)),
		broken: []Guarantee{Final},
	}, {
		name:   "reopened",
		row:    pay(inFlight, none, htlc(1, broken), htlc(2, paid)),
		broken: []Guarantee{Final},
	}, {
		name:   "late timeout, as S3 on stock",
		row:    pay(succeeded, timeout, htlc(2, paid)),
		broken: []Guarantee{Final, Reason},
	}, {
		name:   "of a later run, with a reason it must not have",
		row:    retry(pay(succeeded, timeout), 2, 2000),
		broken: []Guarantee{Reason},
	}}

	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			c := NewChecker()
			require.NoError(t, c.Update(pay(
				succeeded, none, htlc(1, broken), htlc(2, paid),
			)))

			err := c.Stored(tc.row)
			require.Equal(t, tc.broken, Broken(err))
			require.Equal(t, tc.broken == nil, err == nil)
		})
	}
}

// TestStoredBeforeEnd checks that a row is free to be ahead of a stream that
// has not announced the end yet.
func TestStoredBeforeEnd(t *testing.T) {
	t.Parallel()

	c := NewChecker()
	require.NoError(t, c.Update(pay(inFlight, none, htlc(1, sent))))
	require.NoError(t, c.Stored(pay(succeeded, none, htlc(1, paid))))
}

// TestSpecific checks a payment's end against the reason it had to end with.
func TestSpecific(t *testing.T) {
	t.Parallel()

	testCases := []struct {
		name string
		p    *lnrpc.Payment
		want lnrpc.PaymentFailureReason
		ok   bool
	}{
		{"wanted reason", pay(failed, details), details, true},
		{"less specific", pay(failed, unknown), details, false},
		{"no reason at all", pay(failed, none), details, false},
		{"succeeded instead", pay(succeeded, none), details, false},
		{"never ended", pay(inFlight, details), details, false},
		{"success", pay(succeeded, none), none, true},
		{"success with a reason", pay(succeeded, timeout), none, true},
		{"failed instead", pay(failed, timeout), none, false},
		{"failed without reason", pay(failed, none), none, false},
	}

	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			err := CheckSpecific(tc.p, tc.want)
			if tc.ok {
				require.NoError(t, err)
				return
			}

			require.Equal(t, []Guarantee{Specific}, Broken(err))
		})
	}
}

// TestEnds checks a payment that will make no further attempt.
func TestEnds(t *testing.T) {
	t.Parallel()

	for _, p := range []*lnrpc.Payment{
		pay(succeeded, none), pay(failed, timeout, htlc(1, broken)),
		pay(inFlight, none, htlc(1, broken), htlc(2, sent)),
	} {
		require.NoError(t, CheckEnds(p))
	}

	for _, p := range []*lnrpc.Payment{
		pay(initiated, none), pay(inFlight, none),
		pay(inFlight, timeout, htlc(1, broken)),
		pay(inFlight, none, htlc(1, paid)),
	} {
		require.Equal(t, []Guarantee{Ends}, Broken(CheckEnds(p)))
	}
}

// TestAttemptOutcome checks what Final takes for a change of an attempt.
func TestAttemptOutcome(t *testing.T) {
	t.Parallel()

	base := func() *lnrpc.HTLCAttempt {
		return &lnrpc.HTLCAttempt{
			AttemptId: 1,
			Status:    broken,
			Failure: &lnrpc.Failure{
				Code:               lnrpc.Failure_MPP_TIMEOUT,
				FailureSourceIndex: 1,
			},
			ResolveTimeNs: 10,
		}
	}
	same := func(other *lnrpc.HTLCAttempt) bool {
		r := NewRecord(pay(failed, details, base(), other))

		return sameAttempt(r.Attempts[0], r.Attempts[1])
	}
	require.True(t, same(base()))

	truncated := base()
	truncated.ResolveTimeNs = 0
	require.True(t, same(truncated))

	code := base()
	code.Failure.Code = lnrpc.Failure_EXPIRY_TOO_SOON
	require.False(t, same(code))

	source := base()
	source.Failure.FailureSourceIndex = 2
	require.False(t, same(source))

	preimage := base()
	preimage.Preimage = []byte{1}
	require.False(t, same(preimage))
}
