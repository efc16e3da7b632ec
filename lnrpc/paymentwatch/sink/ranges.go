package sink

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The payments that were delivered beyond the position's next index are many if
// one payment stays in flight for long, but they have few gaps: one for every
// payment that is still in flight. So they are kept as ranges, which are few.

// formatRanges returns indexes as ranges in ascending order, such as 12-40,42.
func formatRanges(indexes []uint64) string {
	sorted := slices.Compact(slices.Sorted(slices.Values(indexes)))

	var b strings.Builder
	for i := 0; i < len(sorted); {
		last := i
		for last+1 < len(sorted) && sorted[last+1] == sorted[last]+1 {
			last++
		}

		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(sorted[i], 10))
		if last > i {
			fmt.Fprintf(&b, "-%d", sorted[last])
		}
		i = last + 1
	}

	return b.String()
}

// maxBeyond is how many indexes a position can have beyond the next one. More
// than that are not delivered past a payment in flight, they are a mistake that
// must not exhaust the memory.
const maxBeyond = 1 << 26

// parseRanges returns the indexes that formatRanges was given, sorted.
func parseRanges(text string) ([]uint64, error) {
	if text == "" {
		return nil, nil
	}

	var indexes []uint64
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}

		first, err := strconv.ParseUint(from, 10, 63)
		if err != nil {
			return nil, fmt.Errorf("ranges %q: %w", text, err)
		}
		last, err := strconv.ParseUint(to, 10, 63)
		if err != nil {
			return nil, fmt.Errorf("ranges %q: %w", text, err)
		}
		if last < first || last-first >= maxBeyond ||
			len(indexes) >= maxBeyond {

			return nil, fmt.Errorf("ranges %q: %q is none", text,
				part)
		}
		for i := first; i <= last; i++ {
			indexes = append(indexes, i)
		}
	}

	return indexes, nil
}
