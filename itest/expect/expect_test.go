package expect

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// cases are those of a made-up base.
var cases = Cases{{
	Scenario: "S1 late",
	Found:    Found{Ends: []string{"Once"}, All: []string{"Once", "Final"}},
}, {
	Scenario: "S2 killed", Case: "then fail",
	Race: Found{All: []string{"Ordered"}},
}, {
	Scenario: "S2 killed", Case: "then settle",
}}

// shown returns what a case has shown.
func shown(scenario, name string, ends, all []string) Shown {
	return Shown{
		Scenario: scenario, Case: name,
		Found: Found{Ends: ends, All: all},
	}
}

// TestJudge compares what was shown with what is known.
func TestJudge(t *testing.T) {
	t.Parallel()

	once, ordered := []string{"Once"}, []string{"Ordered"}
	testCases := []struct {
		name  string
		cases Cases
		shown Shown
		err   string
	}{{
		name: "as known", cases: cases,
		shown: shown("S1 late", "", once, []string{"Once", "Final"}),
	}, {
		name: "nothing where something is known", cases: cases,
		shown: shown("S1 late", "", once, nil),
		err: "S1 late: a client of all updates should find that [Once " +
			"Final] is broken, and found []",
	}, {
		name: "the race won", cases: cases,
		shown: shown("S2 killed", "then fail", nil, nil),
	}, {
		name: "the race lost", cases: cases,
		shown: shown("S2 killed", "then fail", nil, ordered),
	}, {
		name: "a race that the other client sees", cases: cases,
		shown: shown("S2 killed", "then fail", ordered, nil),
		err:   "a client of terminal updates should find that []",
	}, {
		name: "patched, and fine", shown: shown("S1 late", "", nil, nil),
	}, {
		name:  "patched, and not",
		shown: shown("S1 late", "", nil, once),
		err:   "should find that [] is broken, and found [Once]",
	}, {
		name: "unknown case", cases: cases,
		shown: shown("S2 killed", "", nil, nil),
		err: "S2 killed; there are: S1 late, S2 killed, then fail, " +
			"S2 killed, then settle",
	}}

	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			err := tc.cases.Judge(tc.shown)
			if tc.err == "" {
				require.NoError(t, err)

				return
			}
			require.ErrorContains(t, err, tc.err)
		})
	}
}

// TestReadRefuses checks what makes a file useless, and that no file is fine.
func TestReadRefuses(t *testing.T) {
	t.Parallel()

	none, err := Read("")
	require.NoError(t, err)
	require.Empty(t, none)

	for text, want := range map[string]string{
		`[{"case": "x"}]`:                          "entry 1 of the scenarios has no scenario",
		`[{"scenario": "S1"}, {"scenario": "S1"}]`: "S1 is there twice",
		`[{"scenario": "S1", "all": ["Twice"]}]`: "unknown guarantee " +
			"'Twice'; there are: Once, Final,",
		`[{"scenario": "S1", "race": {"all": ["Final", "Once"]}}]`: "" +
			"must be in the contract's order, each once: [Once " +
			"Final]",
		`{`: "unexpected end",
	} {
		path := filepath.Join(t.TempDir(), "known.json")
		require.NoError(t, os.WriteFile(path, []byte(text), 0600))

		_, err := Read(path)
		require.ErrorContains(t, err, want)
	}
}

// TestScenarios checks that each scenario is named once, in order.
func TestScenarios(t *testing.T) {
	t.Parallel()

	require.Equal(t, []string{"S1 late", "S2 killed"}, cases.Scenarios())
	require.Equal(t, []string{"Once", "Ends"},
		Sort([]string{"Ends", "Once", "Ends"}))
}
