//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

// sendPayment is bad input to SendPaymentV2: a good request that is spoiled.
func sendPayment(spoil func(*badInput, *routerrpc.SendPaymentRequest)) func(
	*badInput, context.Context) (string, error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		_, hash := newPreimage()
		request := requestTo(
			b.T, b.net.Recipient, hash, 5*time.Second,
		)
		spoil(b, request)

		p, err := send(ctx, b.net.Sender.Router, request)
		if err != nil {
			return "", err
		}

		return p.Status.String() + " " + p.FailureReason.String(), nil
	}
}

// payRequest replaces all that an invoice says by an invoice.
func payRequest(r *sendReq, invoice string) {
	r.Dest, r.PaymentHash, r.Amt, r.FinalCltvDelta = nil, nil, 0, 0
	r.PaymentRequest = invoice
}

type sendReq = routerrpc.SendPaymentRequest

var badSends = []badCase{
	{"nothing", sendPayment(func(_ *in, r *sendReq) {
		*r = routerrpc.SendPaymentRequest{}
	}), ofBase},
	{"nonsense for an invoice", sendPayment(func(_ *in, r *sendReq) {
		payRequest(r, "nonsense")
	}), "invalid"},
	{"large invoice", sendPayment(func(_ *in, r *sendReq) {
		payRequest(r, "lnbcrt1"+strings.Repeat("q", 1<<20))
	}), "invoice is too large"},
	{"invoice and destination", sendPayment(func(b *in, r *sendReq) {
		r.PaymentRequest = b.paidInvoice
	}), "dest and payment_request cannot appear together"},
	{"short destination", sendPayment(func(_ *in, r *sendReq) {
		r.Dest = r.Dest[:5]
	}), "invalid vertex length of 5"},
	{"destination that is no point", sendPayment(func(_ *in, r *sendReq) {
		r.Dest = []byte("\x02" + strings.Repeat("\xff", 32))
	}), "NO_ROUTE"},
	{"short hash", sendPayment(func(_ *in, r *sendReq) {
		r.PaymentHash = r.PaymentHash[:31]
	}), "invalid hash length of 31, want 32"},
	{"nothing to pay", sendPayment(func(_ *in, r *sendReq) {
		r.Amt = 0
	}), "amount must be specified"},
	{"two amounts", sendPayment(func(_ *in, r *sendReq) {
		r.AmtMsat = 1000
	}), "mutually exclusive"},
	{"negative amount to pay", sendPayment(func(_ *in, r *sendReq) {
		r.Amt = -1
	}), ofBase},
	{"more than there is", sendPayment(func(_ *in, r *sendReq) {
		r.Amt = 1 << 52
	}), "FAILED"},
	{"negative fee limit", sendPayment(func(_ *in, r *sendReq) {
		r.FeeLimitSat = -1
	}), ofBase},
	{"negative time", sendPayment(func(_ *in, r *sendReq) {
		r.TimeoutSeconds = -1
	}), "FAILED"},
	{"time preference", sendPayment(func(_ *in, r *sendReq) {
		r.TimePref = 5
	}), "time preference out of range"},
	{"time lock over the limit", sendPayment(func(_ *in, r *sendReq) {
		r.CltvLimit = -1
	}), "total time lock of 4294967295 exceeds max allowed"},
	{"last hop that is no key", sendPayment(func(_ *in, r *sendReq) {
		r.LastHopPubkey = []byte{1, 2, 3}
	}), "invalid vertex length of 3"},
	{"parts that are too small", sendPayment(func(_ *in, r *sendReq) {
		r.MaxParts, r.MaxShardSizeMsat = 2, 1
	}), ofBase},
	{"record of a reserved type to pay", sendPayment(func(_ *in,
		r *sendReq) {

		r.DestCustomRecords = map[uint64][]byte{8: {1}}
	}), "no custom records with types below 65536"},
	{"large record to pay", sendPayment(func(_ *in, r *sendReq) {
		r.DestFeatures = []lnrpc.FeatureBit{
			lnrpc.FeatureBit_TLV_ONION_OPT,
		}
		r.DestCustomRecords = map[uint64][]byte{
			70_000: make([]byte, 2_000),
		}
	}), "FAILED"},
	{"hint that is no key", sendPayment(func(_ *in, r *sendReq) {
		r.RouteHints = []*lnrpc.RouteHint{{HopHints: []*lnrpc.HopHint{
			{NodeId: "nonsense"},
		}}}
	}), "invalid byte"},
	{"to oneself", sendPayment(func(b *in, r *sendReq) {
		var err error
		r.Dest, err = hex.DecodeString(b.net.Sender.PubKey)
		require.NoError(b, err)
	}), "self-payments not allowed"},
	{"no such channel to go out", sendPayment(func(_ *in, r *sendReq) {
		r.OutgoingChanIds = []uint64{1}
	}), "FAILED"},
	{"invoice that is paid", sendPayment(func(b *in, r *sendReq) {
		payRequest(r, b.paidInvoice)
	}), "AlreadyExists"},
	{"invoice that is in flight", sendPayment(func(b *in, r *sendReq) {
		payRequest(r, b.heldInvoice)
	}), "AlreadyExists"},
	{"hash that is in flight", sendPayment(func(b *in, r *sendReq) {
		r.PaymentHash = b.held
	}), "AlreadyExists"},
}
