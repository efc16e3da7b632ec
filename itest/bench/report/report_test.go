package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// lines repeats a benchmark line with each of the values.
func lines(format string, values ...any) string {
	var b strings.Builder
	for _, value := range values {
		fmt.Fprintf(&b, format+"\n", value)
	}

	return b.String()
}

// newReport returns a report on what the two sides printed.
func newReport(t *testing.T, stock, patched string) *report {
	t.Helper()

	r := &report{base: "v0.21.2-beta"}
	var err error
	r.stock, err = readResults(strings.NewReader(stock), "stock")
	require.NoError(t, err)
	r.patched, err = readResults(strings.NewReader(patched), "patched")
	require.NoError(t, err)

	return r
}

// TestReadResults asserts that results are found among other output, and that
// names lose the number of processors only.
func TestReadResults(t *testing.T) {
	t.Parallel()

	got, err := readResults(strings.NewReader(`goos: linux
bench: some progress
BenchmarkFanout/subscribers=10/stalled=5-2  100  2000 ns/op  7 updates/s
BenchmarkProbe/parallel=1 5 1000000 ns/op 900000 p50-ns/op
BenchmarkStalled/payments=live-2 1 5 ns/op 3.5 peak-MB
BenchmarkX/what=payment-beside-2 1 5 ns/op
PASS
`), "test")
	require.NoError(t, err)

	require.InDeltaSlice(t, []float64{2e-6},
		got[key{"Fanout/subscribers=10/stalled=5", "sec/op"}], 1e-12)
	require.InDeltaSlice(t, []float64{9e-4},
		got[key{"Probe/parallel=1", "p50-sec/op"}], 1e-12)
	require.InDeltaSlice(t, []float64{3.5e6},
		got[key{"Stalled/payments=live", "peak-B"}], 1e-6)
	require.Contains(t, got, key{"X/what=payment-beside", "sec/op"})

	_, err = readResults(strings.NewReader("BenchmarkX 1 z ns/op\n"), "t")
	require.ErrorContains(t, err, "t:1")
}

// TestSpread asserts medians of odd and even numbers of runs.
func TestSpread(t *testing.T) {
	t.Parallel()

	require.Equal(t, spread{2, 1, 3, 3}, spreadOf([]float64{3, 1, 2}))
	require.Equal(t, spread{2.5, 1, 4, 4}, spreadOf([]float64{4, 1, 2, 3}))
}

// TestPair asserts ratios and when they are taken for chance.
func TestPair(t *testing.T) {
	t.Parallel()

	const line = "BenchmarkA 1 %v ns/op"
	r := newReport(t, lines(line, 10, 11, 12, 13, 14),
		lines(line, 5, 6, 6, 6, 7))
	p, err := r.pair("A", "sec/op")
	require.NoError(t, err)
	require.InDelta(t, 0.5, p.ratio(), 1e-9)
	require.True(t, p.differ)

	r = newReport(t, lines(line, 10, 11, 12, 13, 14),
		lines(line, 9, 12, 13, 13, 15))
	p, err = r.pair("A", "sec/op")
	require.NoError(t, err)
	require.False(t, p.differ)

	// Three runs on a side must be apart; of one it must be far.
	r = newReport(t, lines(line, 10, 11, 12), lines(line, 13, 14, 15))
	p, err = r.pair("A", "sec/op")
	require.NoError(t, err)
	require.True(t, p.differ)

	r = newReport(t, lines(line, 10), lines(line, 11))
	p, err = r.pair("A", "sec/op")
	require.NoError(t, err)
	require.False(t, p.differ)

	const none = "BenchmarkA 1 0 errors/op\n"
	r = newReport(t, none, none)
	p, err = r.pair("A", "errors/op")
	require.NoError(t, err)
	require.Equal(t, 1., p.ratio())
	require.False(t, p.differ)

	_, err = r.pair("A", "B/op")
	require.EqualError(t, err, "no B/op of A on both sides")
}

// measured returns what a side prints that has the given numbers.
func measured(commits int, latency, large float64, live float64) string {
	var b strings.Builder
	for _, pay := range []string{"SendToRoute", "SendPayment"} {
		for _, end := range []string{"fails", "succeeds"} {
			name := fmt.Sprintf("db=bbolt/pay=%s/end=%s-2", pay,
				end)
			fmt.Fprintf(&b, "BenchmarkCommits/%s 1 %d commits/op\n",
				name, commits)
			fmt.Fprintf(&b, "BenchmarkLatency/%s 1 %f ns/op %f "+
				"db-ns/op\n", name, latency, latency)
			fmt.Fprintf(&b, "BenchmarkLoad/%s 1 %f ns/op\n", name,
				latency)
		}
	}
	b.WriteString("BenchmarkFanout/subscribers=1/stalled=0 1 9 ns/op\n")
	for _, payments := range []int{1_000, 1_000_000} {
		name := fmt.Sprintf("Subscription/payments=%d", payments)
		fmt.Fprintf(&b, "Benchmark%s/what=startup 1 7 ns/op\n", name)
		fmt.Fprintf(&b, "Benchmark%s/what=subscribe 1 %f ns/op\n", name,
			large)
	}
	fmt.Fprintf(&b, "BenchmarkStalled/payments=live 1 %f peak-MB\n", live)

	return b.String()
}

