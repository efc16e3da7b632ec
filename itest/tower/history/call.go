package history

import (
	"encoding/hex"
	"sync"

	"lnd-once/itest/tower/model"
)

// sizesOfShards are what a shard of several can be worth. The last one exceeds
// the payment.
var sizesOfShards = []int{
	model.Worth / 5, model.Worth / 5, model.Worth / 5, model.Worth / 2,
	model.Worth, model.Worth + 1,
}

// call is a step while it is made.
type call struct {
	model.Attempted
	on *subject

	// pick chooses what is not chosen yet.
	pick int

	// sub is the subscription of who starts to listen.
	stream Stream

	// leaves is who stops to listen.
	leaves *listener
}

// prepare turns a step into a call.
func (h *history) prepare(s Step) *call {
	c := &call{pick: s.Pick, on: h.subjects[s.Hash%len(h.subjects)]}
	c.Change = model.Change{
		Action:       s.Action,
		Reason:       s.Reason,
		DeleteFailed: s.Flag && s.Action == model.FailBecause,
	}

	switch s.Action {
	case model.Initiate:
		c.Change.Created = h.tick()

	case model.InitiateWith:
		c.Change.Created = h.tick()
		h.addShard(c)

	case model.Register:
		h.addShard(c)

	case model.Settle, model.Fail, model.FailBecause:
		c.Change.Shard.ID = c.on.pickAttempt(s.Pick)
		if c.on.isLate(c.Change.Shard.ID) {
			h.Counts.Late++
		}

	case leave:
		c.leaves = h.pickListener(s.Pick)
	}

	return c
}

// addShard gives a call a new shard, in one case of eight of another sort than
// the payment's.
func (h *history) addShard(c *call) {
	sort := c.on.sort
	if c.pick%8 == 7 {
		sort = sort.next()
	}

	s := model.Shard{
		ID: uint64(h.tick()), Amount: model.Worth,
		Result: model.Pending,
	}
	if sort == singlePart {
		s.Single = true
	} else {
		s.Amount = sizesOfShards[c.pick/8%len(sizesOfShards)]
	}

	c.Change.Shard, c.Change.AMP = s, sort == atomicMultiPart
	c.on.attempts = append(c.on.attempts, s.ID)
}

// pickAttempt chooses an attempt that is pending, mostly; otherwise any that
// was ever made, also for an earlier payment of the hash; or an unknown one.
func (s *subject) pickAttempt(pick int) uint64 {
	var live []uint64
	for _, shard := range s.now.Shards {
		if shard.Result == model.Pending {
			live = append(live, shard.ID)
		}
	}

	among := live
	if pick%4 == 3 || len(live) == 0 {
		among = s.attempts
	}
	if len(among) == 0 {
		return 0
	}

	return among[pick/4%len(among)]
}

// isLate returns whether there is a payment, but the attempt is one of an
// earlier payment of the hash.
func (s *subject) isLate(attempt uint64) bool {
	return attempt != 0 && int64(attempt) < s.now.Created
}

// makeAll makes the calls, all at once.
func (h *history) makeAll(calls []*call) {
	h.Counts.Steps += len(calls)

	var (
		wg    sync.WaitGroup
		start = make(chan struct{})
	)
	for _, c := range calls {
		wg.Add(1)
		go func() {
			defer wg.Done()

			<-start
			c.make(h.tower)
		}()
	}
	close(start)
	wg.Wait()

	for _, c := range calls {
		c.Unsure = h.disturbance != nil
		h.note("%v", c)
	}
}

// make makes the call.
func (c *call) make(t Tower) {
	switch c.Action {
	case listenToAll:
		c.stream, c.Err = t.SubscribeAll()

	case listenToOne:
		c.stream, c.Err = t.Subscribe(c.on.hash)

	case leave:
		if c.leaves != nil {
			c.leaves.stream.Close()
		}

	default:
		c.Err = t.Make(c.on.hash, c.Change)
	}
}

// changes returns whether the call changes a payment, or tries to.
func (c *call) changes() bool {
	switch c.Action {
	case listenToAll, listenToOne, leave:
		return false
	}

	return true
}

// String describes the call.
func (c *call) String() string {
	hash := hex.EncodeToString(c.on.hash[:4])
	if !c.changes() {
		return string(c.Action) + " " + hash
	}

	return hash + " " + c.Attempted.String()
}
