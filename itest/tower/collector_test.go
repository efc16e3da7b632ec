//go:build tower

package oncetower

import (
	"sync"
	"time"

	"github.com/lightningnetwork/lnd/routing"
)

// collector collects the updates of one subscription.
type collector struct {
	sub  routing.ControlTowerSubscriber
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex
	updates []*storedPayment
	ended   bool
	changed chan struct{}
}

// collect starts to collect updates.
func collect(sub routing.ControlTowerSubscriber) *collector {
	c := &collector{
		sub: sub, quit: make(chan struct{}), done: make(chan struct{}),
		changed: make(chan struct{}, 1),
	}
	go c.run()

	return c
}

// run collects updates until the stream ends or the collector is closed.
func (c *collector) run() {
	defer close(c.done)

	for {
		select {
		case update, ok := <-c.sub.Updates():
			c.mu.Lock()
			c.ended = !ok
			if ok {
				c.updates = append(
					c.updates, update.(*storedPayment),
				)
			}
			c.mu.Unlock()

			select {
			case c.changed <- struct{}{}:
			default:
			}
			if !ok {
				return
			}

		case <-c.quit:
			return
		}
	}
}

// received returns the updates so far, and whether the stream has ended.
func (c *collector) received() ([]*storedPayment, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	return c.updates, c.ended
}

// await waits for an update, or for the end of the stream. It returns false if
// neither comes.
func (c *collector) await(wanted func(*storedPayment) bool) bool {
	patience := time.NewTimer(*patience)
	defer patience.Stop()

	for {
		updates, ended := c.received()
		if n := len(updates); ended || n > 0 && wanted(updates[n-1]) {
			return true
		}

		select {
		case <-c.changed:
		case <-patience.C:
			return false
		}
	}
}

// close ends the subscription.
func (c *collector) close() {
	close(c.quit)
	<-c.done
	c.sub.Close()
}
