//go:build nodes

package nodes

import (
	"context"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/stretchr/testify/require"
)

const (
	// startingWithin is the longest time until a node is killed that is to
	// be killed while it starts, and one in startingOdds is.
	startingWithin = 3 * time.Second
	startingOdds   = 4
)

// victim is a node that is killed, and the lnd that it runs.
type victim struct {
	*regtest.Node

	lnd string
}

// killer kills nodes.
type killer struct {
	*attack

	// victims are those to choose from, and killed says, by its name, how
	// often each was killed.
	victims []victim
	killed  map[string]int

	// starting is how often it did so while the node was starting.
	starting int
}

// newKiller starts the network of an attack that kills nodes: the sender, as
// long as there are no others.
func newKiller(t *testing.T, kind string, side side,
	cfg regtest.Config) *killer {

	cfg.SenderFlags = storeFlags(t, *store)
	a := newAttack(t, kind, side, cfg)

	return &killer{
		attack: a, victims: []victim{{a.net.Sender, side.program()}},
		killed: make(map[string]int),
	}
}

// counts returns how many nodes were killed while they started.
func (k *killer) counts() []Count {
	return []Count{{"starting", k.starting}}
}

// TestOutcomesKilled kills a node at random moments under load and starts it
// again. What anybody was told about the end of a payment stays so: in the
// streams, in ListPayments and in the recipient's books, and all payments end.
// Stock, the control, is known to break that.
func TestOutcomesKilled(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			k := newKiller(t, Kills, side, regtest.Config{})
			k.run(k.strike, k.counts)
		})
	}
}

// strike kills a node and starts it, and kills it again if that is to happen
// before it is ready.
func (k *killer) strike() {
	v := k.victims[k.rng.IntN(len(k.victims))]
	k.kill(v)
	for !k.start(v) {
		k.starting++
		k.kill(v)
	}
}

// kill kills a node.
func (k *killer) kill(v victim) {
	k.strikes++
	k.killed[v.Name]++
	if v.Node == k.node {
		for _, w := range k.witnesses {
			w.leave()
		}
	}
	v.Kill()
}

// start starts a node. It returns false if the node is to be killed before it is
// ready.
func (k *killer) start(v victim) bool {
	ctx := context.Background()
	if k.strikes < *kills && k.rng.IntN(startingOdds) == 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, k.upTo(startingWithin))
		defer cancel()
	}

	err := k.load.restart(ctx, v.Node, v.lnd)
	if err != nil && ctx.Err() != nil {
		return false
	}
	require.NoError(k, err)

	return true
}
