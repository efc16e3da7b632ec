package proof

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
	"lnd-once/itest/proof/suites"
	"lnd-once/itest/tower/attack"
	"lnd-once/itest/tower/result"
)

const (
	// manyHistories are played on the stores in fastStores, someHistories
	// on all others.
	manyHistories = 10_000
	someHistories = 1_000
)

// fastStores are those on which many histories do not take hours.
var fastStores = []string{bbolt, "nativesqlite"}

// towerSteps returns the steps that attack the control tower: on all stores
// with histories, crashes and faults, on bbolt also with senders that crash twice
// and with two faults. Those on stock are controls.
func towerSteps(b *base.Base) []Step {
	var steps []Step
	for _, store := range b.Stores {
		count := someHistories
		if slices.Contains(fastStores, store) {
			count = manyHistories
		}
		steps = append(steps,
			historiesStep(
				b, "histories-"+store, store, count,
				attack.Histories,
			),
			historiesStep(
				b, "histories-disturbed-"+store, store, count,
				attack.DisturbedHistories,
			),
			crashesStep(b, "crashes-"+store, store, 1, false),
			faultsStep(b, "faults-"+store, store, 1, 1, false),
		)
	}

	return append(steps,
		crashesStep(b, "crashes-twice-bbolt", bbolt, 2, false),
		faultsStep(b, "faults-twice-bbolt", bbolt, 2, 1, false),
		crashesStep(b, "crashes-bbolt-stock", bbolt, 1, true),
		faultsStep(b, "faults-bbolt-stock", bbolt, 1, 0, true),
	)
}

// towerAttack attacks the control tower.
type towerAttack func(ctx context.Context, cfg attack.Config) (*result.Result,
	error)

// towerStep returns the step that attacks the control tower on a store.
func towerStep(b *base.Base, kind Kind, name, settings, store string,
	stock bool, run towerAttack) Step {

	side := suites.Patched
	if stock {
		side = suites.Stock
	}

	return Step{
		Name: name, Settings: settings,
		Sources: []string{"itest/tower", "lnrpc/paymentcontract"},
		Spares:  []string{"itest/"}, SparesTests: true,
		Run: func(ctx context.Context, log io.Writer) (Findings, error) {
			var said bytes.Buffer
			found, err := run(ctx, attack.Config{
				Base: b, Stock: stock, Store: store,
				Out: io.MultiWriter(log, &said),
				Log: progress.New(log, name),
			})
			if found != nil {
				return towerFindings(side, found), err
			}
			panicked := lndPanic.FindStringSubmatch(said.String())
			if !stock || err == nil || panicked == nil {
				return Findings{}, err
			}

			// No payment of a node that is gone ends.
			return Findings{Attacks: []Attack{{
				Kind: kind, What: "panics: " + panicked[1],
				Side: side, Store: store, Violations: 1,
			}}}, nil
		},
	}
}

// lndPanic finds the function of lnd that has ended the process.
var lndPanic = regexp.MustCompile(`(?s)panic: .*?\[running\]:\n` +
	`github\.com/lightningnetwork/lnd/(\S+?)\([^*]`)

// historiesStep returns the step that plays random histories on a store.
func historiesStep(b *base.Base, name, store string, count int,
	play func(context.Context, attack.Config, int, uint64) (*result.Result,
		error)) Step {

	return towerStep(
		b, Histories, name, strconv.Itoa(count), store, false,
		func(ctx context.Context, cfg attack.Config) (*result.Result,
			error) {

			return play(ctx, cfg, count, 0)
		},
	)
}

// crashesStep returns the step that crashes the senders of payments.
func crashesStep(b *base.Base, name, store string, deaths int,
	stock bool) Step {

	return towerStep(
		b, Crashes, name, fmt.Sprint(deaths), store, stock,
		func(ctx context.Context, cfg attack.Config) (*result.Result,
			error) {

			return attack.Crashes(ctx, cfg, deaths)
		},
	)
}

// faultsStep returns the step that lets calls fail, also after a crash.
func faultsStep(b *base.Base, name, store string, faults, deaths int,
	stock bool) Step {

	return towerStep(
		b, Faults, name, fmt.Sprintf("%d %d", faults, deaths), store,
		stock,
		func(ctx context.Context, cfg attack.Config) (*result.Result,
			error) {

			return attack.Faults(ctx, cfg, faults, deaths)
		},
	)
}

// towerFindings returns what was found on a side.
func towerFindings(side string, found *result.Result) Findings {
	a := Attack{
		Side: side, Store: found.Store,
		Violations: len(found.Violations),
		Seconds:    found.Took.Seconds(),
	}
	switch {
	case found.Histories != nil:
		a.Kind = Histories
		h := found.Histories
		a.Counts = []Count{
			{"histories", h.Played}, {"steps", h.Steps},
			{"retries", h.Retries}, {"late results", h.Late},
			{"restarts", h.Restarts},
		}
		if h.Faults > 0 {
			a.Counts = append(
				a.Counts, Count{"faults", h.Faults},
				Count{"deaths", h.Deaths},
			)
		}
		a.Seed, _ = strconv.ParseUint(h.Seed, 10, 64)

	case found.Crashes != nil:
		a.Kind = Crashes
		c := found.Crashes
		a.Counts = []Count{
			{"crashes at most", c.Deaths}, {"flows", c.Flows},
			{"points", c.Points}, {"cases", c.Cases},
		}

	case found.Faults != nil:
		a.Kind = Faults
		f := found.Faults
		a.Counts = []Count{
			{"faults at most", f.Faults},
			{"crashes before at most", f.Deaths},
			{"flows", f.Flows}, {"places", f.Points},
			{"cases", f.Cases}, {"left", f.Left},
		}
	}

	return Findings{Attacks: []Attack{a}}
}
