//go:build nodes

package nodes

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// startingWithin is the longest time until a node is killed that is to
	// be killed while it starts, and one in startingOdds is.
	startingWithin = 3 * time.Second
	startingOdds   = 4
)

// killer kills a node.
type killer struct {
	*attack

	// starting is how often it did so while the node was starting.
	starting int
}

// TestOutcomesKilled kills a node at random moments under load and starts it
// again. What anybody was told about the end of a payment stays so: in the
// streams, in ListPayments and in the recipient's books, and all payments end.
// Stock, the control, is known to break that.
func TestOutcomesKilled(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			k := &killer{attack: newAttack(
				t, Kills, side, storeFlags(t, *store)...,
			)}
			k.run(k.strike, func() []Count {
				return []Count{{"starting", k.starting}}
			})
		})
	}
}

// strike kills the node and starts it, and kills it again if that is to happen
// before it is ready.
func (k *killer) strike() {
	k.kill()
	for !k.start() {
		k.starting++
		k.kill()
	}
}

// kill kills the node.
func (k *killer) kill() {
	k.strikes++
	for _, w := range k.witnesses {
		w.leave()
	}
	k.net.KillSender()
}

// start starts the node. It returns false if the node is to be killed before it
// is ready.
func (k *killer) start() bool {
	ctx := context.Background()
	if k.strikes < *kills && k.rng.IntN(startingOdds) == 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, k.upTo(startingWithin))
		defer cancel()
	}

	err := k.load.restart(ctx, k.side.program())
	if err != nil && ctx.Err() != nil {
		return false
	}
	require.NoError(k, err)

	return true
}
