package sink

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRangesReturnTheSame checks that ranges survive being made text.
func TestRangesReturnTheSame(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		var (
			ranges []watcher.Range
			next   uint64
		)
		for range rapid.IntRange(0, 20).Draw(t, "ranges") {
			first := next + rapid.Uint64Range(0, 1<<40).
				Draw(t, "gap")
			last := first + rapid.Uint64Range(0, 1<<40).
				Draw(t, "more")
			ranges = append(ranges, watcher.Range{
				First: first, Last: last,
			})
			next = last + 1
		}
		parsed, err := parseRanges(formatRanges(ranges))
		require.NoError(t, err)
		require.Equal(t, ranges, parsed)
	})
}

// TestRangesAreWrittenAsEver checks the text that sinks have, and what is no
// such text.
func TestRangesAreWrittenAsEver(t *testing.T) {
	t.Parallel()

	ranges := []watcher.Range{{First: 1, Last: 3}, {First: 5, Last: 5},
		{First: 8, Last: math.MaxInt64}}
	text := "1-3,5,8-9223372036854775807"
	require.Equal(t, text, formatRanges(ranges))
	parsed, err := parseRanges(text)
	require.NoError(t, err)
	require.Equal(t, ranges, parsed)

	for text, want := range map[string]string{
		"x": "invalid syntax", "1-": "invalid syntax",
		"-1": "invalid syntax", "1,,2": "invalid syntax",
		"3-2":                 "ends before it begins",
		"1-3,3":               "begins before the one before it",
		"5,1-3":               "begins before the one before it",
		"9223372036854775808": "out of range",
	} {
		_, err := parseRanges(text)
		require.ErrorContains(t, err, want, text)
	}
}

// TestPositionFarBeyondIsReadAgain stores what was delivered while one payment
// stayed in flight: more than could be kept one by one.
func TestPositionFarBeyondIsReadAgain(t *testing.T) {
	test := func(t *testing.T, url string) {
		ctx := context.Background()
		far := at(1, watcher.Range{First: 2, Last: 1 << 40},
			watcher.Range{First: 1<<40 + 2, Last: 1 << 41})
		s := open(t, url)
		require.NoError(t, s.Deliver(ctx, nil, far))
		require.NoError(t, s.Close())

		position, err := open(t, url).Position(ctx)
		require.NoError(t, err)
		require.Equal(t, far, *position)
	}
	eachSQL(t, test)
	t.Run("jsonl", func(t *testing.T) {
		t.Parallel()
		test(t, "jsonl:"+filepath.Join(t.TempDir(), "position"))
	})
}
