package paymentsdb

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPaymentIsKeptUntilItsEnd asserts that a payment that has not ended is not
// deleted, neither alone nor with all others, and that it is after its end.
func TestPaymentIsKeptUntilItsEnd(t *testing.T) {
	t.Parallel()

	o := newOutcomeTest(t, 0)
	remove := func() error {
		return o.db.DeletePayment(o.hash, false)
	}
	require.ErrorIs(t, remove(), ErrPaymentInFlight)
	deleted, err := o.db.DeletePayments(false, false)
	require.NoError(t, err)
	require.Zero(t, deleted)
	o.requireOutcome(StatusInitiated, nil)

	o.propose(FailureReasonError)
	require.NoError(t, remove())
}
