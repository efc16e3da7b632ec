//go:build nodes

package nodes

import (
	"context"
	"strings"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

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
	}), ofBase},
	{"short key", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.PubKey = "02"
	}), ofBase},
	{"30 hops", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		plain := &lnrpc.Hop{
			ChanId: h.ChanId, PubKey: h.PubKey, Expiry: h.Expiry,
			AmtToForwardMsat: h.AmtToForwardMsat, TlvPayload: true,
		}
		for range 29 {
			r.Route.Hops = append([]*lnrpc.Hop{plain},
				r.Route.Hops...)
		}
	}), ofBase},
	{"large record", sendRoute(func(_ *in, _ *sendTo, h *lnrpc.Hop) {
		h.CustomRecords = map[uint64][]byte{
			70_000: make([]byte, 2_000),
		}
	}), ofBase},
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
	}), ofBase},
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
	}), ofBase},
	{"negative amount", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		r.Route.TotalAmtMsat, h.AmtToForwardMsat = -1, -1
	}), "attempted value exceeds payment amount"},
	{"no time", sendRoute(func(_ *in, r *sendTo, h *lnrpc.Hop) {
		r.Route.TotalTimeLock, h.Expiry = 0, 0
	}), ofBase},
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
