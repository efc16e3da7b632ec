//go:build nodes

package nodes

import (
	"context"
	"testing"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

// someSorts is after how many kills all sorts of payments must have succeeded.
const someSorts = 10

// TestOutcomesNetwork kills the sender, a node on one of its two ways to the
// recipient, or the recipient, at random moments under a load that also has
// payments in parts, over both ways, AMP, and payments to the sender. The same
// holds as for kills, also of those payments.
func TestOutcomesNetwork(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testNetwork(t, side)
		})
	}
}

// testNetwork runs the test on one side.
func testNetwork(t *testing.T, side side) {
	peer := peerProgram(t)
	k := newKiller(t, Network, side, regtest.Config{
		Ways: []string{peer, peer}, Payer: side.program(),
	})
	k.back = newWatched(t, k.net.Payer, k.net.Sender)
	k.kinds = append(k.kinds, (*load).settledInParts,
		(*load).settledInParts, (*load).heldInParts, (*load).paidBack)

	// Two of five strikes hit the sender.
	k.victims = append(k.victims, k.victims[0], victim{k.net.Recipient, peer})
	for _, way := range k.net.Ways {
		k.victims = append(k.victims, victim{way, peer})
	}

	k.run(func() {
		k.strike()
		k.forget()
	}, func() []Count {
		counts := k.counts()
		for _, node := range []*regtest.Node{
			k.net.Sender, k.net.Recipient, k.net.Ways[0],
			k.net.Ways[1],
		} {
			counts = append(counts, Count{
				node.Name + " killed", k.killed[node.Name],
			})
		}

		return counts
	})
	for _, count := range k.sorts {
		if *kills >= someSorts {
			require.NotZero(t, count.Value, count.Name)
		}
	}
}

// forget has the payers forget which way has failed: as long as they know of no
// difference they choose by chance, for each part.
func (k *killer) forget() {
	for _, node := range []*regtest.Node{k.net.Sender, k.net.Payer} {
		_, err := node.Router.ResetMissionControl(
			context.Background(),
			&routerrpc.ResetMissionControlRequest{},
		)
		require.NoError(k, err)
	}
}
