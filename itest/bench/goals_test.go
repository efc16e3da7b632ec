package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
)

// fakeName is a base that there is not.
const fakeName = "v9.9.9-fake"

// fakeGoals are the goals of that base.
const fakeGoals = `
slack: 1.1
commits: {SendToRoute: 2, SendPayment: 3}
failing: 0.5
load: {bbolt: 2, sqlite: 2}
subscription: {under: 1ms, times: 1000}
stalled: 5_000_000
`

// fakeBase returns a base in a repository of its own, with the goals.
func fakeBase(t *testing.T, goals string) *base.Base {
	t.Helper()

	root := t.TempDir()
	for name, text := range map[string]string{
		"patches/" + fakeName + "/base.yaml": "module: m\nsum: s\n" +
			"stores: [bbolt, sqlite]\n",
		"patches/" + fakeName + "/goals.yaml": goals,
		"itest/tower/lnd/a.go":                "package a",
		"itest/tower/measure/a.go":            "package a",
		"itest/bench/groups.go":               "package a",
		"itest/bench/probe/a.go":              "package a",
		"itest/regtest/a.go":                  "package a",
		"docs/benchmarks/unrelated.md":        "unrelated",
		"build/" + fakeName + "/bench/data/a": "",
		"build/" + fakeName + "/lnd/lnd.go":   "package lnd",
	} {
		write(t, filepath.Join(root, name), text)
	}
	b, err := base.Load(root, fakeName)
	require.NoError(t, err)

	return b
}

// write writes a file and the folders that it is in.
func write(t *testing.T, file, text string) {
	t.Helper()

	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0600))
}

// loadGoals returns the goals of the fake base.
func loadGoals(t *testing.T) *Goals {
	t.Helper()

	g, err := LoadGoals(fakeBase(t, fakeGoals))
	require.NoError(t, err)

	return g
}

// printed returns what a side prints that has the given numbers.
func printed(commits int, latency, large, live float64) string {
	var b strings.Builder
	for _, store := range []string{"bbolt", "sqlite"} {
		fmt.Fprintf(&b, "BenchmarkLoad/db=%s/pay=SendToRoute/"+
			"end=fails/at=500-2 1 %f ns/op %f payments/s\n", store,
			latency, 1e9/latency)
	}
	for _, pay := range []string{"SendToRoute", "SendPayment"} {
		for _, end := range []string{"fails", "succeeds"} {
			name := fmt.Sprintf("db=bbolt/pay=%s/end=%s-2", pay,
				end)
			fmt.Fprintf(&b, "BenchmarkCommits/%s 1 %d commits/op\n",
				name, commits)
			fmt.Fprintf(&b, "BenchmarkLatency/%s 1 %f ns/op %f "+
				"db-ns/op\n", name, latency, latency)
		}
	}
	b.WriteString("BenchmarkFanout/subscribers=1/stalled=0 1 9 ns/op\n")
	for _, payments := range []int{1_000, 1_000_000} {
		name := fmt.Sprintf("Subscription/payments=%d", payments)
		fmt.Fprintf(&b, "Benchmark%s/what=startup 1 7 ns/op\n", name)
		fmt.Fprintf(&b, "Benchmark%s/what=subscribe 1 %f ns/op\n", name,
			large)
	}
	b.WriteString("BenchmarkProbe/parallel=1 1 9 ns/op 7 probes/s\n")
	fmt.Fprintf(&b, "BenchmarkStalled/payments=live 1 %f peak-MB\n", live)

	return b.String()
}

// count returns how many goals are reached.
func count(verdicts []verdict) int {
	reached := 0
	for _, v := range verdicts {
		if v.reached {
			reached++
		}
	}

	return reached
}

