package watcher

import (
	"testing"

	"lnd-once/channeldb/outcome"
	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// TestStoredIsTheByteOfThatName checks each failure reason there is.
func TestStoredIsTheByteOfThatName(t *testing.T) {
	t.Parallel()

	want := map[paymentrpc.PaymentFailureReason]outcome.Reason{
		timeout:      outcome.Timeout,
		noRoute:      outcome.NoRoute,
		failure:      outcome.Error,
		details:      outcome.PaymentDetails,
		insufficient: outcome.InsufficientBalance,
		canceled:     outcome.Canceled,
	}
	for value := range paymentrpc.PaymentFailureReason_name {
		reason := paymentrpc.PaymentFailureReason(value)
		if reason != none {
			require.Contains(t, want, reason)
			require.Equal(t, want[reason], StoredReason(reason))
		}
	}
}

// TestMoreSpecificDoesNotDependOnOrder checks all pairs, and one that we do not
// know.
func TestMoreSpecificDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()

	ascending := []paymentrpc.PaymentFailureReason{
		none, 7, failure, canceled, timeout, noRoute, insufficient,
		details,
	}
	for i, a := range ascending {
		for _, b := range ascending[:i+1] {
			require.Equal(t, a, moreSpecific(a, b))
			require.Equal(t, a, moreSpecific(b, a))
		}
	}
}

// TestOnlyTheRecipientsVerdictIsOne checks which failures of an attempt say
// more than the stored reason does.
func TestOnlyTheRecipientsVerdictIsOne(t *testing.T) {
	t.Parallel()

	const unknownDetails = paymentrpc.
		Failure_INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS
	testCases := []struct {
		name   string
		code   paymentrpc.Failure_FailureCode
		change func(*paymentrpc.HTLCAttempt)
		want   bool
	}{
		{name: "unknown details", code: unknownDetails, want: true},
		{
			name: "wrong amount",
			code: paymentrpc.Failure_INCORRECT_PAYMENT_AMOUNT,
			want: true,
		},
		{
			name: "expires too soon",
			code: paymentrpc.Failure_FINAL_EXPIRY_TOO_SOON,
			want: true,
		},
		{
			name: "other parts late",
			code: paymentrpc.Failure_MPP_TIMEOUT,
		},
		{
			name: "made wrong on the way",
			code: paymentrpc.Failure_FINAL_INCORRECT_HTLC_AMOUNT,
		},
		{
			name: "of a node on the way",
			code: unknownDetails,
			change: func(htlc *paymentrpc.HTLCAttempt) {
				htlc.Failure.FailureSourceIndex = 1
			},
		},
		{
			name: "of ourselves, route unknown",
			code: unknownDetails,
			change: func(htlc *paymentrpc.HTLCAttempt) {
				htlc.Failure.FailureSourceIndex = 0
				htlc.Route = nil
			},
		},
		{
			name: "behind the introduction point",
			code: unknownDetails,
			change: func(htlc *paymentrpc.HTLCAttempt) {
				htlc.Route.Hops[0].BlindingPoint = []byte{2}
			},
		},
		{
			name: "recipient is the introduction point",
			code: unknownDetails,
			want: true,
			change: func(htlc *paymentrpc.HTLCAttempt) {
				htlc.Route.Hops[1].BlindingPoint = []byte{2}
			},
		},
		{
			name: "in flight",
			code: unknownDetails,
			change: func(htlc *paymentrpc.HTLCAttempt) {
				htlc.Status = paymentrpc.HTLCAttempt_IN_FLIGHT
			},
		},
	}
	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			htlc := rejection(tc.code)
			if tc.change != nil {
				tc.change(htlc)
			}
			want := timeout
			if tc.want {
				want = details
			}
			require.Equal(t, want, reasonOf(&paymentrpc.Payment{
				FailureReason: timeout,
				Htlcs:         []*paymentrpc.HTLCAttempt{htlc},
			}))
		})
	}
}

// TestDecideLeavesTheReportAlone checks that the report is copied if it changes
// and that the reason fits the status.
func TestDecideLeavesTheReportAlone(t *testing.T) {
	t.Parallel()

	won := &paymentrpc.Payment{
		Status: paymentrpc.Payment_SUCCEEDED, FailureReason: timeout,
	}
	require.Equal(t, none, decide(won, details).Payment.FailureReason)
	require.Equal(t, timeout, won.FailureReason)

	lost := &paymentrpc.Payment{Status: paymentrpc.Payment_FAILED}
	require.Equal(t, failure, decide(lost, none).Payment.FailureReason)
	require.Equal(t, details, decide(lost, details).Payment.FailureReason)
	require.Equal(t, none, lost.FailureReason)
}
