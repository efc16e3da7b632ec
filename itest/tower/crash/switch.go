//go:build tower

package crash

import (
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

	mu sync.Mutex

	// waiting holds what ends the wait of those who want a result.
	waiting map[uint64][]func()
}

// newSwitchboard starts a switch.
func newSwitchboard(network *network, life *explore.Life) *switchboard {
	return &switchboard{
		network: network, life: life,
		waiting: make(map[uint64][]func()),
	}
}

// SendHTLC sends an HTLC. Once it returns without an error the switch will know
// the attempt forever.
func (s *switchboard) SendHTLC(_ lnwire.ShortChannelID, id uint64,
	add *lnwire.UpdateAddHTLC) error {

	return s.life.Send(func() error {
		return s.add(id, add.Amount)
	})
}

// GetAttemptResult returns where the result of an attempt will be told. That it
// was never sent is told only when it is its turn, too.
func (s *switchboard) GetAttemptResult(id uint64, hash lntypes.Hash,
	_ htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult,
	error) {

	results := make(chan *htlcswitch.PaymentResult, 1)

	s.network.mu.Lock()
	h := s.get(id)
	known := h.sent && !h.forgotten
	s.network.mu.Unlock()

	if known {
		s.await(id, func() { results <- h.result(hash) })

		return results, nil
	}

	turn := make(chan struct{})
	s.await(id, func() { close(turn) })
	for {
		change := s.life.Change()
		select {
		case <-turn:
			return nil, htlcswitch.ErrPaymentIDNotFound
		case <-change:
		}

		// Nobody hears a dead switch.
		if !s.life.Is(explore.Alive) {
			return results, nil
		}
	}
}

// await notes that somebody waits for a result.
func (s *switchboard) await(id uint64, tell func()) {
	s.mu.Lock()
	s.waiting[id] = append(s.waiting[id], tell)
	s.mu.Unlock()

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

	return h.stored && !h.forgotten, nil
}

// CleanStore deletes the stored results of all other attempts.
func (s *switchboard) CleanStore(keep map[uint64]struct{}) error {
	s.each(func(id uint64, h *htlc) {
		if _, ok := keep[id]; !ok && h.stored {
			h.forgotten = true
		}
	})

	return nil
}
