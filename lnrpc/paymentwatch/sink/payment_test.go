package sink

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPaymentRow checks how a payment is kept.
func TestPaymentRow(t *testing.T) {
	t.Parallel()

	p := NewPayment(pay(2, succeeded, none).Payment, at0)
	require.Nil(t, p.FailureReason)
	require.Equal(t, dave, *p.Destination)
	require.Equal(t, "2025-11-23T07:00:02.000000007Z",
		p.ResolveTime.Format(sqliteTime))
	require.Len(t, p.Attempts, 2)
	require.Equal(t, uint32(1), *p.Attempts[0].FailureSource)
	require.Nil(t, p.Attempts[1].FailureSource)

	// lnd gives zeros for a preimage it does not have, and stock lnd may
	// give a reason to a payment that has succeeded.
	late := pay(2, succeeded, timeout).Payment
	late.PaymentPreimage = unknownPreimage
	p = NewPayment(late, at0)
	require.Nil(t, p.FailureReason)
	require.Nil(t, p.Preimage)
}
