//go:build tower

package lnd

import (
	"sync"
	"time"

	"github.com/lightningnetwork/lnd/routing"
)

// Collector collects the updates of one subscription.
type Collector struct {
	sub  routing.ControlTowerSubscriber
	quit chan struct{}
	done chan struct{}

	mu      sync.Mutex
	updates []*StoredPayment
	ended   bool
	changed chan struct{}
}

// Collect starts to collect updates.
func Collect(sub routing.ControlTowerSubscriber) *Collector {
	c := &Collector{
		sub: sub, quit: make(chan struct{}), done: make(chan struct{}),
		changed: make(chan struct{}, 1),
	}
	go c.run()

	return c
}

// run collects updates until the stream ends or the collector is closed.
func (c *Collector) run() {
	defer close(c.done)

	for {
		select {
		case update, ok := <-c.sub.Updates():
			c.mu.Lock()
			c.ended = !ok
			if ok {
				c.updates = append(
					c.updates, update.(*StoredPayment),
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

// Received returns the updates so far, and whether the stream has ended.
func (c *Collector) Received() ([]*StoredPayment, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()

	return c.updates, c.ended
}

// Await waits for an update, or for the end of the stream. It returns false if
// neither comes in time.
func (c *Collector) Await(patience time.Duration,
	wanted func(*StoredPayment) bool) bool {

	timeout := time.NewTimer(patience)
	defer timeout.Stop()

	for {
		updates, ended := c.Received()
		if n := len(updates); ended || n > 0 && wanted(updates[n-1]) {
			return true
		}

		select {
		case <-c.changed:
		case <-timeout.C:
			return false
		}
	}
}

// Close ends the subscription.
func (c *Collector) Close() {
	close(c.quit)
	<-c.done
	c.sub.Close()
}
