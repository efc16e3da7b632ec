package ladder

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/linecount"
	"lnd-once/itest/expect"
)

// outcomeOf returns what became of a scenario with one case.
func outcomeOf(scenario string, ends, all []string) harness.Outcome {
	return harness.Outcome{
		Scenario: scenario, Result: gotest.Passed,
		Shown: []expect.Shown{{
			Scenario: scenario,
			Found:    expect.Found{Ends: ends, All: all},
		}},
	}
}

// count returns lines of production code, and of tests.
func count(added, removed, tests int) linecount.Count {
	return linecount.Count{
		Production: linecount.Lines{Added: added, Removed: removed},
		Test:       linecount.Lines{Added: tests},
	}
}

// madeUp returns a base with one topic and three scenarios. S2 differs from
// base to base, S3 was never played to its end.
func madeUp(name string, second []string) *sheet {
	once := []string{"Once"}
	stock := []harness.Outcome{
		outcomeOf("S1", once, []string{"Once", "Reason"}),
		outcomeOf("S2", second, second),
		{Scenario: "S3", Result: gotest.Failed},
	}

	return &sheet{
		base: name, cases: expect.Cases{
			{Scenario: "S1"}, {Scenario: "S2"}, {Scenario: "S3"},
		},
		columns: []string{"stock", "1", "whole"},
		results: []*Result{
			{Outcomes: stock},
			{Outcomes: []harness.Outcome{
				outcomeOf("S1", nil, []string{"Ordered"}),
			}},
			{Outcomes: []harness.Outcome{outcomeOf("S1", nil, nil)}},
		},
		topics: []topic{{
			"ended payments stay ended", count(30, 4, 200),
			[]string{"TestA"},
		}},
	}
}

// TestScenarioTable asserts what the table says of a scenario that breaks more
// for one client than for the other, of bases that differ and of bases that do
// not, and of what was not measured.
func TestScenarioTable(t *testing.T) {
	t.Parallel()

	require.Equal(t, strings.TrimSpace(`
| scenario | lnd | stock | 1 | whole |
| --- | --- | --- | --- | --- |
| S1 | all | Once (Reason) | (Ordered) | holds |
| S2 | 0.1.5 | Once | not run | not run |
| S2 | 0.2.3 | holds | not run | not run |
| S3 | all | failed | not run | not run |
`), scenarioTable([]*sheet{
		madeUp("v0.1.5-beta", []string{"Once"}),
		madeUp("v0.2.3-beta", nil),
	}))
}

// TestScenarioTableOfDifferentSeries asserts that a base without a topic, or
// without a scenario, that another has leaves the cells empty or not run.
func TestScenarioTableOfDifferentSeries(t *testing.T) {
	t.Parallel()

	less, more := madeUp("v0.1.5-beta", nil), madeUp("v0.2.3-beta", nil)
	less.columns = []string{"stock", "whole"}
	less.results = less.results[1:]
	less.cases = less.cases[:1]
	table := scenarioTable([]*sheet{less, more})
	require.Contains(t, table, "| S1 | 0.1.5 | (Ordered) |  | holds |")
	require.Contains(t, table, "| S1 | 0.2.3 | Once (Reason) | (Order")
	require.Contains(t, table, "| S2 | 0.1.5 | not run |  | not run |")
}

// TestTopicTable asserts what the table says of what topics cost and buy.
func TestTopicTable(t *testing.T) {
	t.Parallel()

	less, more := madeUp("v0.1.5-beta", nil), madeUp("v0.2.3-beta", nil)
	feed := topic{"the feed", count(1, 2, 3), []string{"TestB", "TestC"}}
	more.topics = append(more.topics, feed)
	more.results[1].add([]harness.Outcome{
		outcomeOf("S1", nil, []string{"Reason"}),
	})
	more.results = slices.Insert(more.results, 2, more.results[1])
	require.Equal(t, strings.TrimSpace(`
| # | topic | shown by | 0.1.5: lines | test lines | 0.2.3: lines | test lines |
| --- | --- | --- | --- | --- | --- | --- |
| 1 | ended payments stay ended | S1 | +30 −4 | +200 | +30 −4 | +200 |
| 2 | the feed | TestB, TestC |  |  | +1 −2 | +3 |
|  | all |  | +30 −4 | +200 | +31 −6 | +203 |
`), topicTable([]*sheet{less, more}))
}

// TestFill asserts that nothing but what is between the two lines is changed,
// and what is said if they are not there.
func TestFill(t *testing.T) {
	t.Parallel()

	text, err := fill("a\n"+begin+"old\n"+end+"b\n", "new\n")
	require.NoError(t, err)
	require.Equal(t, "a\n"+begin+"new\n"+end+"b\n", text)

	_, err = fill("a\n"+begin+"old\n", "new\n")
	require.ErrorContains(t, err, "docs/ladder.md must have these two lines")
}

// TestTitleOf asserts that a row says what happens.
func TestTitleOf(t *testing.T) {
	t.Parallel()

	require.Equal(t, "S7: sender killed with an HTLC in flight, then fail",
		titleOf(expect.Case{
			Scenario: "S7 killed", Case: "then fail",
		}))
	require.Equal(t, "S99 unknown", titleOf(
		expect.Case{Scenario: "S99 unknown"},
	))
}
