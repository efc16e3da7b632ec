//go:build tower

// Package crash lets lnd's router make payments, lets the process that does so
// die at every point at which that makes a difference, and checks what its
// successor makes of them.
package crash

import (
	"fmt"
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

	// Case is the name of the only case to run, if it is not empty.
	Case string

	// Breaks is true if the lnd that is tested is one that does not keep
	// its promises: that it breaks them is no failure of the test then.
	Breaks bool

	// Patience is how long we wait for what should happen at once.
	Patience time.Duration

	// Violated is told of every promise that is broken.
	Violated func(t *testing.T, name, text string)
}

// Run tries all flows, and all cases of each. A case is named after what
// happened in it:
//
//	before2    died at the second commit, which did not happen
//	after2     died at the second commit, which did happen
//	unsent1    died before the first HTLC was sent
//	stored:a   the result of attempt a came while the process was down
//	a          the result of attempt a came
func (c *Config) Run(t *testing.T) result.Crashes {
	total := result.Crashes{Deaths: c.Deaths}
	for _, f := range flows {
		var found result.Crashes
		passed := t.Run(f.name, func(t *testing.T) {
			found = c.try(t, &f)
		})
		if !passed && found.Broken == 0 {
			// It has ended before it could tell.
			found = result.Crashes{Flows: 1, Broken: 1}
			c.Violated(t, "", f.name+" has ended early")
		}
		if found.Flows > 0 {
			fmt.Printf("... %s: %v\n", f.name, found)
		}
		total.Add(found)
	}

	return total
}

// try runs all cases of a flow and returns what was tried.
func (c *Config) try(t *testing.T, f *flow) result.Crashes {
	var (
		explorer = explore.New(c.Case)
		db       = c.Kind.Create(t)
		deaths   = make(map[string]struct{})
		found    = result.Crashes{Flows: 1}
	)
	for more := true; more; more = explorer.Next() {
		one := &crashCase{
			Config: c, t: t, flow: f, db: db, explorer: explorer,
			payment: lnd.NewHash(), left: c.Deaths,
			checker: paymentcontract.NewChecker(),
			leaving: make(map[uint64]time.Time),
		}
		err := one.run()
		found.Cases++
		if one.death != "" {
			deaths[one.death] = struct{}{}
		}

		if explorer.Lost() && c.Breaks {
			break
		}
		if explorer.Lost() {
			t.Fatalf("%s: the choices do not determine what "+
				"happens", explorer.Name())
		}
		if err == nil {
			continue
		}

		// What is left would be resumed in the next case.
		db = c.Kind.Create(t)
		found.Broken++
		c.Violated(t, explorer.Name(), err.Error())
	}
	found.Points = len(deaths)

	return found
}
