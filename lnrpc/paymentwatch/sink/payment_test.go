package sink

import (
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestPaymentRow checks how a payment is kept.
func TestPaymentRow(t *testing.T) {
	t.Parallel()

	p := NewPayment(pay(2, succeeded, none).Payment, "regtest", at0)
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
	p = NewPayment(late, "regtest", at0)
	require.Nil(t, p.FailureReason)
	require.Nil(t, p.Preimage)
}

// TestDestinationOfInvoice checks that a payment without an attempt is known to
// be for who made the invoice. This one is from BOLT 11.
func TestDestinationOfInvoice(t *testing.T) {
	t.Parallel()

	p := &lnrpc.Payment{PaymentRequest: "lnbc1pvjluezsp5zyg3zyg3zyg3zyg" +
		"3zyg" +
		"3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyq" +
		"cyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjy" +
		"peh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7c" +
		"k6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52" +
		"cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql"}
	require.Equal(t, "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f"+
		"221ede0f934dd9ad", destination(p, "mainnet"))

	require.Empty(t, destination(p, "regtest"))
	require.Empty(t, destination(p, "unknown"))
	require.Empty(t, destination(&lnrpc.Payment{}, "mainnet"))
}
