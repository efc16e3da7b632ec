package audit

import (
	"context"
	"encoding/hex"
	"fmt"

	"lnd-once/lnrpc/paymentrpc"
)

// htlcs are those that a node's channels had at one moment.
type htlcs struct {
	// height is that of the block chain.
	height uint32

	// hashes are the payment hashes of the HTLCs sent, and expiries their
	// time-locks.
	hashes   map[string]bool
	expiries map[uint32]bool

	// closing are the peers with a channel that is being closed. What
	// becomes of the HTLCs in it the chain decides.
	closing map[string]bool
}

// readHTLCs returns the HTLCs that a node has now.
func readHTLCs(ctx context.Context, node Node) (*htlcs, error) {
	info, err := node.GetInfo(ctx, &paymentrpc.GetInfoRequest{})
	if err != nil {
		return nil, fmt.Errorf("unable to ask for the height: %w", err)
	}
	open, err := node.ListChannels(ctx, &paymentrpc.ListChannelsRequest{})
	if err != nil {
		return nil, fmt.Errorf("unable to list channels: %w", err)
	}
	pending, err := node.PendingChannels(
		ctx, &paymentrpc.PendingChannelsRequest{},
	)
	if err != nil {
		return nil, fmt.Errorf("unable to list channels that are "+
			"being closed: %w", err)
	}

	h := &htlcs{
		height: info.GetBlockHeight(), hashes: make(map[string]bool),
		expiries: make(map[uint32]bool), closing: make(map[string]bool),
	}
	for _, channel := range open.GetChannels() {
		for _, htlc := range channel.GetPendingHtlcs() {
			if !htlc.GetIncoming() {
				hash := hex.EncodeToString(htlc.GetHashLock())
				h.hashes[hash] = true
				h.expiries[htlc.GetExpirationHeight()] = true
			}
		}
	}
	for _, c := range pending.GetPendingForceClosingChannels() {
		h.closing[c.GetChannel().GetRemoteNodePub()] = true
	}
	for _, c := range pending.GetWaitingCloseChannels() {
		h.closing[c.GetChannel().GetRemoteNodePub()] = true
	}

	return h, nil
}

// stuck returns whether a payment has attempts in flight, and all are lost.
func (h *htlcs) stuck(p *paymentrpc.Payment) bool {
	inFlight := 0
	for _, attempt := range p.GetHtlcs() {
		if attempt.GetStatus() != paymentrpc.HTLCAttempt_IN_FLIGHT {
			continue
		}
		if !h.lost(p, attempt.GetRoute()) {
			return false
		}
		inFlight++
	}

	return inFlight > 0
}

// lost returns whether the HTLC of a route is in no channel, and its time-lock
// is over, so that nobody will say any more what has become of it.
func (h *htlcs) lost(p *paymentrpc.Payment, route *paymentrpc.Route) bool {
	hops := route.GetHops()
	if len(hops) == 0 || route.GetTotalTimeLock() >= h.height {
		return false
	}

	// Each HTLC of an AMP payment has a hash that is not told.
	there := h.hashes[p.GetPaymentHash()]
	if hops[len(hops)-1].GetAmpRecord() != nil {
		there = h.expiries[route.GetTotalTimeLock()]
	}

	return !there && !h.closing[hops[0].GetPubKey()]
}
