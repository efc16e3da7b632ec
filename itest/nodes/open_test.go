//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// open sorts the payments of a node by what is to be expected of them.
type open struct {
	// ended are those that have ended.
	ended map[run]*lnrpc.Payment

	// waiting are those whose end is still to come.
	waiting []run

	// lost are those with an attempt in flight whose HTLC is in no channel.
	// lnd's switch notes an attempt before the channel does, and if it is
	// killed in between the router of a side that loses payments waits for
	// a result for ever (lnd issue 10423): there is no outcome.
	lost []run
}

// listOpen returns the payments of a node after the one of an index. The HTLCs
// are read first: what is seen in flight after that, and has none, has lost it
// or is about to send it.
func listOpen(ctx context.Context, node *regtest.Node, after uint64) (*open,
	error) {

	channels, err := node.Lightning.ListChannels(
		ctx, &lnrpc.ListChannelsRequest{},
	)
	if err != nil {
		return nil, err
	}
	sent := make(map[string]bool)
	for _, channel := range channels.Channels {
		for _, htlc := range channel.PendingHtlcs {
			sent[hex.EncodeToString(htlc.HashLock)] = true
		}
	}
	listed, err := listAfter(ctx, node, after)
	if err != nil {
		return nil, err
	}

	o := &open{ended: make(map[run]*lnrpc.Payment)}
	for k, p := range listed {
		switch {
		case p.Status == lnrpc.Payment_SUCCEEDED,
			p.Status == lnrpc.Payment_FAILED:

			o.ended[k] = p

		case inFlight(p) && !sent[k.hash]:
			o.lost = append(o.lost, k)

		default:
			o.waiting = append(o.waiting, k)
		}
	}

	return o, nil
}

// before leaves out the payments that were made later than some time and have
// not ended.
func (o *open) before(made time.Time) {
	later := func(k run) bool { return k.created > made.UnixNano() }
	o.waiting = slices.DeleteFunc(o.waiting, later)
	o.lost = slices.DeleteFunc(o.lost, later)
}

// waitFor returns an error if there are payments whose end is still to come.
func (o *open) waitFor() error {
	if len(o.waiting) == 0 {
		return nil
	}

	return fmt.Errorf("%d payments have not ended, such as %v",
		len(o.waiting), o.waiting[0])
}

// inFlight returns whether an attempt of a payment is in flight.
func inFlight(p *lnrpc.Payment) bool {
	for _, htlc := range p.Htlcs {
		if htlc.Status == lnrpc.HTLCAttempt_IN_FLIGHT {
			return true
		}
	}

	return false
}
