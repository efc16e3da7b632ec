package nodes

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// growthPercent is by how much the median of what a node uses may grow, beside
// what each has of its own.
const growthPercent = 15

// growth is what a node has used of something at several times.
type growth struct {
	name string

	// spare is by how much it may grow beside growthPercent.
	spare int

	first, last []int
}

// check returns an error if the median of the last values is above that of the
// first ones by more than it may.
func (g growth) check() error {
	first, last := median(g.first), median(g.last)
	if last > first+first*growthPercent/100+g.spare {
		return fmt.Errorf("%s: %d at first, %d at last", g.name, first,
			last)
	}

	return nil
}

// median returns the median of some values.
func median(values []int) int {
	sorted := slices.Sorted(slices.Values(values))

	return sorted[len(sorted)/2]
}

// TestGrowth checks what counts as growth.
func TestGrowth(t *testing.T) {
	t.Parallel()

	for _, tc := range []struct {
		name        string
		first, last []int
		grows       bool
	}{
		{"the same", []int{100}, []int{100}, false},
		{"less", []int{100}, []int{10}, false},
		{"a bit", []int{100}, []int{125}, false},
		{"too much", []int{100}, []int{126}, true},
		{"now and then", []int{1, 100, 100}, []int{900, 9, 90}, false},
		{"mostly", []int{900, 100, 100}, []int{9, 900, 900}, true},
	} {
		err := growth{
			name: tc.name, spare: 10,
			first: tc.first, last: tc.last,
		}.check()
		require.Equal(t, tc.grows, err != nil, tc.name)
	}
}
