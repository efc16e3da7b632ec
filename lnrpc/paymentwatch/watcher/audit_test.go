package watcher

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPositionCovers asks a position for payments that it says are delivered, by
// their indexes or, once those are others, without them.
func TestPositionCovers(t *testing.T) {
	t.Parallel()

	second := int64(time.Second)
	open := Run{Hash: "open", Created: 2 * second, Index: 2}
	p := &Position{
		Next: 2, Beyond: []Range{{4, 5}}, Newest: 5 * second,
		Whole: 3 * second, Open: []Run{open},
	}
	for _, tc := range []struct {
		created       int64
		index         uint64
		by, byNeither bool
	}{
		{1, 1, true, true},
		{1, 9, true, true},
		{4, 4, true, false},
		{4, 1, true, false},
		{4, 3, false, false},
		{4, 6, false, false},
		{6, 4, false, false},
	} {
		r := Run{
			Hash: "other", Created: tc.created * second,
			Index: tc.index,
		}
		require.Equal(t, tc.by, p.Covers(r, true), r)
		require.Equal(t, tc.byNeither, p.Covers(r, false), r)
	}
	require.False(t, p.Covers(open, true))
	require.False(t, p.Covers(open, false))

	// That of an early version says no time.
	p = &Position{Next: 2}
	require.True(t, p.Covers(Run{Created: 7, Index: 1}, true))
	require.False(t, p.Covers(Run{Created: 7, Index: 2}, true))
}

// TestPositionNumbers checks that the last payment that is left says whether a
// node has its payments under the same indexes.
func TestPositionNumbers(t *testing.T) {
	t.Parallel()

	p := &Position{Last: []Run{{Hash: "a", Index: 1}, {Hash: "b", Index: 3}}}
	for _, tc := range []struct {
		indexes map[string]uint64
		want    bool
	}{
		{map[string]uint64{"a": 1, "b": 3}, true},
		{map[string]uint64{"a": 1, "b": 2}, false},
		{map[string]uint64{"a": 1}, true},
		{map[string]uint64{"a": 2}, false},
		{nil, false},
	} {
		numbers := p.Numbers(func(r Run) (uint64, bool) {
			index, ok := tc.indexes[r.Hash]

			return index, ok
		})
		require.Equal(t, tc.want, numbers, tc.indexes)
	}
	require.True(t, (&Position{}).Numbers(nil))
}

// TestPositionSaysWhereItBegan checks that what a watcher was not to deliver is
// known from its position, also when the node numbers its payments anew.
func TestPositionSaysWhereItBegan(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		n, sink := newNode(), &memory{}
		first := n.pay(hashOf(0))
		n.succeed(first)
		elapse(time.Second)
		before := n.pay(hashOf(1))
		n.succeed(before)
		elapse(time.Second)

		r := start(n, sink, FromNow(), 0)
		elapse(time.Minute)
		began := sink.at().Began
		require.Equal(t, before.CreationTimeNs, began)
		n.succeed(n.pay(hashOf(2)))
		elapse(time.Minute)
		require.Equal(t, 1, sink.len())
		require.Equal(t, began, sink.at().Began)
		_ = r.stop()

		n.remove(first)
		n.renumber()
		r = start(n, sink, FromBeginning(), 0)
		n.succeed(n.pay(hashOf(3)))
		elapse(time.Minute)
		require.Equal(t, 2, sink.len())
		require.Equal(t, began, sink.at().Began)
		_ = r.stop()

		all := &memory{}
		r = start(n, all, FromBeginning(), 0)
		elapse(time.Minute)
		require.Zero(t, all.at().Began)
		_ = r.stop()
	})
}
