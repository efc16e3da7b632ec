//go:build tower

package crash

import (
	"errors"
	"slices"
	"sync"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"

	"lnd-once/itest/tower/explore"
)

// switchboard stands for lnd's switch during one life of the process. It tells
// results only when it is told to, and it knows what the real one has on disk:
// the circuits of HTLCs that were sent, and results.
type switchboard struct {
	*network

	life *explore.Life

	// old are the attempts that were stored when the process started. That
	// one of them was never sent is told only when it is its turn.
	old map[uint64]struct{}

	mu sync.Mutex

	// waiting holds what ends the wait of those who want a result, told
	// those whose result has been delivered.
	waiting map[uint64][]func()
	told    map[uint64]struct{}
}

// newSwitchboard starts a switch.
func newSwitchboard(network *network, life *explore.Life) *switchboard {
	return &switchboard{
		network: network, life: life,
		old:     make(map[uint64]struct{}),
		waiting: make(map[uint64][]func()),
		told:    make(map[uint64]struct{}),
	}
}

// SendHTLC sends an HTLC. Once it returns without an error the switch will know
// the attempt forever.
func (s *switchboard) SendHTLC(_ lnwire.ShortChannelID, id uint64,
	add *lnwire.UpdateAddHTLC) error {

	err := s.life.Send(func() error {
		return s.add(id, add.Amount)
	})

	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	h := s.get(id)
	if errors.Is(err, explore.ErrFault) && !h.sent {
		h.denied = true
	}

	return err
}

// GetAttemptResult returns where the result of an attempt will be told, or that
// it was never sent.
func (s *switchboard) GetAttemptResult(id uint64, hash lntypes.Hash,
	_ htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult,
	error) {

	var results <-chan *htlcswitch.PaymentResult
	s.network.mu.Lock()
	kind := "result-" + s.get(id).letter
	s.network.mu.Unlock()
	err := s.life.Call(kind, func() error {
		var err error
		results, err = s.result(id, hash)

		return err
	})

	return results, err
}

// result returns where the result of an attempt will be told.
func (s *switchboard) result(id uint64, hash lntypes.Hash) (
	<-chan *htlcswitch.PaymentResult, error) {

	results := make(chan *htlcswitch.PaymentResult, 1)

	s.network.mu.Lock()
	h := s.get(id)
	known, denied := h.sent && !h.forgotten, h.denied
	s.network.mu.Unlock()

	if _, old := s.old[id]; denied || !known && !old {
		return nil, htlcswitch.ErrPaymentIDNotFound
	}
	if known {
		s.await(id, func() { results <- h.result(hash) })

		return results, nil
	}

	turn := make(chan struct{})
	s.await(id, func() { close(turn) })
	for {
		// Nobody hears a dead switch.
		change := s.life.Change()
		if !s.life.Is(explore.Alive) {
			return results, nil
		}

		select {
		case <-turn:
			return nil, htlcswitch.ErrPaymentIDNotFound
		case <-change:
		}
	}
}

// await notes that somebody waits for a result. One that has been delivered is
// told at once.
func (s *switchboard) await(id uint64, tell func()) {
	s.mu.Lock()
	_, told := s.told[id]
	if !told {
		s.waiting[id] = append(s.waiting[id], tell)
	}
	s.mu.Unlock()

	if told {
		tell()
	}
	s.life.Notify()
}

// awaited returns the letters of the attempts whose results somebody waits for.
func (s *switchboard) awaited() []string {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()

	var letters []string
	for id := range s.waiting {
		letters = append(letters, s.get(id).letter)
	}
	slices.Sort(letters)

	return letters
}

// deliver tells the result of an attempt to all who wait for it, and returns
// whose it is.
func (s *switchboard) deliver(letter string) uint64 {
	var (
		attempt uint64
		tell    []func()
	)
	s.each(func(id uint64, h *htlc) {
		if h.letter != letter {
			return
		}
		attempt = id
		h.over, h.stored, h.denied = h.sent, h.sent, !h.sent

		s.mu.Lock()
		defer s.mu.Unlock()
		tell = s.waiting[id]
		delete(s.waiting, id)
		s.told[id] = struct{}{}
	})

	for _, t := range tell {
		t()
	}

	return attempt
}

// HasAttemptResult tells whether the result of an attempt is stored.
func (s *switchboard) HasAttemptResult(id uint64) (bool, error) {
	s.network.mu.Lock()
	defer s.network.mu.Unlock()

	h := s.get(id)
	err := s.life.Call("has", func() error { return nil })

	return h.stored && !h.forgotten, err
}

// CleanStore deletes the stored results of all other attempts.
func (s *switchboard) CleanStore(keep map[uint64]struct{}) error {
	return s.life.Call("clean", func() error {
		s.each(func(id uint64, h *htlc) {
			if _, ok := keep[id]; !ok && h.stored {
				h.forgotten = true
			}
		})

		return nil
	})
}
