package history

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/model"
)

const (
	// failingCalls is how many calls of each kind may fail in a batch, each
	// with the chance of one in oneIn.
	failingCalls = 12
	oneIn        = 4

	// maxCommits is the last commit of a batch at which its process may die,
	// with that chance, too.
	maxCommits = 3
)

// disturbance returns which calls of a batch fail, and maybe how the process dies
// in it: another plan for each pick.
func disturbance(pick int) *explore.Plan {
	var (
		plan   = &explore.Plan{}
		random = rand.New(rand.NewPCG(uint64(pick), 0))
	)
	for i := range failingCalls {
		for _, kind := range []string{"write", "read"} {
			ways := explore.Faults(fmt.Sprintf("%s%d", kind, i+1))
			if random.IntN(oneIn) > 0 {
				continue
			}
			way := ways[random.IntN(len(ways))]
			plan.Faults = append(plan.Faults, way)
		}
	}

	if random.IntN(oneIn) == 0 {
		plan.Death = explore.Death(1+random.IntN(maxCommits), pick%2 == 0)
	}

	return plan
}

// fate is what became of a payment.
type fate struct {
	// over is the batch in which it has ended, or in which it was seen that
	// there is another, or none. It is 0 before.
	over int

	// lost is true if it was deleted before anybody could know its end.
	lost bool
}

// judge notes what has become of the payments of a hash in a batch, after which
// it has another one, or the same.
func (h *history) judge(p *subject, now model.Run, changes []model.Attempted) {
	end := func(created int64, lost bool) {
		f := p.fates[created]
		if f.over == 0 {
			f.over = h.batch
		}
		f.lost = f.lost || lost
		p.fates[created] = f
	}

	failed := func(a model.Attempted) bool { return a.Unsure && a.Err != nil }
	doubt := slices.ContainsFunc(changes, failed)
	removed := slices.ContainsFunc(changes, func(a model.Attempted) bool {
		return a.Action == model.Remove && (a.Err == nil || a.Unsure)
	})
	p.doubt = p.doubt || doubt

	// Whoever deletes a payment announces its end before, unless that is
	// stored, and not known, right then.
	if doubt && removed && p.now.Created != now.Created {
		h.Counts.Lost++
		end(p.now.Created, true)
		for _, c := range changes {
			if c.Created != now.Created {
				end(c.Created, true)
			}
		}
	}

	if p.now.Created != now.Created {
		end(p.now.Created, false)
	}
	if now.Ended() {
		end(now.Created, false)
	}
	delete(p.fates, 0)
}

// dispel lets the control tower find out what it may not know: whoever makes a
// payment asks for it until its end is known.
func (h *history) dispel() {
	for _, p := range h.subjects {
		if p.doubt {
			h.stored(p)
			p.doubt = false
		}
	}
}

// bury checks what the listeners to a process that has died have been told, which
// may be less than all.
func (h *history) bury() {
	h.Counts.Deaths++
	listeners := h.everybody()
	h.dismiss()
	for i, p := range h.subjects {
		payment, _ := h.state(p)
		for _, l := range listeners {
			h.hearOut(l, i, p)
			h.checkContract(l, p, payment)
		}
		p.doubt = false
	}
}

// heardEnds returns nil if the listener was told the end of each payment of a
// hash once, although calls have failed. What is live it need not be told then.
func (l *listener) heardEnds(p *subject) error {
	l.mu.Lock()
	ends := make(map[int64]int)
	for _, u := range l.received {
		if u.hash == p.hash && u.ended {
			ends[u.created]++
		} else if u.hash == p.hash {
			ends[u.created] += 0
		}
	}
	l.mu.Unlock()

	// It need not know of payments that were over when it came.
	for created, f := range p.fates {
		_, known := ends[created]
		if !known && f.over > l.since && l.to == everyPayment {
			ends[created] = 0
		}
	}

	for created, count := range ends {
		f, want := p.fates[created], 1
		live := p.now.Created == created && p.now.Live()
		if live || f.lost && count == 0 || l.left && count == 0 {
			want = 0
		}
		if count != want {
			return fmt.Errorf("Once: of the payment created %d "+
				"came %d ends, want %d", created, count, want)
		}
		if l.to != everyPayment && !l.left && !f.lost &&
			l.ended() == live {

			return fmt.Errorf("Once: the stream of the payment "+
				"created %d has ended: %t", created, !live)
		}
	}

	return nil
}
