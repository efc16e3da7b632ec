package audit

import (
	"encoding/hex"
	"testing"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestStuck audits payments that are in flight for longer than their time-lock.
func TestStuck(t *testing.T) {
	t.Parallel()

	closing := &paymentrpc.PendingChannelsResponse_PendingChannel{
		RemoteNodePub: peer,
	}
	hash, err := hex.DecodeString(pay(1, inFlight, noReason).PaymentHash)
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		change func(n *fakeNode, p *paymentrpc.Payment)
		stuck  bool
	}{
		"no HTLC": {
			func(*fakeNode, *paymentrpc.Payment) {}, true,
		},
		"an HTLC": {func(n *fakeNode, _ *paymentrpc.Payment) {
			n.htlcs = []*paymentrpc.HTLC{{HashLock: hash}}
		}, false},
		"an HTLC that was received": {
			func(n *fakeNode, _ *paymentrpc.Payment) {
				n.htlcs = []*paymentrpc.HTLC{{
					HashLock: hash, Incoming: true,
				}}
			}, true,
		},
		"time-lock not over": {func(_ *fakeNode, p *paymentrpc.Payment) {
			p.Htlcs[0].Route.TotalTimeLock = height
		}, false},
		"no attempt": {func(_ *fakeNode, p *paymentrpc.Payment) {
			p.Htlcs = nil
		}, false},
		"a failed attempt": {func(_ *fakeNode, p *paymentrpc.Payment) {
			p.Htlcs[0].Status = paymentrpc.HTLCAttempt_FAILED
		}, false},
		"another attempt": {func(_ *fakeNode, p *paymentrpc.Payment) {
			more := pay(2, inFlight, noReason).Htlcs
			more[0].Route.TotalTimeLock = height
			p.Htlcs = append(p.Htlcs, more...)
		}, false},
		"on the chain": {func(n *fakeNode, _ *paymentrpc.Payment) {
			n.pending.PendingForceClosingChannels = append(
				n.pending.PendingForceClosingChannels,
				&paymentrpc.PendingChannelsResponse_ForceClosedChannel{
					Channel: closing,
				})
		}, false},
		"about to be on the chain": {
			func(n *fakeNode, _ *paymentrpc.Payment) {
				n.pending.WaitingCloseChannels = append(
					n.pending.WaitingCloseChannels,
					&paymentrpc.PendingChannelsResponse_WaitingCloseChannel{
						Channel: closing,
					})
			}, false,
		},
		"AMP, an HTLC of another hash": {
			func(n *fakeNode, p *paymentrpc.Payment) {
				p.Htlcs[0].Route.Hops[0].AmpRecord =
					&paymentrpc.AMPRecord{}
				n.htlcs = []*paymentrpc.HTLC{{
					ExpirationHeight: height - 1,
				}}
			}, false,
		},
		"AMP, an HTLC of another time": {
			func(n *fakeNode, p *paymentrpc.Payment) {
				p.Htlcs[0].Route.Hops[0].AmpRecord =
					&paymentrpc.AMPRecord{}
				n.htlcs = []*paymentrpc.HTLC{{HashLock: hash}}
			}, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			p := pay(1, inFlight, noReason)
			n := &fakeNode{payments: []*paymentrpc.Payment{p}}
			tc.change(n, p)
			url, _ := newSink(t, watcher.Position{Next: 1})
			r := run(t, url, n)
			require.Equal(t, 1, r.InFlight)
			require.Equal(t, tc.stuck, r.Differs())
			if tc.stuck {
				require.Equal(t, []Kind{Stuck}, kinds(r))
			}
		})
	}
}
