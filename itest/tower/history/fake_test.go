package history

import (
	"errors"
	"slices"
	"sync"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/model"
)

// disk is what outlives a fake control tower.
type disk struct {
	mu sync.Mutex

	// runs holds the payment of each hash, index its number.
	runs  map[lntypes.Hash]model.Run
	index map[lntypes.Hash]uint64
	last  uint64
}

// faults are ways in which a fake control tower breaks the contract.
type faults struct {
	// apply makes a change, instead of the model.
	apply func(model.Run, model.Change) model.Effect

	// told returns how often news are told, instead of once.
	told func(model.Run) int

	// forgets is true if it forgets what is live when it is closed.
	forgets bool

	// silent is true if a stream does not begin with what is live.
	silent bool

	// endless is true if a stream does not end with its payment.
	endless bool

	// silences returns whether news are not told if the answer to their
	// commit is lost.
	silences func(model.Run) bool
}

// fake is a control tower that keeps the contract but for its faults.
type fake struct {
	*disk
	faults

	// Life lets calls fail.
	*explore.Life

	streams []*fakeStream
}

// newFake returns what opens a fake control tower, with an empty disk.
func newFake(f faults) func() Tower {
	d := &disk{
		runs:  make(map[lntypes.Hash]model.Run),
		index: make(map[lntypes.Hash]uint64),
	}
	if f.apply == nil {
		f.apply = model.Run.Apply
	}
	if f.told == nil {
		f.told = func(model.Run) int { return 1 }
	}

	if f.silences == nil {
		f.silences = func(model.Run) bool { return false }
	}

	life := explore.NewLife(nil, new(int))

	return func() Tower { return &fake{disk: d, faults: f, Life: life} }
}

// Make makes a change.
func (f *fake) Make(hash lntypes.Hash, c model.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()

	effect := f.apply(f.runs[hash], c)
	if effect.Refused {
		return errors.New("refused")
	}
	done := false
	err := f.Write(func(fault error) error {
		done = fault == nil

		return fault
	})
	if !done {
		return err
	}
	f.runs[hash] = effect.Next
	if c.Action == model.Initiate || c.Action == model.InitiateWith {
		f.last++
		f.index[hash] = f.last
	}

	gone := effect.Next.Created == 0
	for _, s := range f.streams {
		if s.to != nil && *s.to != hash {
			continue
		}
		silent := err != nil && effect.News != nil &&
			f.silences(*effect.News)
		if effect.News != nil && !silent {
			for range f.told(*effect.News) {
				s.tell(f.payment(hash, *effect.News))
			}
			gone = effect.News.Ended()
		}
		if s.to != nil && gone && !f.endless {
			s.Close()
		}
	}

	return err
}

// payment describes a payment.
func (f *fake) payment(hash lntypes.Hash, r model.Run) *Payment {
	p := &Payment{
		Hash: hash, Text: r.String(), Created: r.Created,
		Ended: r.Ended(),
		RPC: &lnrpc.Payment{
			PaymentHash:    hash.String(),
			PaymentIndex:   f.index[hash],
			CreationTimeNs: r.Created,
			Status: map[string]lnrpc.Payment_PaymentStatus{
				"Initiated": lnrpc.Payment_INITIATED,
				"In Flight": lnrpc.Payment_IN_FLIGHT,
				"Succeeded": lnrpc.Payment_SUCCEEDED,
				"Failed":    lnrpc.Payment_FAILED,
			}[r.Status()],
		},
	}
	if r.Ended() {
		p.RPC.FailureReason = RPCReason(r.Reason)
	}
	for _, s := range r.Shards {
		htlc := &lnrpc.HTLCAttempt{AttemptId: s.ID}
		switch s.Result {
		case model.Paid:
			htlc.Status = lnrpc.HTLCAttempt_SUCCEEDED
			htlc.Preimage = hash[:]

		case model.Failed:
			htlc.Status = lnrpc.HTLCAttempt_FAILED
			htlc.Failure = &lnrpc.Failure{}
		}
		p.RPC.Htlcs = append(p.RPC.Htlcs, htlc)
	}

	return p
}

// Payment returns the payment of a hash.
func (f *fake) Payment(hash lntypes.Hash) (*Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	if f.runs[hash].Created == 0 {
		return nil, nil
	}

	return f.payment(hash, f.runs[hash]), nil
}

// filter returns the payments that are wanted.
func (f *fake) filter(wanted func(model.Run) bool) []*Payment {
	var all []*Payment
	for hash, r := range f.runs {
		if r.Created != 0 && wanted(r) {
			all = append(all, f.payment(hash, r))
		}
	}

	return all
}

// Observe returns the payment of a hash.
func (f *fake) Observe(hash lntypes.Hash) (*Payment, error) {
	return f.Payment(hash)
}

// Live returns all payments that have not ended.
func (f *fake) Live() ([]*Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.filter(model.Run.Live), nil
}

// List returns all payments.
func (f *fake) List() ([]*Payment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	return f.filter(func(model.Run) bool { return true }), nil
}

// SubscribeAll subscribes to all payments.
func (f *fake) SubscribeAll() (Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	s := newStream()
	if !f.silent {
		s.tell(f.filter(model.Run.Live)...)
	}
	f.streams = append(f.streams, s)

	return s, nil
}

// Subscribe subscribes to the payment of a hash.
func (f *fake) Subscribe(hash lntypes.Hash) (Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()

	r := f.runs[hash]
	if r.Created == 0 {
		return nil, errors.New("no payment")
	}
	s := newStream()
	s.to = &hash
	s.tell(f.payment(hash, r))
	if r.Ended() {
		s.Close()
	}
	f.streams = append(f.streams, s)

	return s, nil
}

// Close closes the database.
func (f *fake) Close() {
	if f.forgets {
		for hash, r := range f.runs {
			if r.Live() {
				delete(f.runs, hash)
			}
		}
	}
}

// fakeStream is a subscription to all payments, or to those of one hash.
type fakeStream struct {
	to *lntypes.Hash

	mu     sync.Mutex
	news   *sync.Cond
	queue  []*Payment
	closed bool
}

// newStream returns a subscription to all payments.
func newStream() *fakeStream {
	s := &fakeStream{}
	s.news = sync.NewCond(&s.mu)

	return s
}

// tell adds updates.
func (s *fakeStream) tell(updates ...*Payment) {
	s.mu.Lock()
	defer s.mu.Unlock()

	if !s.closed {
		s.queue = slices.Concat(s.queue, updates)
	}
	s.news.Broadcast()
}

// Receive returns the next update, nil once there will be none.
func (s *fakeStream) Receive() *Payment {
	s.mu.Lock()
	defer s.mu.Unlock()

	for len(s.queue) == 0 && !s.closed {
		s.news.Wait()
	}
	if len(s.queue) == 0 {
		return nil
	}
	next := s.queue[0]
	s.queue = s.queue[1:]

	return next
}

// Close ends the subscription. What was told already can be received.
func (s *fakeStream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()

	s.closed = true
	s.news.Broadcast()
}
