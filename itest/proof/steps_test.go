package proof

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/git"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/itest/proof/layer"
)

// TestFuzz asserts that every fuzz target is run, and that what one finds is
// told.
func TestFuzz(t *testing.T) {
	t.Parallel()

	root := t.TempDir()
	write(t, "module m\n\ngo 1.25\n", root, "go.mod")
	const test = "package p\n\nimport \"testing\"\n\n"
	write(t, test+"func FuzzGood(f *testing.F) {\n"+
		"\tf.Fuzz(func(t *testing.T, n int) {})\n}\n", root, "good",
		"p_test.go")
	write(t, test+"func FuzzBad(f *testing.F) {\n"+
		"\tf.Fuzz(func(t *testing.T, n int) { t.Fatal(n) })\n}\n",
		root, "p", "bad_test.go")
	_, err := git.New(root).Run(t.Context(), "init", "-q")
	require.NoError(t, err)

	targets, err := fuzzTargets(t.Context(), root)
	require.NoError(t, err)
	require.Equal(t, []fuzzTarget{
		{"good", "FuzzGood"}, {"p", "FuzzBad"},
	}, targets)

	good, err := targets[0].fuzz(t.Context(), root, time.Second, io.Discard)
	require.NoError(t, err)
	require.Zero(t, good.Violations)
	require.Positive(t, good.Counts[0].Value)

	bad, err := targets[1].fuzz(t.Context(), root, time.Second, io.Discard)
	require.NoError(t, err)
	require.Positive(t, bad.Violations)
}

// TestScenarioFindings asserts that scenarios count only if they were played,
// and that one that fails is an error also on stock.
func TestScenarioFindings(t *testing.T) {
	t.Parallel()

	tell := progress.New(io.Discard, "scenarios")
	s := harness.Scenarios{Side: harness.Stock, Store: "bbolt"}
	good := gotest.Verdict{Test: "S1", Result: gotest.Passed}
	bad := gotest.Verdict{
		Test: "S2", Result: gotest.Failed, Reason: "nothing found",
	}

	found, err := scenarioFindings(s, gotest.Verdicts{good, good}, tell)
	require.NoError(t, err)
	require.Equal(t, []Count{{"scenarios", 2}}, found.Attacks[0].Counts)

	_, err = scenarioFindings(s, gotest.Verdicts{good, bad}, tell)
	require.EqualError(t, err, "S2: nothing found")
	_, err = scenarioFindings(s, nil, tell)
	require.EqualError(t, err, "no scenario was played")
}

// TestSteps asserts that each store of a base, and the series up to each of its
// topics, has steps of its own.
func TestSteps(t *testing.T) {
	t.Parallel()

	b := newBase(t)
	write(t, "topic 1 first\npatch a.patch\ntopic 2 second\npatch b.patch\n"+
		"fork\npatch c.patch\n", b.Dir, "series")
	steps, err := Steps(b)
	require.NoError(t, err)
	var names []string
	for _, step := range steps {
		require.NotContains(t, names, step.Name)
		names = append(names, step.Name)
	}
	require.Contains(t, names, "scenarios-bbolt-stock")
	require.NotContains(t, names, "scenarios-sqlite-stock")
	require.Subset(t, names, []string{
		"scenarios-neutrino-patched", "scenarios-neutrino-stock",
		"scenarios-bitcoind-patched", "network-bbolt",
		"network-bbolt-stock",
	})
	require.NotContains(t, names, "network-nativesqlite")
	require.Subset(t, names, []string{
		"fuzz", "units", "units-layer", "itests", "itests-faulty",
		"itests-topics-1", "itests-topics-2", "undo",
	})
	require.NotContains(t, names, "itests-topics-0")
}

// TestCountWrites asserts that tests and nodes whose writes did not go through the
// layer, or did not fail, prove nothing.
func TestCountWrites(t *testing.T) {
	t.Parallel()

	l := &layer.Layer{
		Folder: "some/store", Kinds: []string{layer.KV, layer.SQL},
		Told: t.TempDir(),
	}
	var found Findings
	wrote := func(file, text string) {
		require.NoError(t, os.WriteFile(
			filepath.Join(l.Told, file), []byte(text), 0o600,
		))
		found = Findings{Attacks: []Attack{{}}}
	}
	units := func() error {
		return countWrites(&found, l, []string{l.Folder, "routing"})
	}

	wrote("store.test-kv.1", "..")
	require.ErrorContains(t, units(), "of some/store made no write")
	wrote("store.test-sql.1", ".")
	require.ErrorContains(t, units(), "of routing made no write")
	wrote("routing.test-kv.1", "...")
	require.NoError(t, units())
	require.Equal(t, []Count{{"writes", 6}}, found.Attacks[0].Counts)

	wrote("lnd-kv.1", "..")
	require.ErrorContains(
		t, countFaults(&found, l, "lnd"), "of 2 writes to payments none",
	)
	wrote("lnd-kv.2", ".F")
	require.NoError(t, countFaults(&found, l, "lnd"))
	require.Equal(t, []Count{
		{"writes", 4}, {"faults", 1},
	}, found.Attacks[0].Counts)
}
