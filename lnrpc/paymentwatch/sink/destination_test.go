package sink

import (
	"bytes"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/btcsuite/btcd/chaincfg/chainhash"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/zpay32"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestDestinationOfInvoice checks that a payment without an attempt is known to
// be for who made the invoice. This one is from BOLT 11.
func TestDestinationOfInvoice(t *testing.T) {
	t.Parallel()

	p := &paymentrpc.Payment{PaymentRequest: "lnbc1pvjluezsp5zyg3zyg3zyg" +
		"3zyg3zyg" +
		"3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyq" +
		"cyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjy" +
		"peh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7c" +
		"k6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52" +
		"cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql"}
	require.Equal(t, "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f"+
		"221ede0f934dd9ad", destination(p))

	require.Empty(t, destination(&paymentrpc.Payment{}))
	for _, request := range []string{"lnbc1", "lno1", "x", "lnbc1qqqqqq"} {
		require.Empty(t, destination(&paymentrpc.Payment{
			PaymentRequest: request,
		}))
	}
}

// TestPayeeIsWhatLndReads lets lnd make invoices, of which some name the payee,
// and reads them.
func TestPayeeIsWhatLndReads(t *testing.T) {
	t.Parallel()

	networks := []*chaincfg.Params{
		&chaincfg.MainNetParams, &chaincfg.TestNet3Params,
		&chaincfg.RegressionNetParams, &chaincfg.SigNetParams,
	}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 32, 32)
		key, public := btcec.PrivKeyFromBytes(
			secret.Filter(func(b []byte) bool {
				return !bytes.Equal(b, make([]byte, 32))
			}).Draw(t, "key"),
		)
		with := []func(*zpay32.Invoice){
			zpay32.Description(rapid.StringN(0, 50, 600).Draw(
				t, "description",
			)),
			zpay32.PaymentAddr([32]byte(secret.Draw(t, "address"))),
			zpay32.Features(lnwire.NewFeatureVector(
				lnwire.NewRawFeatureVector(
					lnwire.TLVOnionPayloadOptional,
					lnwire.PaymentAddrRequired,
				), lnwire.Features,
			)),
		}
		if rapid.Bool().Draw(t, "with an amount") {
			with = append(with, zpay32.Amount(lnwire.MilliSatoshi(
				rapid.Uint64Range(1, btcutil.MaxSatoshi).Draw(
					t, "amount",
				),
			)))
		}
		if rapid.Bool().Draw(t, "names the payee") {
			with = append(with, zpay32.Destination(public))
		}

		invoice, err := zpay32.NewInvoice(
			rapid.SampledFrom(networks).Draw(t, "network"),
			[32]byte(secret.Draw(t, "hash")),
			time.Unix(rapid.Int64Range(0, 1<<35-1).Draw(
				t, "time",
			), 0), with...,
		)
		require.NoError(t, err)
		request, err := invoice.Encode(zpay32.MessageSigner{
			SignCompact: func(message []byte) ([]byte, error) {
				return ecdsa.SignCompact(
					key, chainhash.HashB(message), true,
				), nil
			},
		})
		require.NoError(t, err)

		require.Equal(t, public.SerializeCompressed(), payee(request))
	})
}
