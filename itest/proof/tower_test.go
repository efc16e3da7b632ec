package proof

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/itest/tower/attack"
	"lnd-once/itest/tower/result"
)

// TestTowerSteps asserts that every store is attacked, more often where that is
// fast, and that there is a control.
func TestTowerSteps(t *testing.T) {
	t.Parallel()

	var names []string
	for _, step := range towerSteps(&base.Base{
		Stores: []string{"bbolt", "sqlite"},
	}) {
		names = append(names, step.Name+" "+step.Settings)
	}
	require.Equal(t, []string{
		"histories-bbolt 10000", "histories-disturbed-bbolt 10000",
		"crashes-bbolt 1", "faults-bbolt 1 1",
		"histories-sqlite 1000", "histories-disturbed-sqlite 1000",
		"crashes-sqlite 1", "faults-sqlite 1 1", "crashes-twice-bbolt 2",
		"faults-twice-bbolt 2 1", "crashes-bbolt-stock 1",
		"faults-bbolt-stock 1 0",
	}, names)
}

// TestTowerFindings asserts that what attacks on the control tower have found is
// told.
func TestTowerFindings(t *testing.T) {
	t.Parallel()

	found := towerFindings("patched", &result.Result{
		Store: "bbolt", Took: time.Second,
		Histories:  &result.Histories{Played: 2, Seed: "7"},
		Violations: []result.Violation{{}},
	})
	require.Equal(t, Attack{
		Kind: Histories, Side: "patched", Store: "bbolt",
		Counts: []Count{
			{"histories", 2}, {"steps", 0}, {"retries", 0},
			{"late results", 0}, {"restarts", 0},
		},
		Violations: 1, Seed: 7, Seconds: 1,
	}, found.Attacks[0])

	found = towerFindings("patched", &result.Result{
		Store: "bbolt", Histories: &result.Histories{
			Faults: 2, Deaths: 3,
		},
	})
	require.Equal(t, []Count{{"faults", 2}, {"deaths", 3}},
		found.Attacks[0].Counts[5:])

	found = towerFindings("stock", &result.Result{
		Store: "bbolt", Crashes: &result.Crashes{Deaths: 1, Cases: 3},
	})
	require.Equal(t, Crashes, found.Attacks[0].Kind)
	require.Equal(t, Count{"cases", 3}, found.Attacks[0].Counts[3])

	found = towerFindings("patched", &result.Result{
		Store: "bbolt", Faults: &result.Crashes{Faults: 1, Points: 4},
	})
	require.Equal(t, Faults, found.Attacks[0].Kind)
	require.Equal(t, Count{"places", 4}, found.Attacks[0].Counts[3])
}

// TestPanicOfStockIsFound asserts that a control has found what it had to if a
// function of lnd has ended the process, and that nothing else counts: neither a
// panic of the tests, nor one of the patched lnd.
func TestPanicOfStockIsFound(t *testing.T) {
	t.Parallel()

	const lnd = "github.com/lightningnetwork/lnd/"
	died := errors.New("exit status 2")
	play := func(stock bool, frame string) (Findings, error) {
		step := towerStep(
			&base.Base{}, Faults, "faults", "", "bbolt", stock,
			func(_ context.Context, cfg attack.Config) (
				*result.Result, error) {

				fmt.Fprintf(cfg.Out, "built\npanic: nil\n\n"+
					"goroutine 7 [running]:\n%s\n\tfile.go:1\n"+
					"%srouting.pay(...)\n", frame, lnd)

				return nil, died
			},
		)

		return step.Run(t.Context(), io.Discard)
	}

	found, err := play(true, lnd+"channeldb.(*MPPayment).GetStatus(0x9)")
	require.NoError(t, err)
	require.Equal(t, []Attack{{
		Kind: Faults, What: "panics: channeldb.(*MPPayment).GetStatus",
		Side: "stock", Store: "bbolt", Violations: 1,
	}}, found.Attacks)

	_, err = play(true, "lnd-once/itest/tower/crash.(*network).Send(0x9)")
	require.ErrorIs(t, err, died)
	_, err = play(false, lnd+"channeldb.(*MPPayment).GetStatus(0x9)")
	require.ErrorIs(t, err, died)
}
