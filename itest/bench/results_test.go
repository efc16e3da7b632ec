package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAdd asserts that results are found among other output, and that names
// lose the number of processors only.
func TestAdd(t *testing.T) {
	t.Parallel()

	got := Side{}
	require.NoError(t, got.add(strings.NewReader(`goos: linux
bench: some progress
BenchmarkFanout/subscribers=10/stalled=5-2  100  2000 ns/op  7 updates/s
BenchmarkProbe/parallel=1 5 1000000 ns/op 900000 p50-ns/op
BenchmarkStalled/payments=live-2 1 5 ns/op 3.5 peak-MB
BenchmarkX/what=payment-beside-2 1 5 ns/op
PASS
`), "test"))
	require.NoError(t, got.add(strings.NewReader(
		"BenchmarkX/what=payment-beside-2 1 7 ns/op\n",
	), "test"))

	require.InDelta(t, 2e-6,
		got["Fanout/subscribers=10/stalled=5"]["sec/op"][0], 1e-12)
	require.InDelta(t, 9e-4,
		got["Probe/parallel=1"]["p50-sec/op"][0], 1e-12)
	require.InDelta(t, 3.5e6,
		got["Stalled/payments=live"]["peak-B"][0], 1e-6)
	require.InDeltaSlice(t, []float64{5e-9, 7e-9},
		got["X/what=payment-beside"]["sec/op"], 1e-12)

	err := got.add(strings.NewReader("BenchmarkX 1 z ns/op\n"), "t")
	require.ErrorContains(t, err, "t:1")
}

// TestResultsComeBack asserts that what was saved is loaded, and that half of a
// file is an error that names it.
func TestResultsComeBack(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "full.json")
	want := newResults(t, lines("BenchmarkA 1 %v ns/op", 1, 3), "")
	want.Base, want.Commit, want.Facts.Rounds = "v9", "abc", 2
	require.NoError(t, want.Save(file))

	got, err := Load(file)
	require.NoError(t, err)
	require.Equal(t, want, got)

	require.NoError(t, os.WriteFile(file, []byte(`{"base": "v`), 0600))
	_, err = Load(file)
	require.ErrorContains(t, err, file)
}

// TestSubscriptions asserts that the chart has medians, by payments, and only
// those of first updates.
func TestSubscriptions(t *testing.T) {
	t.Parallel()

	r := newResults(t,
		lines("BenchmarkSubscription/payments=1000/what=subscribe-2 "+
			"1 %v ns/op", 1e9, 3e9, 2e9)+
			lines("BenchmarkSubscription/payments=20/what="+
				"subscribe-2 1 %v ns/op", 5e9)+
			lines("BenchmarkSubscription/payments=7/what=startup "+
				"1 %v ns/op", 5e9), "")
	require.Equal(t, []Subscription{{20, 5}, {1000, 2}},
		r.Stock.Subscriptions())
}

// TestFormat asserts that values are shown with their units.
func TestFormat(t *testing.T) {
	t.Parallel()

	require.Equal(t, "3.174 µs", FormatValue(3.174e-6, "sec/op"))
	require.Equal(t, "7.060 s", FormatValue(7.0604, "sec/op"))
	require.Equal(t, "5.973 GB", FormatValue(5.9727e9, "B/op"))
	require.Equal(t, "1,000,000", FormatCount(1_000_000))
	require.Equal(t, "100", FormatCount(100))
	require.Equal(t, "payments 1,000,000, scan at startup",
		label("Subscription/payments=1000000/what=startup"))
}

// TestSortNames asserts that stores stand in the order of their list and
// numbers in that of their values.
func TestSortNames(t *testing.T) {
	t.Parallel()

	names := []string{"A/db=b/n=9", "A/db=a/n=9", "A/db=b/n=10",
		"A/db=b/n=9/x=z", "A/db=b/n=9/x=y"}
	sortNames(names, []string{"b", "a"})
	require.Equal(t, []string{"A/db=b/n=9", "A/db=b/n=9/x=y",
		"A/db=b/n=9/x=z", "A/db=b/n=10", "A/db=a/n=9"}, names)
}
