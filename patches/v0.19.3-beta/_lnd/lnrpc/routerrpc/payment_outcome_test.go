package routerrpc

import (
	"testing"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestMarshallPaymentReportsReasonOnlyWithFailed asserts for every status and
// every byte that can be on disk as a failure reason that it is reported if and
// only if the payment has failed.
func TestMarshallPaymentReportsReasonOnlyWithFailed(t *testing.T) {
	t.Parallel()

	known := map[channeldb.FailureReason]lnrpc.PaymentFailureReason{
		channeldb.FailureReasonTimeout: lnrpc.
			PaymentFailureReason_FAILURE_REASON_TIMEOUT,
		channeldb.FailureReasonNoRoute: lnrpc.
			PaymentFailureReason_FAILURE_REASON_NO_ROUTE,
		channeldb.FailureReasonPaymentDetails: lnrpc.
			PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS, //nolint:ll
		channeldb.FailureReasonInsufficientBalance: lnrpc.
			PaymentFailureReason_FAILURE_REASON_INSUFFICIENT_BALANCE, //nolint:ll
		channeldb.FailureReasonCanceled: lnrpc.
			PaymentFailureReason_FAILURE_REASON_CANCELED,
	}

	for _, status := range []channeldb.PaymentStatus{
		channeldb.StatusInitiated, channeldb.StatusInFlight,
		channeldb.StatusSucceeded, channeldb.StatusFailed,
	} {
		for b := 0; b <= 255; b++ {
			reason := channeldb.FailureReason(b)

			want := lnrpc.PaymentFailureReason_FAILURE_REASON_NONE
			if status == channeldb.StatusFailed {
				want = lnrpc.
					PaymentFailureReason_FAILURE_REASON_ERROR //nolint:ll
				if w, ok := known[reason]; ok {
					want = w
				}
			}

			backend := &RouterBackend{}
			payment, err := backend.MarshallPayment(
				&channeldb.MPPayment{
					Info: &channeldb.
						PaymentCreationInfo{},
					Status:        status,
					FailureReason: &reason,
				},
			)
			require.NoError(t, err)
			require.Equal(t, want, payment.FailureReason,
				"status %v, byte %d", status, b)
		}
	}
}

// legacyStream is a legacy stream that keeps what is sent.
type legacyStream struct {
	Router_TrackPaymentServer

	sent []*PaymentStatus
}

// Send keeps the status.
func (l *legacyStream) Send(status *PaymentStatus) error {
	l.sent = append(l.sent, status)

	return nil
}

// TestLegacyStreamReportsEveryFailure asserts that a client of the legacy
// stream gets the end of a payment whatever the reason.
func TestLegacyStreamReportsEveryFailure(t *testing.T) {
	t.Parallel()

	for reason := range lnrpc.PaymentFailureReason_name {
		failureReason := lnrpc.PaymentFailureReason(reason)
		if failureReason ==
			lnrpc.PaymentFailureReason_FAILURE_REASON_NONE {

			continue
		}

		stream := &legacyStream{}
		server := &legacyTrackPaymentServer{stream}
		require.NoError(t, server.Send(&lnrpc.Payment{
			Status:        lnrpc.Payment_FAILED,
			FailureReason: failureReason,
		}))
		require.Len(t, stream.sent, 1)
	}
}
