package bench

import (
	"fmt"
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

// newResults returns the results of what the two sides printed.
func newResults(t *testing.T, stock, patched string) *Results {
	t.Helper()

	r := &Results{Stock: Side{}, Patched: Side{}}
	require.NoError(t, r.Stock.add(strings.NewReader(stock), "stock"))
	require.NoError(t, r.Patched.add(strings.NewReader(patched), "patched"))

	return r
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
	for _, test := range []struct {
		stock, patched string
		ratio          float64
		differ         bool
	}{
		{lines(line, 10, 11, 12, 13, 14), lines(line, 5, 6, 6, 6, 7),
			0.5, true},
		{lines(line, 10, 11, 12, 13, 14),
			lines(line, 9, 12, 13, 13, 15), 13. / 12, false},

		// Three runs on a side must be apart; of one it must be far.
		{lines(line, 10, 11, 12), lines(line, 13, 14, 15),
			14. / 11, true},
		{lines(line, 10), lines(line, 11), 1.1, false},
	} {
		r := newResults(t, test.stock, test.patched)
		p, err := r.pair("A", "sec/op")
		require.NoError(t, err)
		require.InDelta(t, test.ratio, p.ratio(), 1e-9)
		require.Equal(t, test.differ, p.differ)

		_, err = r.pair("A", "B/op")
		require.EqualError(t, err, "no B/op of A on both sides")
	}

	p := newPair([]float64{0}, []float64{0})
	require.Equal(t, 1., p.ratio())
	require.False(t, p.differ)
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
		require.Equal(t, test.worse, p.worse(1.1), test.name)
	}
}