// TestGoals asserts that goals are reached by good numbers, missed by those of
// stock, and not judged without any.
func TestGoals(t *testing.T) {
	t.Parallel()

	stock := measured(5, 9e6, 6e9, 900)
	text, err := newReport(t, stock, measured(2, 4e6, 5e3, 0.5)).judge()
	require.NoError(t, err)
	require.Equal(t, len(goals("v0.21.2-beta")),
		strings.Count(text, "| reached |"), text)

	text, err = newReport(t, stock, stock).judge()
	require.NoError(t, err)
	require.Equal(t, 5, strings.Count(text, "| missed |"), text)

	text, err = newReport(t, stock, measured(3, 18e6, 5e3, 0.5)).judge()
	require.NoError(t, err)
	require.Contains(t, text, "fails at its first attempt: 2")

	text, err = newReport(t, "", "").judge()
	require.ErrorContains(t, err, "on both sides")
	require.NotContains(t, text, "reached")
}

// TestPairWorse asserts that noise is no loss, and that too few runs are no
// excuse for one: no ratio above the slack passes for lack of runs.
func TestPairWorse(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name           string
		stock, patched []float64
		worse          bool
	}{
		{"one run, less", []float64{10}, []float64{9}, false},
		{"one run, slack", []float64{100}, []float64{109}, false},
		{"one run, more", []float64{10}, []float64{12}, true},
		{"two runs, more", []float64{10, 11}, []float64{11, 13}, true},
		{"one run against three", []float64{10, 11, 12},
			[]float64{12.5}, true},
		{"three runs that meet", []float64{10, 11, 15},
			[]float64{12, 13, 14}, false},
		{"three runs apart, slack", []float64{100, 101, 102},
			[]float64{103, 104, 105}, false},
		{"three runs apart, more", []float64{10, 11, 12},
			[]float64{12.5, 13, 14}, true},
		{"three runs apart, less", []float64{12, 13, 14},
			[]float64{9, 10, 11}, false},
		{"five runs apart, more", []float64{10, 10, 11, 11, 12},
			[]float64{13, 13, 14, 14, 15}, true},
	}
	for _, test := range tests {
		p := newPair(test.stock, test.patched)
		require.Equal(t, test.worse, p.worse(), test.name)
	}
}

// TestGoalsOfFewRuns asserts that what is slower beyond the slack is told, by
// one round as well as by three, and that three may differ by chance.
func TestGoalsOfFewRuns(t *testing.T) {
	t.Parallel()

	const line = "BenchmarkFanout/subscribers=1/stalled=0 1 %v ns/op"
	check := notWorse("Fanout", "sec/op", "")
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
		r := newReport(t, test.stock, test.patched)
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
	stock := fmt.Sprintf(line, "SendToRoute", 200, 100) +
		fmt.Sprintf(line, "SendPayment", 200, 100)
	patched := fmt.Sprintf(line, "SendToRoute", 130, 50) +
		fmt.Sprintf(line, "SendPayment", 160, 70)

	reached, numbers, err := failsWithin(0.5)(newReport(t, stock, patched))
	require.NoError(t, err)
	require.True(t, reached)
	require.Contains(t, numbers, "ratio 0.5; not judged: the whole call "+
		"0.65, SendPayment 0.7, its whole call 0.8")

	_, _, err = failsWithin(0.5)(newReport(t, "", ""))
	require.ErrorContains(t, err, "on both sides")
}

// TestRun asserts that a document and a chart are written, but nothing if
// anything is missing.
func TestRun(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	doc := filepath.Join(folder, "benchmarks.md")
	facts := filepath.Join(folder, "facts")
	require.NoError(t, os.WriteFile(facts, []byte("- facts\n"), 0600))

	stock := measured(5, 9e6, 6e9, 900)
	r := newReport(t, stock, strings.Split(stock, "BenchmarkStalled")[0])
	require.ErrorContains(t, r.run(doc, facts), "left as it was")
	require.NoFileExists(t, doc)

	r = newReport(t, stock, measured(2, 4e6, 5e3, 0.5))
	require.NoError(t, r.run(doc, facts))
	text, err := os.ReadFile(doc)
	require.NoError(t, err)
	require.Contains(t, string(text), "- facts\n")
	require.Contains(t, string(text), "| SendPayment, fails at its first "+
		"attempt | 5 → 2 |\n")
	chart, err := os.ReadFile(filepath.Join(
		folder, "subscription-v0.21.2-beta.svg",
	))
	require.NoError(t, err)
	require.Contains(t, string(chart), "<svg")
}

// TestFormat asserts that values are shown with their units.
func TestFormat(t *testing.T) {
	t.Parallel()

	require.Equal(t, "3.174 µs", formatValue(3.174e-6, "sec/op"))
	require.Equal(t, "7.060 s", formatValue(7.0604, "sec/op"))
	require.Equal(t, "5.973 GB", formatValue(5.9727e9, "B/op"))
	require.Equal(t, "1,000,000", grouped(1_000_000))
	require.Equal(t, "payments 1,000,000, scan at startup",
		label("Subscription/payments=1000000/what=startup"))
}
