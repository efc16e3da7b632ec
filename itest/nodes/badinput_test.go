//go:build nodes

package nodetest

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// badTimeout is how long a node may take for bad input, which is longer than
// any payment in it may last.
const badTimeout = 30 * time.Second

// badInput is a node that is given bad input.
type badInput struct {
	*testing.T

	net  *regtest.Network
	conn *grpc.ClientConn

	// paid and held are the hashes of a payment that has succeeded and of
	// one in flight, paidInvoice and heldInvoice what they pay.
	paid, held               []byte
	paidInvoice, heldInvoice string

	// route is a good route to the recipient.
	route *lnrpc.Route

	// wrong is how many answers were not what they have to be.
	wrong int
}

// badCase is bad input and what the node has to say to it: the text of the
// error, or the failure reason of the payment that it makes, of v0.21.2-beta and
// behind a bar that of v0.18.5-beta where it is another.
type badCase struct {
	name string
	call func(*badInput, context.Context) (string, error)
	want string
}

// wantOf returns what a node of a base has to say.
func (c badCase) wantOf(base string) string {
	newer, older, differ := strings.Cut(c.want, "|")
	if differ && base == "v0.18.5-beta" {
		return older
	}

	return newer
}

// TestBadInput gives a node input that is malformed, oversized or out of order.
// It says what is wrong, goes on, and no payment is left that does not end.
// Stock, the control, is known to leave some.
func TestBadInput(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testBadInput(t, side.name, side.lnd)
		})
	}
}

// testBadInput runs the test on one side and prints its summary.
func testBadInput(t *testing.T, side, lnd string) {
	begin := time.Now()
	b := &badInput{T: t, net: startNetwork(t, workDir(t), lnd)}
	settle := b.prepare()

	for _, c := range badCases() {
		b.try(c)
	}
	settle()

	var o *open
	within(endTimeout, func() error {
		var err error
		o, err = listOpen(context.Background(), b.net.Sender)
		require.NoError(t, err)

		return o.waitFor()
	})
	left := append(o.waiting, o.lost...)
	fmt.Printf("input base=%s lnd=%s cases=%d payments=%d violations=%d "+
		"took=%.0fs\n", scenario.BaseOf(b.net.Sender.Version), side,
		len(badCases()), len(o.ended)+len(left), len(left)+b.wrong,
		time.Since(begin).Seconds())

	if side == "stock" {
		require.NotEmpty(t, left, "stock is known to leave some "+
			"payments without an end: this test sees nothing")

		return
	}
	require.Empty(t, left, "payments without an end")
	payInvoice(t, b.net)
}

// prepare makes what the cases refer to. It returns the function that lets the
// payment in flight succeed.
func (b *badInput) prepare() func() {
	ctx := context.Background()
	sender, recipient := b.net.Sender, b.net.Recipient

	var err error
	b.conn, err = sender.Dial()
	require.NoError(b, err)
	b.Cleanup(func() { _ = b.conn.Close() })

	invoice, err := recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	require.NoError(b, err)
	p, err := pay(ctx, sender.Router, invoice.PaymentRequest, payTimeout)
	require.NoError(b, err)
	require.Equal(b, lnrpc.Payment_SUCCEEDED, p.Status)
	b.paid, b.paidInvoice = invoice.RHash, invoice.PaymentRequest

	var settle func()
	b.held, settle = hold(b.T, b.net)
	held, err := recipient.Lightning.LookupInvoice(
		ctx, &lnrpc.PaymentHash{RHash: b.held},
	)
	require.NoError(b, err)
	b.heldInvoice = held.PaymentRequest

	routes, err := sender.Lightning.QueryRoutes(
		ctx, &lnrpc.QueryRoutesRequest{
			PubKey: recipient.PubKey, Amt: amount,
		},
	)
	require.NoError(b, err)
	b.route = routes.Routes[0]

	return settle
}

// try gives the node bad input. It must say what is wrong with it, and live.
func (b *badInput) try(c badCase) {
	ctx, cancel := context.WithTimeout(context.Background(), badTimeout)
	defer cancel()

	got, err := c.call(b, ctx)
	if err != nil {
		got = status.Code(err).String() + ": " + status.Convert(err).
			Message()
	}
	want := c.wantOf(scenario.BaseOf(b.net.Sender.Version))
	if !strings.Contains(got, want) {
		b.wrong++
		b.Errorf("%s: got %q, want %q", c.name, got, want)
	}

	_, err = b.net.Sender.Lightning.GetInfo(ctx, &lnrpc.GetInfoRequest{})
	require.NoError(b, err, "the node after %s", c.name)
}

// badCases returns all cases.
func badCases() []badCase {
	var cases []badCase
	for _, more := range [][]badCase{
		badTracks, badRoutes, badSends, badDeletes, badMessages(),
	} {
		cases = append(cases, more...)
	}

	return cases
}

