//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/stretchr/testify/require"
)

const (
	// mustHave is how many sorts of trouble every test has, however short:
	// monitors and node are stopped, and all are killed together.
	mustHave = 3

	// calmTime is how long payments go on when the trouble is over.
	calmTime = 5 * time.Second

	// tellEvery is after how many kills of the node we say how far we are.
	tellEvery = 10
)

// interval is a time in which node or monitors may have been away.
type interval struct {
	begin, end time.Time
}

// chaos is what happens to a node and its monitors.
type chaos struct {
	*testing.T

	lnd      string
	net      *regtest.Network
	monitors []*monitor
	load     *load
	rng      *rand.Rand

	// away are the times in which somebody was not there.
	away []interval

	// calm says that everything is known to be live.
	calm bool

	// lost are the payments that stay in flight for ever.
	lost []run

	// nodeKills and monitorKills are how often they were killed, and
	// orderly how often something was stopped in order.
	nodeKills, monitorKills, orderly int

	// told is how many kills of the node were told of.
	told int
}

// run does something bad over and over until there were enough kills. It begins
// with what even a short test must have.
func (c *chaos) run() {
	c.calm = true
	bad := []func(){
		c.stopMonitors, c.restartNode, c.killAll, c.killNode,
		c.killNode, c.killAll, c.killMonitor, c.killMonitors,
		c.killStarting,
	}

	for i := 0; min(c.nodeKills, c.monitorKills) < *kills; i++ {
		c.wait(3 * time.Second)
		if c.calm {
			c.away = append(c.away, interval{begin: time.Now()})
			c.calm = false
		}
		if i < mustHave {
			bad[i]()
		} else {
			bad[c.rng.IntN(len(bad))]()
		}

		// Sometimes the next one comes before all is well again.
		if c.rng.IntN(2) == 0 {
			c.calmDown()
		}

		if told := c.nodeKills - c.nodeKills%tellEvery; told > c.told {
			c.told = told
			fmt.Printf("%s: %s so far\n", c.Name(), c.troubles())
		}
	}
	c.calmDown()

	// All of this must be in the tables, also what is retried.
	time.Sleep(calmTime)
}

// troubles says what has happened.
func (c *chaos) troubles() string {
	return fmt.Sprintf("%d kills of the node, %d of monitors, %d stops in "+
		"order", c.nodeKills, c.monitorKills, c.orderly)
}

// wait waits for a random time up to a limit.
func (c *chaos) wait(limit time.Duration) {
	time.Sleep(time.Duration(c.rng.Int64N(int64(limit))))
}

// calmDown waits until all monitors are live and have a payment that is made
// now.
func (c *chaos) calmDown() {
	hash := payInvoice(c.T, c.net)
	for _, m := range c.monitors {
		eventually(c.T, liveTimeout, m.name+" to be back",
			func() error {
				m.requireAlive(c.T)
				if err := m.has(hash); err != nil {
					return err
				}

				return m.live()
			},
		)
	}
	if !c.calm {
		c.away[len(c.away)-1].end = time.Now()
	}
	c.calm = true
}

// stopMonitors stops the monitors for a while.
func (c *chaos) stopMonitors() {
	c.orderly += len(c.monitors)
	for _, m := range c.monitors {
		m.requireAlive(c.T)
		m.stop()
	}
	c.wait(5 * time.Second)
	for _, m := range c.monitors {
		m.start(c.T)
	}
}

// restartNode restarts the node in order.
func (c *chaos) restartNode() {
	c.orderly++
	c.startNode()
}

// startNode starts the node.
func (c *chaos) startNode() {
	require.NoError(c, c.load.restart(
		context.Background(), c.net.Sender, c.lnd,
	))
}

// killMonitor kills one of the monitors and starts it again a bit later.
func (c *chaos) killMonitor() {
	m := c.monitors[c.rng.IntN(len(c.monitors))]
	c.kill(m)
	c.wait(2 * time.Second)
	m.start(c.T)
}

// killMonitors kills all monitors, which leaves nobody who has noticed what
// happens until they are back.
func (c *chaos) killMonitors() {
	for _, m := range c.monitors {
		c.kill(m)
	}
	c.wait(3 * time.Second)
	for _, m := range c.monitors {
		m.start(c.T)
	}
}

// killStarting kills a monitor, and again when it has just been started.
func (c *chaos) killStarting() {
	m := c.monitors[c.rng.IntN(len(c.monitors))]
	c.kill(m)
	m.start(c.T)
	c.wait(time.Second)
	c.kill(m)
	m.start(c.T)
}

// killNode kills the node and starts it again a bit later.
func (c *chaos) killNode() {
	c.nodeKills++
	c.net.Sender.Kill()
	c.wait(2 * time.Second)
	c.startNode()
}

// killAll kills node and monitors in any order, and starts them in any order.
func (c *chaos) killAll() {
	kills, starts := []func(){func() {
		c.nodeKills++
		c.net.Sender.Kill()
	}}, []func(){c.startNode}
	for _, m := range c.monitors {
		kills = append(kills, func() { c.kill(m) })
		starts = append(starts, func() { m.start(c.T) })
	}

	for _, i := range c.rng.Perm(len(kills)) {
		kills[i]()
		c.wait(200 * time.Millisecond)
	}
	for _, i := range c.rng.Perm(len(starts)) {
		starts[i]()
		c.wait(200 * time.Millisecond)
	}
}

// kill kills a monitor, which must not have ended by itself.
func (c *chaos) kill(m *monitor) {
	m.requireAlive(c.T)
	c.monitorKills++
	m.kill()
}
