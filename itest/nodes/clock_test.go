//go:build nodes

package nodes

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"lnd-once/internal/gobuild"
	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	// maxAhead is how far the node's clock is ahead of ours at most. An
	// invoice that we have just made must not have expired for the node.
	maxAhead = 45 * time.Minute

	// clockTime is how long the node takes at most to follow its clock.
	clockTime = 2 * time.Second
)

// hasClock says that there is an lnd with a clock of its own.
var hasClock = flag.Bool("clock", false, "there is an lnd with a clock of its own")

// setClock is a node's clock that can be set.
type setClock struct {
	*attack

	// file says how far it is ahead.
	file  string
	ahead time.Duration
}

// TestOutcomesClockBack sets the clock of a node back, by up to three quarters of
// an hour, at random moments under load, and forward again. All that holds when it
// is killed holds.
func TestOutcomesClockBack(t *testing.T) {
	if !*hasClock {
		t.Skipf("to name %s builds the lnd that it needs", ClockBack)
	}
	file := filepath.Join(t.TempDir(), "clock")
	t.Setenv(gobuild.ClockFile, file)
	require.NoError(t, os.WriteFile(file, []byte("0"), 0o600))

	side := side{name: patched, lnd: clockProgram}
	t.Run(side.name, func(t *testing.T) {
		c := &setClock{file: file, attack: newAttack(
			t, ClockBacks, side, regtest.Config{
				SenderFlags: storeFlags(t, *store),
			},
		)}
		c.run(func() {
			// Those who listen must not think that they have come
			// after what is made now. So this begins when they are
			// there, and the clock is never behind ours.
			if c.strikes == 0 {
				c.gather()
				c.set(maxAhead)
			}
			c.strikes++
			if c.ahead < maxAhead/8 {
				c.set(maxAhead)
			}
			c.set(c.upTo(c.ahead))
		}, func() []Count { return nil })
	})
}

// set sets the clock, and waits until the node has it.
func (c *setClock) set(ahead time.Duration) {
	c.ahead = ahead.Truncate(time.Second)
	require.NoError(c, os.WriteFile(c.file, []byte(
		strconv.Itoa(int(c.ahead.Seconds()))), 0o600))

	eventually(c.T, clockTime, "the node's clock", c.shows)
}

// shows returns an error if the node's clock is not as it was set.
func (c *setClock) shows() error {
	ctx, cancel := context.WithTimeout(context.Background(), payTimeout)
	defer cancel()

	lightning := c.net.Sender.Lightning
	added, err := lightning.AddInvoice(ctx, &lnrpc.Invoice{Value: amount})
	if err != nil {
		return err
	}
	invoice, err := lightning.LookupInvoice(
		ctx, &lnrpc.PaymentHash{RHash: added.RHash},
	)
	if err != nil {
		return err
	}

	off := time.Until(time.Unix(invoice.CreationDate, 0)) - c.ahead
	if off.Abs() > clockTime {
		return fmt.Errorf("its clock is off by %v", off)
	}

	return nil
}
