package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/itest/expect"
)

// TestItestRefuses asserts what is said of settings that cannot be run.
func TestItestRefuses(t *testing.T) {
	t.Parallel()

	b := &base.Base{Name: "v1.2.3", Stores: []string{"bbolt", "sqlite"}}
	for want, tc := range map[string]struct{ side, store, topics string }{
		"unknown lnd 'both'; there are": {"both", "bbolt", ""},
		"stock lnd has none of the":     {"stock", "bbolt", "1"},
		"v1.2.3 cannot keep payments in 'nativesqlite'; there are: " +
			"bbolt, sqlite": {"patched", "nativesqlite", ""},
	} {
		err := checkItest(&harness.Scenarios{
			Base: b, Side: tc.side, Store: tc.store,
		}, tc.topics)
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}
	require.NoError(t, checkItest(&harness.Scenarios{
		Base: b, Side: "patched", Store: "sqlite",
	}, "1"))
}

// TestItestRefusesFlags asserts what is said of flags that do not go together,
// before anything is built.
func TestItestRefusesFlags(t *testing.T) {
	t.Parallel()

	for want, flags := range map[string][]string{
		"leave out --fresh": {"itest", "--fresh"},
		"leave out --lnd and --db": {
			"itest", "--topics=each", "--db=sqlite",
		},
		"unknown topic '99'; the known ones are: 1 (": {
			"demo", "--topics=99",
		},
	} {
		err := newApp().Run(append([]string{"lnd-once"}, flags...))
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}
}

// TestChosenScenarios asserts how scenarios are picked, by names with blanks or
// with underscores, and what is said if none is.
func TestChosenScenarios(t *testing.T) {
	t.Parallel()

	b := &base.Base{Name: "v1.2.3", Dir: t.TempDir()}
	require.NoError(t, os.WriteFile(
		filepath.Join(b.Dir, expect.File),
		[]byte("- scenario: S1 late fail\n- scenario: S10 killed\n"),
		0o600,
	))

	for expression, want := range map[string][]string{
		"":           {"S1 late fail", "S10 killed"},
		"S1_late":    {"S1 late fail"},
		"late fail$": {"S1 late fail"},
		"^S1":        {"S1 late fail", "S10 killed"},
	} {
		chosen, err := chosenScenarios(b, expression)
		require.NoError(t, err)
		require.Equal(t, want, chosen)
	}

	for expression, want := range map[string]string{
		"S7": "no scenario matches 'S7'; there are:\n  S1 late fail",
		"(":  "no regular expression",
	} {
		_, err := chosenScenarios(b, expression)
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}
}

// TestItestTable asserts what is printed of a scenario with two cases, and of
// one that has not run.
func TestItestTable(t *testing.T) {
	t.Parallel()

	text := itestTable([]harness.Outcome{{
		Scenario: "S7 killed", Result: gotest.Passed, Seconds: 12.3,
		Shown: []expect.Shown{{
			Case: "then fail", Stored: "FAILED TIMEOUT",
			Updates: []string{"FAILED ERROR", "FAILED TIMEOUT"},
			Found:   expect.Found{Ends: []string{"Once", "Final"}},
		}, {
			Case: "then settle", Stored: "SUCCEEDED NONE",
		}},
	}, {Scenario: "S8"}})
	for _, want := range []string{
		"then fail", "FAILED ERROR", "Once Final", "passed", "12",
		"then settle", "SUCCEEDED NONE", "not run",
	} {
		require.Contains(t, text, want)
	}
}
