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

// judge notes what has become of the payments of a hash in a batch, after which
// it has another one, or the same.
func (h *history) judge(p *subject, now model.Run, changes []model.Attempted) {
	p.doubt = p.doubt || slices.ContainsFunc(
		changes, func(a model.Attempted) bool {
			return a.Unsure && a.Err != nil
		},
	)

	over := func(created int64) {
		if created != 0 && p.over[created] == 0 {
			p.over[created] = h.batch
		}
	}
	if p.now.Created != now.Created {
		over(p.now.Created)
	}
	if now.Ended() {
		over(now.Created)
	}
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
// hash once, and what is live as it is now, although calls have failed.
func (l *listener) heardEnds(p *subject) error {
	var (
		ends   = make(map[int64]int)
		latest = make(map[int64]string)
	)
	l.mu.Lock()
	for _, u := range l.received {
		if u.hash != p.hash {
			continue
		}
		if u.ended {
			ends[u.created]++
		}
		latest[u.created] = u.text
	}
	l.mu.Unlock()

	// Nobody need be told of payments that were over when he came.
	for created, batch := range p.over {
		_, told := latest[created]
		if !told && batch > l.since && l.to == everyPayment {
			latest[created] = ""
		}
	}
	if p.now.Live() && l.to == everyPayment {
		latest[p.now.Created] += ""
	}

	for created, text := range latest {
		live := p.now.Created == created && p.now.Live()
		want := 1
		if live || l.left && ends[created] == 0 {
			want = 0
		}
		if ends[created] != want {
			return fmt.Errorf("Once: of the payment created %d "+
				"came %d ends, want %d", created, ends[created],
				want)
		}
		if live && !l.left && text != p.now.String() {
			return fmt.Errorf("Ordered: of the payment created %d "+
				"came %q last, which is %q", created, text,
				p.now)
		}
		if l.to != everyPayment && !l.left && l.ended() == live {
			return fmt.Errorf("Once: the stream of the payment "+
				"created %d has ended: %t", created, !live)
		}
	}

	return nil
}
