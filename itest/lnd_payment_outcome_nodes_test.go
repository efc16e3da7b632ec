//go:build integration

package itest

import (
	"context"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/lightningnetwork/lnd/lntest"
	"github.com/lightningnetwork/lnd/lntest/node"
	"github.com/stretchr/testify/require"
)

// outcomeChanAmt is the capacity in satoshis of each channel.
const outcomeChanAmt = btcutil.Amount(300_000)

// openOutcomeChannel starts two nodes and opens a channel from the sender to
// the recipient. The names differ from those of the standby nodes that older
// lnd harnesses start on their own.
func openOutcomeChannel(r *outcomeRun) {
	r.sender = r.NewNode("Sender", nil)
	r.recipient = r.NewNode("Recipient", nil)
	r.hops = [][]byte{r.recipient.PubKey[:]}

	r.openChannel(r.sender, r.recipient)
}

// openOutcomeRoute starts three nodes and opens channels from the sender over
// the one in the middle to the recipient.
func openOutcomeRoute(r *outcomeRun) {
	r.sender = r.NewNode("Sender", nil)
	r.middle = r.NewNode("Middle", nil)
	r.recipient = r.NewNode("Recipient", nil)
	r.hops = [][]byte{r.middle.PubKey[:], r.recipient.PubKey[:]}

	r.openChannel(r.middle, r.recipient)
	r.openChannel(r.sender, r.middle)
	r.AssertNumEdges(r.sender, 2, false)
}

// openChannel opens a channel.
func (r *outcomeRun) openChannel(from, to *node.HarnessNode) {
	r.FundCoins(btcutil.SatoshiPerBitcoin, from)
	r.ConnectNodes(from, to)
	r.OpenChannel(from, to, lntest.OpenChannelParams{
		Amt: outcomeChanAmt,
	})
}

// killSender kills the sender without a chance to save anything, starts it
// again, and has its clients come back to it.
func (r *outcomeRun) killSender() {
	require.NoError(r, r.sender.Kill(), "kill the sender")

	// What this returns is that the sender was killed and has not shut
	// down.
	_ = r.sender.WaitForProcessExit()
	for _, view := range r.views {
		view.receiveRest()
	}
	require.NoError(r, r.sender.CloseConn(), "close the connection")

	// The harness stops the node when the test is over.
	err := r.sender.Start(context.WithoutCancel(r.ctx))
	require.NoError(r, err, "start the sender again")
	r.WaitForBlockchainSync(r.sender)
	r.EnsureConnected(r.sender, r.recipient)

	for _, view := range r.views {
		view.subscribe()
	}
}
