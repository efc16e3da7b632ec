//go:build tower

// Package crash lets lnd's router make payments, lets the process that does so
// die at every point at which that makes a difference, and checks what its
// successor makes of them.
package crash

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/lnd"
	"lnd-once/itest/tower/result"
	"lnd-once/lnrpc/paymentcontract"
)

// Config says what is tried.
type Config struct {
	// Kind is the kind of payments database.
	Kind lnd.Kind

	// Deaths is how often the sender of a payment dies at most.
	Deaths int

	// Faults is how many calls fail in a payment's course at most, which
	// then are all that is tried.
	Faults int

	// Case is the name of the only case to run, if it is not empty.
	Case string

	// Breaks is true if the lnd that is tested is one that does not keep
	// its promises: that it breaks them is no failure of the test then.
	Breaks bool

	// Parallel is true if several flows are tried at once.
	Parallel bool

	// First is true if nothing is tried once something is broken.
	First bool

	// Patience is how long we wait for what should happen at once.
	Patience time.Duration

	// Violated is told of every promise that is broken, by several at once.
	Violated func(t *testing.T, name, text string)
}

// Run tries all flows, and all cases of each, and adds up what was tried. That is
// complete when the test has ended. A case is named after what
// happened in it:
//
//	before2    died at the second commit, which did not happen
//	after2     died at the second commit, which did happen
//	unsent1    died before the first HTLC was sent
//	stored:a   the result of attempt a came while the process was down
//	a          the result of attempt a came
//
// Before that stands which calls have failed, if any:
//
//	write2:fails       the second transaction that changes something
//	write2:done        the same, but it was committed
//	again/read1:fails  the first one that reads, of the second process
func (c *Config) Run(t *testing.T) *result.Crashes {
	var (
		mu    sync.Mutex
		total = &result.Crashes{Deaths: c.Deaths, Faults: c.Faults}
	)
	isOver := func() bool {
		mu.Lock()
		defer mu.Unlock()

		return c.First && total.Broken > 0
	}
	for _, f := range flows {
		t.Run(f.name, func(t *testing.T) {
			if c.Parallel {
				t.Parallel()
			}
			if isOver() {
				return
			}

			// It may end before it can tell.
			early := true
			found := result.Crashes{Flows: 1, Broken: 1}
			defer func() {
				if early {
					c.Violated(t, "", "has ended early")
				}
				fmt.Printf("... %s: %v\n", f.name, found)

				mu.Lock()
				defer mu.Unlock()
				total.Add(found)
			}()
			found = c.try(t, &f)
			early = false
		})
	}

	return total
}

// try runs all cases of a flow and returns what was tried.
func (c *Config) try(t *testing.T, f *flow) result.Crashes {
	run := &trial{
		Config: c, t: t, flow: f, db: c.Kind.Create(t),
		deaths: make(map[string]struct{}),
		found:  result.Crashes{Flows: 1},
	}
	plan, rest := explore.PlanOf(c.Case)
	switch {
	case plan != nil:
		run.all(plan, rest)
	case c.Faults > 0:
		run.faults()
	default:
		run.all(nil, c.Case)
	}
	run.found.Points = max(len(run.deaths), run.found.Points)

	return run.found
}

// trial is one flow that is tried.
type trial struct {
	*Config

	t    *testing.T
	flow *flow
	db   lnd.Database

	// deaths is how senders have died.
	deaths map[string]struct{}

	found result.Crashes
}

// isOver tells whether enough was found.
func (r *trial) isOver() bool {
	return r.First && r.found.Broken > 0
}

// all runs all cases of a plan, or the one of that name. It returns at which
// places there were calls, by how the first process has died.
func (r *trial) all(plan *explore.Plan, only string) map[string][]string {
	left := r.Deaths
	if plan != nil && plan.Death == "" {
		left = 0
	}
	explorer := explore.New(only)
	places := make(map[string][]string)
	for more := true; more && !r.isOver(); more = explorer.Next() {
		one := &crashCase{
			Config: r.Config, t: r.t, flow: r.flow, db: r.db,
			explorer: explorer, plan: plan,
			payment: lnd.NewHash(), mayDie: left,
			checker: paymentcontract.NewChecker(),
			leaving: make(map[uint64]time.Time),
		}
		err := one.run()
		r.found.Cases++
		if one.left {
			r.found.Left++
		}
		if one.death != "" {
			r.deaths[one.death] = struct{}{}
		}
		places[one.death] = union(places[one.death], one.places)

		if explorer.Lost() && r.Breaks {
			break
		}
		name := explorer.Name()
		if plan != nil {
			name = plan.Name(name)
		}
		if explorer.Lost() {
			r.t.Fatalf("%s: the choices do not determine what "+
				"happens: something is done by chance, or "+
				"this machine is too busy", name)
		}
		if err == nil {
			continue
		}

		// What is left would be resumed in the next case.
		r.db = r.Kind.Create(r.t)
		r.found.Broken++
		r.Violated(r.t, name, err.Error())
	}

	return places
}
