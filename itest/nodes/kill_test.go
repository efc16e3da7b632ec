//go:build nodes

package nodes

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

const (
	// endTimeout is how long the last payments may take to end.
	endTimeout = 60 * time.Second

	// manyKills is after how many kills some retries must have been seen.
	manyKills = 30

	// lostTimeout is how long a payment has to be in flight without an HTLC
	// to count as lost.
	lostTimeout = 20 * time.Second

	// deliverTime is how long after the end of a failure a monitor that is
	// live has stored it: the time for which it holds failures back, and a
	// bit for slow machines.
	deliverTime = watcher.DefaultHold + 5*time.Second
)

// TestWatchKilled kills node and monitors at random while payments are made,
// stops them in order as well, and compares in the end what the monitors have
// stored with what the node lists: no row twice, none missing, none wrong. Each
// database has the recipient's payments as well, and a webhook the sender's.
func TestWatchKilled(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			t.Parallel()
			testKilled(t, side)
		})
	}
}

// testKilled runs the test on one side.
func testKilled(t *testing.T, side side) {
	dir := workDir(t)
	net := start(t, regtest.Config{
		Dir: dir, Sender: side.program(), Recipient: peerProgram(t),
	})
	c := &chaos{
		T: t, lnd: programPath(side.lnd), net: net,
		rng:      rand.New(rand.NewPCG(*seed, payers)),
		monitors: startAll(t, net, dir),
		load: startLoad(net, *seed, slices.Concat(
			kinds, []kind{(*load).paidBack},
		)),
	}
	t.Cleanup(c.load.end)
	t.Cleanup(c.logChannel)
	t.Logf("-seed %d", *seed)
	c.run()
	c.load.end()

	listed := c.finish(side)
	theirs := c.finishRecipient()
	for _, m := range c.monitors {
		eventually(t, rowTimeout, m.name+" to be complete",
			func() error {
				m.requireAlive(t)
				if m.node == net.Recipient {
					return compare(m.rows(t), theirs, true,
						nil)
				}

				return compare(m.rows(t), listed, side.stock,
					c.load.retried)
			},
		)
	}
	required := c.requireReplaced()
	c.describe(listed, required)
}

// startAll starts monitors of the sender, one of the recipient beside each in the
// same database, and one with a webhook.
func startAll(t *testing.T, net *regtest.Network, dir string) []*monitor {
	t.Helper()

	monitors := startMonitors(t, net, dir)
	more := []*monitor{newWebhook(t, net, dir)}
	for _, m := range monitors {
		more = append(more, newMonitorOf(t, net.Recipient, dir,
			m.name+"-recipient", m.sinkURL, m.db))
	}
	for _, m := range more {
		m.start(t)
		m.waitLive(t)
	}

	return append(monitors, more...)
}

// finishRecipient waits until all payments of the recipient, which is not killed,
// have ended, and returns them.
func (c *chaos) finishRecipient() map[run]*lnrpc.Payment {
	var o *open
	eventually(c.T, endTimeout, "the recipient's payments to end",
		func() error {
			var err error
			o, err = listOpen(
				context.Background(), c.net.Recipient, 0,
			)
			if err != nil {
				return err
			}
			o.waiting = append(o.waiting, o.lost...)

			return o.waitFor()
		},
	)
	require.NotEmpty(c, o.ended)

	return o.ended
}

// finish waits until all payments have ended and returns them. A side that is
// known for it may have lost some: they are left out.
func (c *chaos) finish(side side) map[run]*lnrpc.Payment {
	var o *open
	ended := func() error {
		var err error
		o, err = listOpen(context.Background(), c.net.Sender, 0)
		if err != nil {
			return err
		}
		if !side.losesPayments {
			o.waiting = append(o.waiting, o.lost...)
		}

		return o.waitFor()
	}

	if side.stock && !within(endTimeout, ended) {
		c.Logf("restarting stock: %v", ended())
		c.restartNode()
	}
	eventually(c.T, endTimeout, "all payments to end", ended)

	// A payment may look lost for a moment before it is sent or has ended.
	within(lostTimeout, func() error {
		if err := ended(); err != nil || len(o.lost) == 0 {
			return err
		}

		return errors.New("some are lost")
	})
	require.NoError(c, ended())
	c.lost = o.lost

	return o.ended
}

// requireReplaced checks that the runs that were retried while nobody was away
// are in the tables, and returns how many these are.
func (c *chaos) requireReplaced() int {
	var required []run
	for _, r := range c.load.replaced {
		if c.there(time.Unix(0, r.created), r.known.Add(deliverTime)) {
			required = append(required, r.run)
		}
	}
	if *kills >= manyKills {
		require.NotEmpty(c, required, "no run was retried while all "+
			"were live: this sees nothing")
	}
	for _, m := range c.monitors {
		if m.node != c.net.Sender {
			continue
		}
		eventually(c.T, deliverTime, "retried runs", func() error {
			rows := m.rows(c.T)
			for _, k := range required {
				if _, ok := rows[k]; !ok {
					return fmt.Errorf("%s lacks %v, "+
						"which was retried", m.name, k)
				}
			}

			return nil
		})
	}

	return len(required)
}

// there returns whether nobody was away in a time.
func (c *chaos) there(begin, end time.Time) bool {
	for _, a := range c.away {
		if begin.Before(a.end) && end.After(a.begin) {
			return false
		}
	}

	return true
}

// logChannel tells, if the test has failed, what the nodes think of the channel:
// a link that is down looks to a payer like a balance that does not suffice.
func (c *chaos) logChannel() {
	if !c.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()

	for _, node := range []*regtest.Node{c.net.Sender, c.net.Recipient} {
		list, err := node.Lightning.ListChannels(
			ctx, &lnrpc.ListChannelsRequest{},
		)
		if err != nil {
			c.Logf("%s: %v", node.Name, err)

			continue
		}
		for _, ch := range list.Channels {
			c.Logf("%s: channel active %v, balance %d, HTLCs %d",
				node.Name, ch.Active, ch.LocalBalance,
				len(ch.PendingHtlcs))
		}
	}
}

// describe tells what happened and what the monitors have of it.
func (c *chaos) describe(listed map[run]*lnrpc.Payment, required int) {
	outcomes := make(map[lnrpc.Payment_PaymentStatus]int)
	for _, p := range listed {
		outcomes[p.Status]++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, lnd %s, seed %d\n", c.Name(),
		c.net.Sender.Version, *seed)
	if len(c.lost) > 0 {
		fmt.Fprintf(&b, "  %d payments stay in flight: their HTLC "+
			"was lost when the node was killed\n", len(c.lost))
	}
	fmt.Fprintf(&b, "  %s\n", c.troubles())
	fmt.Fprintf(&b, "  the node lists %d succeeded and %d failed "+
		"payments, %d runs were retried\n", outcomes[lnrpc.Payment_SUCCEEDED],
		outcomes[lnrpc.Payment_FAILED], len(c.load.replaced))
	fmt.Fprintf(&b, "  all %d runs retried while all were live are there\n",
		required)
	for _, m := range c.monitors {
		fmt.Fprintf(&b, "  %-18s has %d rows: none missing, none "+
			"twice, none wrong\n", m.name, len(m.rows(c.T)))
		if m.name == webhook {
			fmt.Fprintf(&b, "  %-18s had %d of them more than "+
				"once, with the same key\n", "", m.repeated(c.T))
		}
	}
	leave(c.T, ".txt", b.String())
}
