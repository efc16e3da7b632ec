//go:build tower && patched

package oncetower

import (
	"encoding/hex"
	"fmt"
	"sync"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
)

// history plays a script on a payments database, and after every batch of
// steps compares the database and what was announced with the model.
type history struct {
	*stage

	// fatalf ends the history because of a violation.
	fatalf func(format string, args ...any)

	// payments holds a payment hash of its own for each number.
	payments []*tried

	// witness hears all announcements from the start, and tells in which
	// order concurrent changes followed each other.
	witness *listener

	// listeners holds all others.
	listeners []*listener

	// batch is the number of the batch.
	batch int

	// over is true once the history has been played to its end.
	over bool

	// trace says what was done, for who has to understand a violation.
	trace []string
}

// tried is a payment hash and what became of it so far.
type tried struct {
	hash lntypes.Hash
	sort int

	// now is its payment.
	now try

	// backwards is true once a payment followed one that was created later.
	backwards bool

	// attempts lists all attempts that were ever made.
	attempts []uint64

	// log lists what was announced since the database was opened, and
	// before that of the payment that was live then. The witness has heard
	// that many of it.
	log   []announcement
	heard int
}

// call is a step while it is made.
type call struct {
	attempted
	on *tried

	// pick chooses what is not chosen yet.
	pick int

	// sub is the subscription of who starts to listen.
	sub routing.ControlTowerSubscriber

	// leaves is who stops to listen.
	leaves *listener
}

// play plays the script.
func (h *history) play(s script) {
	for _, sort := range s.sorts {
		h.payments = append(h.payments, &tried{
			hash: h.newHash(), sort: sort,
		})
	}
	h.hire()

	for _, batch := range s.batches {
		h.playBatch(batch)
	}
	h.finish()
}

// abandon ends all streams of a history that a violation has ended.
func (h *history) abandon() {
	if !h.over && h.witness != nil {
		h.dismiss()
	}
}

// playBatch does all steps of a batch at once. To open the database again needs
// it to itself.
func (h *history) playBatch(batch []step) {
	h.batch++

	var calls []*call
	for _, s := range batch {
		switch s.action {
		case nothing:

		case reopen:
			h.reopen(s.flag)

		case stopReading, readAgain:
			h.toggle(s)

		default:
			calls = append(calls, h.prepare(s))
		}
	}

	begins := h.begins()
	h.makeAll(calls)

	passed := make(map[*tried][]try)
	for _, p := range h.payments {
		passed[p] = h.follow(p, calls)
	}
	for _, c := range calls {
		h.admit(c, begins, passed[c.on])
	}
}

// toggle makes a listener stop reading, or read again.
func (h *history) toggle(s step) {
	l := h.pickListener(s.pick)
	switch {
	case l == nil:

	case s.action == stopReading:
		l.stall()

	default:
		l.resume()
	}
}

// pickListener chooses a listener who has not left.
func (h *history) pickListener(pick int) *listener {
	var there []*listener
	for _, l := range h.listeners {
		if !l.left {
			there = append(there, l)
		}
	}
	if len(there) == 0 {
		return nil
	}

	return there[pick%len(there)]
}

// prepare turns a step into a call.
func (h *history) prepare(s step) *call {
	c := &call{pick: s.pick, on: h.payments[s.hash%len(h.payments)]}
	c.change = change{
		action:       s.action,
		reason:       s.reason,
		deleteFailed: s.flag && s.action == failBecause,
	}

	switch s.action {
	case initiate:
		c.change.created = h.tick()

	case initiateWith:
		c.change.created = h.tick()
		h.addShard(c)

	case register:
		h.addShard(c)

	case settle, fail, failBecause:
		c.change.shard.id = c.on.pickAttempt(s.pick)
		if c.on.isLate(c.change.shard.id) {
			h.late++
		}

	case leave:
		c.leaves = h.pickListener(s.pick)
	}

	return c
}

// addShard gives a call a new shard, in one case of eight of another sort than
// the payment's.
func (h *history) addShard(c *call) {
	sort := c.on.sort
	if c.pick%8 == 7 {
		sort = (sort + 1) % sorts
	}

	s := shard{id: uint64(h.tick()), amount: worth, result: pending}
	if sort == singlePart {
		s.single = true
	} else {
		s.amount = sizesOfShards[c.pick/8%len(sizesOfShards)]
	}

	c.change.shard, c.change.amp = s, sort == atomicMultiPart
	c.on.attempts = append(c.on.attempts, s.id)
}

// pickAttempt chooses an attempt that is pending, mostly; otherwise any that
// was ever made, also for an earlier payment of the hash; or an unknown one.
func (t *tried) pickAttempt(pick int) uint64 {
	var live []uint64
	for _, s := range t.now.shards {
		if s.result == pending {
			live = append(live, s.id)
		}
	}

	among := live
	if pick%4 == 3 || len(live) == 0 {
		among = t.attempts
	}
	if len(among) == 0 {
		return 0
	}

	return among[pick/4%len(among)]
}

// isLate returns whether there is a payment, but the attempt is one of an
// earlier payment of the hash.
func (t *tried) isLate(attempt uint64) bool {
	return attempt != 0 && int64(attempt) < t.now.created
}

// makeAll makes the calls, all at once.
func (h *history) makeAll(calls []*call) {
	h.steps += len(calls)

	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
	)
	for _, c := range calls {
		wg.Add(1)
		go func() {
			defer wg.Done()

			<-start
			c.make(h.open)
		}()
	}
	close(start)
	wg.Wait()

	for _, c := range calls {
		h.note("%v", c)
	}
}

// make makes the call.
func (c *call) make(p *payments) {
	switch c.action {
	case listenToAll:
		c.sub, c.err = p.SubscribeAllPayments()

	case listenToOne:
		c.sub, c.err = p.SubscribePayment(c.on.hash)

	case leave:
		if c.leaves != nil {
			c.leaves.sub.Close()
		}

	default:
		c.err = c.change.make(p, c.on.hash)
	}
}

// note adds a line to the trace.
func (h *history) note(format string, args ...any) {
	h.trace = append(h.trace, fmt.Sprintf("batch %d: ", h.batch)+
		fmt.Sprintf(format, args...))
}

// changes returns whether the call changes a payment, or tries to.
func (c *call) changes() bool {
	switch c.action {
	case listenToAll, listenToOne, leave:
		return false
	}

	return true
}

// String describes the call.
func (c *call) String() string {
	hash := hex.EncodeToString(c.on.hash[:4])
	if !c.changes() {
		return string(c.action) + " " + hash
	}

	return hash + " " + c.attempted.String()
}
