package watcher

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestSpansAreASet compares spans with a plain set.
func TestSpansAreASet(t *testing.T) {
	t.Parallel()

	const limit = 24
	rapid.Check(t, func(rt *rapid.T) {
		s := spans{{lo: 0, hi: 3}}
		want := map[uint64]bool{0: true, 1: true, 2: true}

		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			index := rapid.Uint64Range(0, limit).Draw(rt, "index")
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				s.remove(index)
				delete(want, index)

			case 1:
				s.cut(index)
				for i := index; i <= limit; i++ {
					delete(want, i)
				}

			case 2:
				hi := rapid.Uint64Range(index+1, limit+1).
					Draw(rt, "hi")
				s.addSpan(span{lo: index, hi: hi})
				for i := index; i < hi; i++ {
					want[i] = true
				}

			default:
				s.add(index)
				want[index] = true
			}
			checkSpans(rt, s, want, limit)
		}
	})
}

// checkSpans checks that spans are in order and hold just the wanted indexes.
func checkSpans(rt *rapid.T, s spans, want map[uint64]bool, limit uint64) {
	for i := range s {
		if s[i].lo >= s[i].hi || i > 0 && s[i-1].hi >= s[i].lo {
			rt.Fatalf("not in order: %v", s)
		}
	}

	var end uint64
	for i := range limit + 1 {
		if s.contains(i) != want[i] {
			rt.Fatalf("%d: %v, want %v", i, s, want)
		}
		if want[i] {
			end = i + 1
		}
	}
	if s.end() != end {
		rt.Fatalf("end %d of %v", s.end(), s)
	}

	// Every gap begins at the first index missing and ends before the
	// first one there.
	for i := range limit + 1 {
		lo, hi := s.gap(i)
		for j := i; j < lo; j++ {
			if !want[j] {
				rt.Fatalf("gap %d, %d of %v", lo, hi, s)
			}
		}
		for j := lo; j < min(hi, limit); j++ {
			if want[j] {
				rt.Fatalf("gap %d, %d of %v", lo, hi, s)
			}
		}
		if hi != math.MaxUint64 && !want[hi] {
			rt.Fatalf("gap %d, %d of %v", lo, hi, s)
		}
	}
}
