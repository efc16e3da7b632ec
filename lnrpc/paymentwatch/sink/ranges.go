package sink

import (
	"fmt"
	"strconv"
	"strings"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

// formatRanges returns the ranges of a position as text, such as 12-40,42.
func formatRanges(ranges []watcher.Range) string {
	var b strings.Builder
	for i, r := range ranges {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(r.First, 10))
		if r.Last > r.First {
			b.WriteByte('-')
			b.WriteString(strconv.FormatUint(r.Last, 10))
		}
	}

	return b.String()
}

// parseRanges returns the ranges that formatRanges was given. It refuses what
// formatRanges cannot have written: indexes that no database has, and ranges
// that are not in order.
func parseRanges(text string) ([]watcher.Range, error) {
	if text == "" {
		return nil, nil
	}

	parts := strings.Split(text, ",")
	ranges := make([]watcher.Range, 0, len(parts))
	for _, part := range parts {
		r, err := parseRange(part)
		if err != nil {
			return nil, fmt.Errorf("range %q: %w", part, err)
		}
		if n := len(ranges); n > 0 && r.First <= ranges[n-1].Last {
			return nil, fmt.Errorf("range %q begins before the "+
				"one before it ends, at %d", part,
				ranges[n-1].Last)
		}
		ranges = append(ranges, r)
	}

	return ranges, nil
}

// parseRange returns the range, or the single index, that a text is.
func parseRange(text string) (watcher.Range, error) {
	var none watcher.Range

	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}

	// Databases have indexes as signed numbers.
	first, err := strconv.ParseUint(from, 10, 63)
	if err != nil {
		return none, err
	}
	last, err := strconv.ParseUint(to, 10, 63)
	if err != nil {
		return none, err
	}
	if last < first {
		return none, fmt.Errorf("it ends before it begins")
	}

	return watcher.Range{First: first, Last: last}, nil
}
