package paymentrpc

import (
	"testing"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestCheckerTakesBothKinds checks that the checker of the contract reads from a
// payment of ours what it reads from lnd's own, also what is new to both.
func TestCheckerTakesBothKinds(t *testing.T) {
	t.Parallel()

	lnds := &lnrpc.Payment{
		PaymentHash: "aa", PaymentIndex: 3, CreationTimeNs: 5,
		Status: lnrpc.Payment_FAILED, FailureReason: lnrpc.
			PaymentFailureReason_FAILURE_REASON_NO_ROUTE,
		Htlcs: []*lnrpc.HTLCAttempt{{
			AttemptId: 7, Status: lnrpc.HTLCAttempt_FAILED,
			Failure: &lnrpc.Failure{
				Code:               lnrpc.Failure_EXPIRY_TOO_FAR,
				FailureSourceIndex: 2,
			},
		}, {
			AttemptId: 8, Status: newerEnum, Preimage: []byte{9},
		}},
	}
	ours, err := Convert[Payment](lnds)
	require.NoError(t, err)

	record := paymentcontract.NewRecord(ours)
	require.Equal(t, paymentcontract.NewRecord(lnds), record)
	require.Equal(t, &paymentcontract.Record{
		Hash: "aa", Index: 3, Created: 5, Status: "FAILED",
		Reason: "NO_ROUTE", Attempts: []paymentcontract.Attempt{{
			ID: 7, Status: "FAILED", Code: "EXPIRY_TOO_FAR",
			Source: 2,
		}, {
			ID: 8, Status: "54321", Code: "RESERVED",
			Preimage: []byte{9},
		}},
	}, record)
}
