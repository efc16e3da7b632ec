package paymentfeed

import (
	"container/list"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pendingModel says what is kept for a subscriber, by looking at all of it at
// every step.
type pendingModel struct {
	events    []testEvent
	behind    bool
	maxBehind int
}

// add adds an event.
func (m *pendingModel) add(e testEvent) {
	if !m.behind && len(m.events) >= m.maxBehind {
		m.behind = true

		events := m.events
		m.events = nil
		for _, e := range events {
			m.replaceOrAppend(e)
		}
	}

	m.replaceOrAppend(e)
}

// replaceOrAppend adds an event, in the place of the last one of its key if the
// subscriber is behind and that one is not an end.
func (m *pendingModel) replaceOrAppend(e testEvent) {
	for i := len(m.events) - 1; m.behind && i >= 0; i-- {
		if m.events[i].key != e.key {
			continue
		}
		if m.events[i].terminal {
			break
		}
		m.events[i] = e

		return
	}

	m.events = append(m.events, e)
}

// take takes the first event.
func (m *pendingModel) take() testEvent {
	e := m.events[0]
	m.events = m.events[1:]
	m.behind = m.behind && len(m.events) > m.maxBehind/2

	return e
}

// bound returns how many events may be kept at most, if all that were published
// and not read are these.
func (m *pendingModel) bound(unread []testEvent) int {
	var (
		live = make(map[string]struct{})
		ends int
	)
	for _, e := range unread {
		live[e.key] = struct{}{}
		if e.terminal {
			ends++
			delete(live, e.key)
		}
	}

	return max(m.maxBehind, ends+len(live))
}

// TestPendingEvents checks what is kept for a subscriber against the model, and
// that it is no more than is documented.
func TestPendingEvents(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		var (
			m = pendingModel{
				maxBehind: rapid.IntRange(1, 9).Draw(t, "max"),
			}
			s = Subscription{
				maxBehind: m.maxBehind,
				pending:   list.New(),
			}

			// unread holds what no model would drop.
			unread []testEvent
		)
		check := func() {
			var kept []testEvent
			at := s.pending.Front()
			for ; at != nil; at = at.Next() {
				e, ok := at.Value.(*entry)
				require.True(t, ok)
				event, ok := e.event.(testEvent)
				require.True(t, ok)
				kept = append(kept, event)
			}
			require.Equal(t, len(m.events), len(kept))
			if len(kept) > 0 {
				require.Equal(t, m.events, kept)
			}
			require.LessOrEqual(t, len(kept), m.bound(unread))
		}

		version := 0
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"add": func(t *rapid.T) {
				version++
				e := testEvent{
					key: rapid.SampledFrom(
						keys,
					).Draw(t, "key"),
					version: version,
					terminal: rapid.IntRange(
						0, 3,
					).Draw(t, "end") == 0,
				}
				unread = append(unread, e)
				m.add(e)
				s.add(&entry{e.key, e, e.terminal})
			},
			"take": func(t *rapid.T) {
				got, ok, _ := s.take()
				require.Equal(t, len(m.events) > 0, ok)
				if !ok {
					t.Skip("nothing is pending")
				}
				want := m.take()
				require.Equal(t, want, got)

				// What it superseded was before it.
				left := unread[:0]
				for _, e := range unread {
					if e.key != want.key ||
						e.version > want.version {

						left = append(left, e)
					}
				}
				unread = left
			},
		})
	})
}