// track is bad input to TrackPaymentV2: a hash.
func track(hash []byte) func(*badInput, context.Context) (string, error) {
	return func(b *badInput, ctx context.Context) (string, error) {
		stream, err := b.net.Sender.Router.TrackPaymentV2(
			ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash},
		)
		if err != nil {
			return "", err
		}
		p, err := stream.Recv()

		return p.GetStatus().String(), err
	}
}

var badTracks = []badCase{
	{"track no hash", track(nil), "invalid hash length of 0, want 32"},
	{"track a short hash", track(make([]byte, 5)),
		"invalid hash length of 5, want 32"},
	{"track a long hash", track(make([]byte, 33)),
		"invalid hash length of 33, want 32"},
	{"track a huge hash", track(make([]byte, 8<<20)),
		"invalid hash length of 8388608, want 32"},
	{"track what does not exist yet", track(make([]byte, 32)), "NotFound"},
}

// sendRoute is bad input to SendToRouteV2: a good request that is spoiled.
func sendRoute(spoil func(*badInput, *routerrpc.SendToRouteRequest,
	*lnrpc.Hop)) func(*badInput, context.Context) (string, error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		_, hash := newPreimage()
		hop := &lnrpc.Hop{
			ChanId:           b.route.Hops[0].ChanId,
			Expiry:           b.route.Hops[0].Expiry,
			AmtToForwardMsat: b.route.Hops[0].AmtToForwardMsat,
			PubKey:           b.route.Hops[0].PubKey,
			TlvPayload:       true,
			MppRecord: &lnrpc.MPPRecord{
				PaymentAddr: hash, TotalAmtMsat: amount * 1000,
			},
		}
		request := &routerrpc.SendToRouteRequest{
			PaymentHash: hash,
			Route: &lnrpc.Route{
				TotalTimeLock: b.route.TotalTimeLock,
				TotalAmtMsat:  b.route.TotalAmtMsat,
				Hops:          []*lnrpc.Hop{hop},
			},
		}
		spoil(b, request, hop)

		attempt, err := b.net.Sender.Router.SendToRouteV2(ctx, request)
		if err != nil {
			return "", err
		}

		return attempt.Status.String() + " " +
			attempt.GetFailure().GetCode().String(), nil
	}
}

type (
	in     = badInput
	sendTo = routerrpc.SendToRouteRequest
)

var badRoutes = []badCase{
	{"no route", sendRoute(func(_ *in, r *sendTo, _ *lnrpc.Hop) {
		r.Route = nil
	}), "no routes provided"},
	{"empty route", sendRoute(func(_ *in, r *sendTo, _ *lnrpc.Hop) {
		r.Route = &lnrpc.Route{}
	}), "empty route hops provided"},
	{"route to no hash", sendRoute(func(_ *in, r *sendTo, _ *lnrpc.Hop) {
		r.PaymentHash = nil
	}), "invalid hash length of 0, want 32"},
	{"route to a long hash", sendRoute(func(_ *in, r *sendTo,
		_ *lnrpc.Hop) {

		r.PaymentHash = make([]byte, 64)
	}), "invalid hash length of 64, want 32"},
	{"unknown channel, no key", sendRoute(func(_ *in, _ *sendTo,
		h *lnrpc.Hop) {

		h.PubKey, h.ChanId = "", 1
	}), "edge not found"},
	{"unknown first channel", sendRoute(func(_ *in, _ *sendTo,
		h *lnrpc.Hop) {

		h.ChanId = 1
	}), "FAILED UNKNOWN_NEXT_PEER"},
	{"key that is no hex", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.PubKey = "nonsense"
	}), "cannot decode pubkey nonsense"},
	{"key that is no point", sendRoute(func(_ *in, _ *sendTo,
		h *lnrpc.Hop) {

		h.PubKey = "02" + strings.Repeat("ff", 32)
	}), "invalid public key|INTERNAL_FAILURE"},
	{"short key", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.PubKey = "02"
	}), "invalid public key|INTERNAL_FAILURE"},
	{"30 hops", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		plain := &lnrpc.Hop{
			ChanId: h.ChanId, PubKey: h.PubKey, Expiry: h.Expiry,
			AmtToForwardMsat: h.AmtToForwardMsat, TlvPayload: true,
		}
		for range 29 {
			r.Route.Hops = append([]*lnrpc.Hop{plain},
				r.Route.Hops...)
		}
	}), "too many hops|INTERNAL_FAILURE"},
	{"large record", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.CustomRecords = map[uint64][]byte{
			70_000: make([]byte, 2_000),
		}
	}), "max payload size exceeded|larger than the max allowed size"},
	{"record of a reserved type", sendRoute(func(_ *in, _ *sendTo,
		h *lnrpc.Hop) {

		h.CustomRecords = map[uint64][]byte{8: {1}}
	}), "no custom records with types below 65536"},
	{"no payment address", sendRoute(func(_ *in, _ *sendTo,
		h *lnrpc.Hop) {

		h.MppRecord.PaymentAddr = nil
	}), "missing payment_addr"},
	{"short payment address", sendRoute(func(_ *in, _ *sendTo,
		h *lnrpc.Hop) {

		h.MppRecord.PaymentAddr = []byte{1}
	}), "unable to parse payment_addr"},
	{"short AMP share", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.AmpRecord = &lnrpc.AMPRecord{RootShare: []byte{1}}
	}), "AMP root_share must be 32 bytes"},
	{"AMP without MPP", sendRoute(func(b *in, r *sendTo, h *lnrpc.Hop) {
		_, setID := newPreimage()
		h.MppRecord, h.AmpRecord = nil, &lnrpc.AMPRecord{
			RootShare: r.PaymentHash, SetId: setID,
		}
	}), "cannot send AMP without MPP record|INTERNAL_FAILURE"},
	{"first hop record of a reserved type", sendRoute(func(_ *in,
		r *sendTo, _ *lnrpc.Hop) {

		r.FirstHopCustomRecords = map[uint64][]byte{8: {1}}
	}), "65536"},
	{"large first hop record", sendRoute(func(_ *in, r *sendTo,
		_ *lnrpc.Hop) {

		r.FirstHopCustomRecords = map[uint64][]byte{
			70_000: make([]byte, 70_000),
		}
	}), "large"},
	{"no amount", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		r.Route.TotalAmtMsat, h.AmtToForwardMsat = 0, 0
	}), "amount to forward: 0 mSAT|INTERNAL_FAILURE"},
	{"negative amount", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		r.Route.TotalAmtMsat, h.AmtToForwardMsat = -1, -1
	}), "attempted value exceeds payment amount"},
	{"no time", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		r.Route.TotalTimeLock, h.Expiry = 0, 0
	}), "outgoing timelock: 0|INTERNAL_FAILURE"},
	{"negative total", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.MppRecord.TotalAmtMsat = -1
	}), "FAILED"},
	{"skip_temp_err without MPP", sendRoute(func(_ *in, r *sendTo,
		h *lnrpc.Hop) {

		r.SkipTempErr, h.MppRecord = true, nil
	}), "cannot skip temp error for non-MPP"},
	{"route to what is paid", sendRoute(func(b *in, r *sendTo,
		_ *lnrpc.Hop) {

		r.PaymentHash = b.paid
	}), "AlreadyExists"},
	{"route to what is in flight", sendRoute(func(b *in, r *sendTo,
		h *lnrpc.Hop) {

		r.PaymentHash, h.MppRecord = b.held, nil
	}), "AlreadyExists"},
}

