package ladder

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/manifest"
	"lnd-once/itest/expect"
)

// TestTopicsMendEverything asserts that each base says from which topic on a
// case holds, and names only topics that there are: what is only for our fork
// mends nothing.
func TestTopicsMendEverything(t *testing.T) {
	t.Parallel()

	root, err := base.Root()
	require.NoError(t, err)
	names, err := base.Known(root)
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		b, err := base.Load(root, name)
		require.NoError(t, err)
		series, err := manifest.Read(b.Dir)
		require.NoError(t, err)
		last := 0
		for _, topic := range series.Topics {
			last = max(last, topic.Number)
		}

		cases, err := expect.Load(b)
		require.NoError(t, err)
		for _, known := range cases {
			for _, entry := range known.Topics {
				require.LessOrEqual(t, entry.From, last,
					"%s: %s", name, known)
			}
		}
		for _, known := range cases.Prefix(last) {
			for _, found := range [][]string{
				known.Ends, known.All, known.Race.Ends,
				known.Race.All,
			} {
				require.Empty(t, found, "%s: %s", name, known)
			}
		}
	}
}