// TestGoals asserts that goals are reached by good numbers, missed by those of
// stock, and not judged without any.
func TestGoals(t *testing.T) {
	t.Parallel()

	g := loadGoals(t)
	all := len(g.list())
	before := printed(5, 9e6, 6e9, 900)
	verdicts, err := g.judge(newResults(
		t, before, printed(2, 4e6, 5e3, 0.5),
	))
	require.NoError(t, err)
	require.Equal(t, all, count(verdicts), verdicts)

	verdicts, err = g.judge(newResults(t, before, before))
	require.NoError(t, err)
	require.Equal(t, 6, all-count(verdicts), verdicts)

	verdicts, err = g.judge(newResults(
		t, before, printed(3, 18e6, 5e3, 0.5),
	))
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(verdicts),
		"fails at its first attempt, at 500: 2")

	verdicts, err = g.judge(newResults(t, "", ""))
	require.ErrorContains(t, err, "on both sides")
	require.Empty(t, verdicts)
}

// TestGoalsAreStrict asserts that a goal that is missing, misspelt or no number
// is an error that names it.
func TestGoalsAreStrict(t *testing.T) {
	t.Parallel()

	for _, test := range []struct{ from, to, want string }{
		{"failing: 0.5", "", "failing is 0"},
		{"failing: 0.5", "falling: 0.5", "falling"},
		{"sqlite: 2}", "sqlite: 0}", "load has no number above 0 for"},
		{"under: 1ms", "under: 1", "cannot unmarshal"},
		{"SendPayment: 3", "SendPayment: -3", "SendPayment is -3"},
	} {
		_, err := LoadGoals(fakeBase(t, strings.Replace(
			fakeGoals, test.from, test.to, 1,
		)))
		require.ErrorContains(t, err, goalsFile)
		require.ErrorContains(t, err, test.want)
	}
}

// TestGoalsOfFewRuns asserts that what is slower beyond the slack is told, by
// one round as well as by three, and that three may differ by chance.
func TestGoalsOfFewRuns(t *testing.T) {
	t.Parallel()

	const line = "BenchmarkFanout/subscribers=1/stalled=0 1 %v ns/op"
	check := loadGoals(t).notSlower("Fanout", "")
	for _, test := range []struct {
		stock, patched string
		reached        bool
	}{
		{lines(line, 10), lines(line, 12), false},
		{lines(line, 10, 10), lines(line, 12, 12), false},
		{lines(line, 10, 10, 11), lines(line, 12, 12, 13), false},
		{lines(line, 10, 10, 13), lines(line, 11, 12, 12), true},
		{lines(line, 10, 10), lines(line, 10, 11), true},
	} {
		r := newResults(t, test.stock, test.patched)
		reached, numbers, err := check(r)
		require.NoError(t, err)
		require.Equal(t, test.reached, reached, numbers)
		require.Equal(t, !reached,
			strings.Contains(numbers, "worse: "), numbers)
	}
}

// TestGoalTellsUnjudgedRatios asserts that the goal for a failing payment names
// the ratios that it does not judge.
func TestGoalTellsUnjudgedRatios(t *testing.T) {
	t.Parallel()

	const line = "BenchmarkLatency/db=bbolt/pay=%s/end=fails 1 %d ns/op " +
		"%d db-ns/op\n"
	before := fmt.Sprintf(line, "SendToRoute", 200, 100) +
		fmt.Sprintf(line, "SendPayment", 200, 100)
	after := fmt.Sprintf(line, "SendToRoute", 130, 50) +
		fmt.Sprintf(line, "SendPayment", 160, 70)

	reached, numbers, err := failsWithin(0.5)(newResults(t, before, after))
	require.NoError(t, err)
	require.True(t, reached)
	require.Contains(t, numbers, "ratio 0.5; not judged: the whole call "+
		"0.65, SendPayment 0.7, its whole call 0.8")

	_, _, err = failsWithin(0.5)(newResults(t, "", ""))
	require.ErrorContains(t, err, "on both sides")
}

// TestGoalsOfAllBases asserts that every base there is has goals.
func TestGoalsOfAllBases(t *testing.T) {
	t.Parallel()

	forEachBase(t, func(t *testing.T, b *base.Base) {
		_, err := LoadGoals(b)
		require.NoError(t, err)
	})
}

// forEachBase runs a test with every base there is.
func forEachBase(t *testing.T, test func(t *testing.T, b *base.Base)) {
	t.Helper()

	root, err := base.Root()
	require.NoError(t, err)
	names, err := base.Known(root)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			b, err := base.Load(root, name)
			require.NoError(t, err)
			test(t, b)
		})
	}
}
