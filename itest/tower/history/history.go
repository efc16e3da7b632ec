package history

import (
	"fmt"

	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/model"
)

// history plays a script on a payments database, and after every batch of
// steps compares the database and what was announced with the model.
type history struct {
	*Player

	// subjects holds a payment hash of its own for each number.
	subjects []*subject

	// recorder hears all announcements from the start, and tells in which
	// order concurrent changes followed each other.
	recorder *listener

	// listeners holds all others.
	listeners []*listener

	// disturbed is true if calls to the database fail in some batches,
	// disturbance is how they do in this one.
	disturbed   bool
	disturbance *explore.Plan

	// batch is the number of the batch.
	batch int

	// trace says what was done, for who has to understand a violation.
	trace []string
}

// subject is a payment hash and what became of it so far.
type subject struct {
	hash lntypes.Hash
	sort Sort

	// now is its payment.
	now model.Run

	// backwards is true once a payment followed one that was created later.
	backwards bool

	// attempts lists all attempts that were ever made.
	attempts []uint64

	// log lists what was announced since the database was opened, and
	// before that of the payment that was live then. The recorder has heard
	// that many of it.
	log   []model.Announcement
	heard int

	// over is the batch in which each of its payments has ended, by their
	// creation, or in which it was seen that there is another, or none.
	over map[int64]int

	// doubt is true if the control tower may not know what became of the
	// last one.
	doubt bool
}

// play plays the script.
func (h *history) play(script Script) {
	h.disturbed = script.isDisturbed()
	for _, sort := range script.Sorts {
		h.subjects = append(h.subjects, &subject{
			hash: h.newHash(), sort: sort,
			over: make(map[int64]int),
		})
	}
	h.hire()

	for _, batch := range script.Batches {
		h.playBatch(batch)
	}
	h.finish()
}

// playBatch does all steps of a batch at once. To open the database again needs
// it to itself.
func (h *history) playBatch(batch []Step) {
	h.batch++

	var calls []*call
	h.disturbance = nil
	for _, s := range batch {
		switch s.Action {
		case nothing:

		case disturb:
			h.disturbance = disturbance(s.Pick)
			h.note("disturb: %v", h.disturbance.Name(""))

		case reopen:
			h.reopen(s.Flag)

		case stopReading, readAgain:
			h.toggle(s)

		default:
			calls = append(calls, h.prepare(s))
		}
	}

	begins := h.begins()
	h.tower.Disturb(h.disturbance)
	h.makeAll(calls)
	failed, died := h.tower.Disturb(nil)
	h.Counts.Faults += failed

	passed := make(map[*subject][]model.Run)
	for _, p := range h.subjects {
		passed[p] = h.follow(p, calls)
	}
	for _, c := range calls {
		h.admit(c, begins, passed[c.on])
	}
	switch {
	case died:
		h.bury()
		h.restart(len(batch)%2 == 0)

	case h.disturbance == nil:
		h.dispel()
	}
}

// toggle makes a listener stop reading, or read again.
func (h *history) toggle(s Step) {
	l := h.pickListener(s.Pick)
	switch {
	case l == nil:

	case s.Action == stopReading:
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

// note adds a line to the trace.
func (h *history) note(format string, args ...any) {
	h.trace = append(h.trace, fmt.Sprintf("batch %d: ", h.batch)+
		fmt.Sprintf(format, args...))
}
