package watcher

import (
	"math"
	"slices"
	"sort"
)

// span is the indexes from lo up to, but not including, hi.
type span struct {
	lo, hi uint64
}

// spans is a set of indexes as ascending spans that do not touch. It takes
// memory for each gap, not for each index.
type spans []span

// after returns the position of the first span that ends above the index.
func (s spans) after(index uint64) int {
	return sort.Search(len(s), func(i int) bool {
		return s[i].hi > index
	})
}

// contains returns whether the index is in the set.
func (s spans) contains(index uint64) bool {
	i := s.after(index)

	return i < len(s) && s[i].lo <= index
}

// end returns the lowest index above all in the set.
func (s spans) end() uint64 {
	if len(s) == 0 {
		return 0
	}

	return s[len(s)-1].hi
}

// gap returns the first gap at or above the index: all from lo up to, but not
// including, hi are missing. Above the highest index the gap has no end.
func (s spans) gap(index uint64) (lo, hi uint64) {
	i := s.after(index)
	if i < len(s) && s[i].lo <= index {
		index = s[i].hi
		i++
	}
	if i == len(s) {
		return index, math.MaxUint64
	}

	return index, s[i].lo
}

// add puts the index into the set.
func (s *spans) add(index uint64) {
	s.addSpan(span{lo: index, hi: index + 1})
}

// addSpan puts a span into the set. Those that it overlaps or touches become
// one with it.
func (s *spans) addSpan(added span) {
	first := sort.Search(len(*s), func(i int) bool {
		return (*s)[i].hi >= added.lo
	})
	end := first
	for ; end < len(*s) && (*s)[end].lo <= added.hi; end++ {
		added.lo = min(added.lo, (*s)[end].lo)
		added.hi = max(added.hi, (*s)[end].hi)
	}
	*s = slices.Replace(*s, first, end, added)
}

// remove takes the index out of the set.
func (s *spans) remove(index uint64) {
	if !s.contains(index) {
		return
	}

	i := s.after(index)
	whole := (*s)[i]
	var rest []span
	if whole.lo < index {
		rest = append(rest, span{lo: whole.lo, hi: index})
	}
	if index+1 < whole.hi {
		rest = append(rest, span{lo: index + 1, hi: whole.hi})
	}
	*s = slices.Replace(*s, i, i+1, rest...)
}

// cut takes the index and all above it out of the set.
func (s *spans) cut(index uint64) {
	i := s.after(index)
	if i < len(*s) && (*s)[i].lo < index {
		(*s)[i].hi = index
		i++
	}
	*s = (*s)[:min(i, len(*s))]
}
