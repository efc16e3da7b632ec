package scenario

import (
	"slices"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	succeeded = lnrpc.Payment_SUCCEEDED
	failed    = lnrpc.Payment_FAILED
	timeout   = lnrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
)

// pay is an update of a payment.
func pay(status lnrpc.Payment_PaymentStatus,
	reason lnrpc.PaymentFailureReason) *lnrpc.Payment {

	return &lnrpc.Payment{Status: status, FailureReason: reason}
}

// TestVerdict judges what stock lnd is known for, what it should be, and a row
// that changed after the scenario was over.
func TestVerdict(t *testing.T) {
	t.Parallel()

	testCases := []struct {
		name     string
		scenario Scenario
		updates  []*lnrpc.Payment
		stored   *lnrpc.Payment
		now      *lnrpc.Payment
		verdict  string
	}{{
		name:     "S2 as it should be",
		scenario: All[1],
		updates:  []*lnrpc.Payment{pay(failed, details)},
		stored:   pay(failed, details),
		now:      pay(failed, details),
		verdict:  "holds",
	}, {
		name:     "S2 on stock",
		scenario: All[1],
		updates: []*lnrpc.Payment{
			pay(failed, details), pay(failed, timeout),
		},
		stored:  pay(failed, timeout),
		now:     pay(failed, timeout),
		verdict: "breaks Once, Final, Specific",
	}, {
		name:     "S3 on stock",
		scenario: All[2],
		updates: []*lnrpc.Payment{
			pay(succeeded, none), pay(succeeded, timeout),
		},
		stored:  pay(succeeded, timeout),
		now:     pay(succeeded, timeout),
		verdict: "breaks Once, Final, Reason",
	}, {
		name:     "S3 fails",
		scenario: All[2],
		updates:  []*lnrpc.Payment{pay(failed, timeout)},
		stored:   pay(failed, timeout),
		now:      pay(failed, timeout),
		verdict:  "breaks Specific",
	}, {
		name:     "S2 overwritten later",
		scenario: All[1],
		updates:  []*lnrpc.Payment{pay(failed, details)},
		stored:   pay(failed, details),
		now:      pay(failed, timeout),
		verdict:  "breaks Final, Specific",
	}}

	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			r := &Result{
				Scenario: tc.scenario, Updates: tc.updates,
				Stored: tc.stored,
			}
			r.judge(tc.now)
			require.Equal(t, tc.verdict, r.Verdict())
		})
	}
}

// TestKnown checks that the known violations name scenarios that there are, and
// are sorted as the ones that are found.
func TestKnown(t *testing.T) {
	t.Parallel()

	_, err := Known("v0.1-beta")
	require.ErrorContains(t, err, `"v0.1-beta"`)

	for _, base := range []string{"v0.18.5-beta", "v0.21.2-beta"} {
		broken, err := Known(base)
		require.NoError(t, err)

		for name, guarantees := range broken {
			require.True(t, slices.IsSorted(guarantees))
			require.True(t, slices.ContainsFunc(All,
				func(sc Scenario) bool {
					return sc.Name == name
				},
			), name)
		}
	}
}

// TestBaseOf checks how an lnd's version names its base.
func TestBaseOf(t *testing.T) {
	t.Parallel()

	require.Equal(t, "v0.21.2-beta",
		BaseOf("0.21.2-beta commit=v0.21.2-beta-lnd-once-0123456789ab"))
	require.Equal(t, "v0.18.5-beta", BaseOf("0.18.5-beta"))
}