// sendPayment is bad input to SendPaymentV2: a good request that is spoiled.
func sendPayment(spoil func(*badInput, *routerrpc.SendPaymentRequest)) func(
	*badInput, context.Context) (string, error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		_, hash := newPreimage()
		dest, err := hex.DecodeString(b.net.Recipient.PubKey)
		require.NoError(b, err)
		request := &routerrpc.SendPaymentRequest{
			Dest: dest, PaymentHash: hash, Amt: amount,
			FeeLimitSat: amount, TimeoutSeconds: 5,
			FinalCltvDelta: 80,
		}
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
	}), "invalid vertex length of 0|timeout_seconds must be"},
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
	}), "amount cannot be negative|INSUFFICIENT_BALANCE"},
	{"more than there is", sendPayment(func(_ *in, r *sendReq) {
		r.Amt = 1 << 52
	}), "FAILED"},
	{"negative fee limit", sendPayment(func(_ *in, r *sendReq) {
		r.FeeLimitSat = -1
	}), "amount cannot be negative|INCORRECT_PAYMENT_DETAILS"},
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
	}), "exceeds maximum possible amount|NO_ROUTE"},
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

// payload is a message as it is on the wire.
type payload []byte

// wire is a codec that sends a payload as it is and drops what is received.
type wire struct{}

// Marshal implements encoding.Codec.
func (wire) Marshal(message any) ([]byte, error) {
	return message.(payload), nil
}

// Unmarshal implements encoding.Codec.
func (wire) Unmarshal([]byte, any) error {
	return nil
}

// Name implements encoding.Codec.
func (wire) Name() string {
	return "proto"
}

// badMessages returns what no client sends that uses the messages of the RPC.
func badMessages() []badCase {
	var cases []badCase
	for _, method := range []string{
		"SendPaymentV2", "SendToRouteV2", "TrackPaymentV2",
		"TrackPayments",
	} {
		cases = append(cases, badCase{
			method + " of garbage",
			message(method, payload("\xff\xff\xff garbage")),
			codes.Internal.String(),
		})
	}

	return append(cases, badCase{
		"no such method", message("Nonsense", nil), "Unimplemented",
	})
}

// message is a message to a method of the router.
func message(method string, p payload) func(*badInput, context.Context) (string,
	error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		stream, err := b.conn.NewStream(
			ctx, &grpc.StreamDesc{ServerStreams: true},
			"/routerrpc.Router/"+method, grpc.ForceCodec(wire{}),
		)
		if err != nil {
			return "", err
		}
		if err := stream.SendMsg(p); err != nil {
			return "", err
		}
		_ = stream.CloseSend()

		return "an answer", stream.RecvMsg(nil)
	}
}
