package proof

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lnd-once/itest/proof/suites"
	"lnd-once/itest/proof/undo"
)

// TestMarkdown asserts what the document says, in this order: which steps there
// are, a table for each kind of attack, what was undone, and lnd's own tests.
func TestMarkdown(t *testing.T) {
	t.Parallel()

	done := time.Date(2026, 11, 25, 1, 2, 3, 0, time.UTC)
	report := &Report{Base: name, Commit: "abc", Steps: []Reported{{
		Name: "histories", Result: &Result{
			Commit: "def", Done: done,
			With: Circumstances{
				Go: "go1.25", Cores: 2, Kernel: "6.1",
				Postgres: "PostgreSQL 15",
			},
			Findings: Findings{Attacks: []Attack{{
				Kind: Histories, Store: "bbolt", Seed: 7,
				Counts: []Count{{"n", 10}, {"late", 3}},
			}, {
				Kind: Histories, Store: "sqlite",
				Counts: []Count{{"n", 20}}, Seconds: 61.6,
			}, {
				Kind: Undo, Counts: []Count{{"commits", 1}},
			}}, Undone: []undo.Noticed{{
				Kind: undo.Commit, What: "routing: stop",
				Undo: "drop", By: []string{"TestC", "TestD"},
			}, {
				Kind: undo.Behaviour, What: "sealed: no",
				Undo: "sealed.patch", By: []string{"TestE"},
			}}, Troubles: []suites.Trouble{{
				Kind: suites.Skipped, Package: "routing",
				Test: "TestB", Reason: "for | `all`",
			}, {
				Kind: suites.Skipped, Package: "routing",
				Test: "TestA", Reason: "for | `all`",
			}, {
				Kind: suites.OnStock, Package: "itest",
				Test: "pay", Reason: "no",
			}}},
		},
	}, {Name: "crashes"}, {Name: "kills", Failed: "it broke"}}}

	text := report.Markdown()
	for _, want := range []string{
		"# The proof on v1.0.0\n",
		"- patched: v1.0.0 with our series, commit `abc`; stock: " +
			"lnd v1.0.0\n" +
			"- go1.25, 2 cores, Linux 6.1, PostgreSQL 15\n",
		"\n## Steps\n\n| step | result | done | lnd |\n",
		"| histories | passed | 2026-11-25 | `def` |\n" +
			"| crashes | not run on these sources |  |  |\n" +
			"| kills | FAILED: it broke |  |  |\n",
		"\n## Random histories of the control tower\n\n" +
			"| store | n | late | violations | seed | seconds |\n",
		"| bbolt | 10 | 3 | 0 | 7 | 0 |\n" +
			"| sqlite | 20 |  | 0 |  | 62 |\n",
		"\n## What is undone is noticed\n\n| commits |",
		"\n## Which tests notice\n",
		"| commit | routing: stop | dropping it | TestC, TestD |\n" +
			"| behaviour | sealed: no | `sealed.patch` | TestE |\n",
		"\n## lnd's own tests that did not pass\n\n" +
			"- Fails on stock, too (`no`): itest pay\n" +
			"- Skipped (`for | 'all'`): routing TestA, routing " +
			"TestB\n",
	} {
		_, after, found := strings.Cut(text, want)
		require.True(t, found, "%q is not in, or not behind the one "+
			"before it:\n%s", want, text)
		text = after
	}
	require.NotContains(t, report.Markdown(), "A crash at every commit")
}
