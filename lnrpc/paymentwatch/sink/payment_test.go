package sink

import (
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestPaymentRow checks how a payment is kept.
func TestPaymentRow(t *testing.T) {
	t.Parallel()

	p := newPayment(pay(2, succeeded, none).Payment, "regtest", at0)
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
	p = newPayment(late, "regtest", at0)
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

// TestRangesReturnTheSame checks that indexes survive being made ranges, and
// that the text stays short if they have no gaps.
func TestRangesReturnTheSame(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		indexes := rapid.SliceOf(rapid.Uint64Range(0, 60)).Draw(t, "i")
		parsed, err := parseRanges(formatRanges(indexes))
		require.NoError(t, err)
		require.Subset(t, parsed, indexes)
		require.Subset(t, indexes, parsed)
		require.IsIncreasing(t, append([]uint64{}, parsed...))
	})

	require.Equal(t, "1-3,5,8-9", formatRanges([]uint64{
		9, 8, 1, 2, 3, 5, 3,
	}))
	for _, text := range []string{
		"x", "1-", "-1", "3-2", "1,,2", "1-9223372036854775807",
	} {
		_, err := parseRanges(text)
		require.Error(t, err, text)
	}
}
