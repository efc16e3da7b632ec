//go:build tower

package oncetower

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc/paymentwatch"
	"github.com/lightningnetwork/lnd/lntypes"
)

// TestCrash lets the process that makes a payment die at every point at which
// that makes a difference: before each commit, after it, and before each HTLC;
// and then lets its successor go on, with results in every order. No guarantee
// may break. A case is named after the flow, then what happened in it:
//
//	before2    died at the second commit, which did not happen
//	after2     died at the second commit, which did happen
//	unsent1    died before the first HTLC was sent
//	stored:a   the result of attempt a came while the process was down
//	a          the result of attempt a came
func TestCrash(t *testing.T) {
	var (
		kind  = chosenStore(t)
		begin = time.Now()
		total tally
	)
	t.Run("db="+kind.name, func(t *testing.T) {
		for _, f := range flows {
			var found tally
			passed := t.Run(f.name, func(t *testing.T) {
				found = crash(t, kind, &f)
			})
			if !passed && found.broken == 0 {
				// It has ended before it could tell.
				found = tally{flows: 1, broken: 1}
			}
			if found.flows > 0 {
				fmt.Printf("... %s: %v\n", f.name, found)
			}
			total.add(found)
		}
	})
	fmt.Printf("crashes db=%s deaths=%d %v took=%v\n", kind.name, *crashes,
		total, time.Since(begin).Round(time.Second))

	if *breaks && *oneCase == "" && total.broken == 0 {
		t.Error("nothing is broken: the cases prove nothing")
	}
}

// tally is what was tried: flows, the points in them at which a process died,
// the cases, and those of them in which a guarantee was broken.
type tally struct {
	flows, points, cases, broken int
}

// add adds up what was tried.
func (t *tally) add(other tally) {
	t.flows += other.flows
	t.points += other.points
	t.cases += other.cases
	t.broken += other.broken
}

// String describes the tally.
func (t tally) String() string {
	return fmt.Sprintf("flows=%d points=%d cases=%d violations=%d", t.flows,
		t.points, t.cases, t.broken)
}

// crash runs all cases of a flow and returns what was tried.
func crash(t *testing.T, kind store, f *flow) tally {
	var (
		explorer = newExplorer(*oneCase)
		db       = kind.create(t)
		deaths   = make(map[string]struct{})
		found    = tally{flows: 1}
	)
	for more := true; more; more = explorer.next() {
		c := &crashCase{
			t: t, flow: f, db: db, explorer: explorer,
			payment: newHash(), deaths: *crashes,
			checker: paymentwatch.NewChecker(),
			left:    make(map[uint64]time.Time),
		}
		err := c.run()
		found.cases++
		if c.death != "" {
			deaths[c.death] = struct{}{}
		}

		if explorer.lost && *breaks {
			break
		}
		if explorer.lost {
			t.Fatalf("%s: the choices do not determine what "+
				"happens", explorer.name())
		}
		if err == nil {
			continue
		}

		// What is left would be resumed in the next case.
		db = kind.create(t)
		found.broken++
		report := t.Errorf
		if *breaks {
			report = t.Logf
		}
		report("%s: %v", explorer.name(), err)
	}

	found.points = len(deaths)

	return found
}

// crashCase is one payment and what happens to its sender.
type crashCase struct {
	t        testing.TB
	flow     *flow
	db       database
	explorer *explorer
	payment  lntypes.Hash
	network  *network

	// deaths is how often the process may still die.
	deaths int

	// death is how the first process has died, if it has.
	death string

	// left is when each HTLC has left.
	left map[uint64]time.Time

	// checker sees what a client sees that subscribes to all payments again
	// after each restart.
	checker *paymentwatch.Checker

	// reason is the last that was stored for the payment's failure.
	reason *failureReason

	// seen is true once there was a payment.
	seen bool

	// broken is what was wrong.
	broken []error
}

// run lets one process after the other go on with the payment, until one does
// not die. It returns which guarantees were broken.
func (c *crashCase) run() error {
	sender := newSender()
	c.network = newNetwork(c.flow.ends, func(sent int) {
		c.noteLeft()
		if c.flow.stop != nil && sent >= c.flow.stopAfter {
			sender.stop(c.flow.stop)
		}
	})

	for first := true; ; first = false {
		l := newLife(c.explorer, &c.deaths)
		n := startNode(c.t, c.db, c.flow, c.payment, c.network, l)
		found := n.stored()
		c.checkFound(found)

		if first {
			n.start()
			c.make(n, sender)
		} else {
			c.comeBack(n, found)
		}
		n.end()
		if first {
			c.death = l.death
		}

		c.checkStreams(n)
		if n.stuck != nil {
			c.broken = append(c.broken, n.stuck)
		}
		if l.death == "" {
			c.checkEnd(n, found)
		}
		if l.death == "" && c.broken == nil && n.stored() != nil {
			check(c.t, deletePayment(n.payments.db, c.payment))
		}
		n.payments.close()

		if l.death == "" || n.stuck != nil {
			c.broken = append(c.broken, c.network.wrongs...)

			return errors.Join(c.broken...)
		}
	}
}

// noteLeft notes when an HTLC has left: now.
//
// NOTE: The network's lock must be held.
func (c *crashCase) noteLeft() {
	for id, h := range c.network.htlcs {
		if _, ok := c.left[id]; h.sent && !ok {
			c.left[id] = time.Now()
		}
	}
}

// make lets the first process make the payment, as often as it is tried. All
// calls of SendToRoute are made at once.
func (c *crashCase) make(n *node, sender *sender) {
	n.make(sender)
	for try := 1; try < c.flow.tries && !c.flow.route; try++ {
		if n.stuck != nil || n.life.is(dead) {
			return
		}
		n.make(sender)
	}
}

// comeBack lets a process go on with a payment that it finds. The results of
// HTLCs in flight may have come before it does.
func (c *crashCase) comeBack(n *node, found *storedPayment) {
	pending := make(map[uint64]struct{})
	if found != nil {
		for _, attempt := range found.InFlightHTLCs() {
			pending[attempt.AttemptID] = struct{}{}
		}
	}
	c.network.each(func(id uint64, h *htlc) {
		if _, ok := pending[id]; ok && h.sent && !h.forgotten {
			came := "stored:" + h.letter
			h.stored = c.explorer.choose("", came) == came
		}
	})

	n.start()
	if found != nil && !found.Terminated() {
		n.finish()
	}
}

// broke notes that a guarantee was broken.
func (c *crashCase) broke(format string, args ...any) {
	c.broken = append(c.broken, fmt.Errorf(format, args...))
}
