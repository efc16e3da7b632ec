package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/itest/bench"
)

// TestDrawTo asserts that a chart is drawn with a line for each side, also into
// a folder that does not exist yet, and that nothing is beside it.
func TestDrawTo(t *testing.T) {
	t.Parallel()

	side := bench.Side{}
	for _, payments := range []string{"1000", "1000000"} {
		name := "Subscription/payments=" + payments + "/what=subscribe"
		side[name] = map[string][]float64{"sec/op": {0.001}}
	}
	folder := filepath.Join(t.TempDir(), "benchmarks")
	file := filepath.Join(folder, "chart.svg")
	require.NoError(t, drawTo(file, &bench.Results{
		Base: "v9", Stock: side, Patched: side,
	}))

	drawing, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, want := range []string{"</svg>", "v9", "stock", "lnd-once"} {
		require.Contains(t, string(drawing), want)
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1)
}

// TestDrawToFails asserts that without results nothing is drawn.
func TestDrawToFails(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "chart.svg")
	require.ErrorContains(t, drawTo(file, &bench.Results{Base: "v9"}),
		"no subscription of stock was measured")
	require.NoFileExists(t, file)
}
