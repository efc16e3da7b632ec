package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChoose asserts that groups are picked by their names, all if no name is
// given, and that a pattern that picks none lists them.
func TestChoose(t *testing.T) {
	t.Parallel()

	all, err := choose("")
	require.NoError(t, err)
	require.Len(t, all, len(groups))

	some, err := choose("^load$|probe")
	require.NoError(t, err)
	require.Len(t, some, 2)
	require.Equal(t, "load", some[0].name)

	_, err = choose("lood")
	require.ErrorContains(t, err, "there are: commits latency load")
	_, err = choose("(")
	require.ErrorContains(t, err, "GROUP")
}

// TestBenchmark asserts what a test binary is asked for: one store by its full
// name, and for the time that it has there.
func TestBenchmark(t *testing.T) {
	t.Parallel()

	r := run{pattern: "A$", time: "1x", stores: true, bbolt: "2s"}
	for _, test := range []struct{ store, pattern, time string }{
		{"", "^BenchmarkA$", "1x"},
		{"sqlite", "^BenchmarkA$/db=sqlite$", "1x"},
		{"bbolt", "^BenchmarkA$/db=bbolt$", "2s"},
	} {
		pattern, time := r.benchmark(test.store)
		require.Equal(t, test.pattern, pattern)
		require.Equal(t, test.time, time)
	}
}
