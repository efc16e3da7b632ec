package explore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLifeEndsBetweenCommits lets a process that commits twice and then sends
// an HTLC die in every way, and looks at what its successor would find.
func TestLifeEndsBetweenCommits(t *testing.T) {
	found := make(map[string]string)
	e := New("")
	cases(e, func() {
		var (
			disk   string
			deaths = 1
			l      = NewLife(e, &deaths)
		)
		do := func(what string) func() error {
			return func() error {
				disk += what
				return nil
			}
		}
		l.Enter(Alive)
		write := func(what string) func(error) error {
			return func(error) error { return do(what)() }
		}
		_ = l.Write(write("1"))
		_ = l.Write(write("2"))
		_ = l.Send(do("h"))

		// Only a dead process does not read.
		require.Equal(t, l.Is(Dead), l.Read(do("")) == ErrDead)
		require.Equal(t, l.Is(Dead), l.Death() != "")
		require.Equal(t, l.Is(Dead), deaths == 0)
		found[l.Death()] = disk

		// What is done in its name later has an effect again.
		l.Enter(Buried)
		require.NoError(t, l.Write(write("")))
	})

	require.Equal(t, map[string]string{
		"": "12h", "before1": "", "after1": "1", "before2": "1",
		"after2": "12", "unsent1": "12",
	}, found)
}

// TestLifeTellsOfChanges wakes who waits for a process to go on.
func TestLifeTellsOfChanges(t *testing.T) {
	l := NewLife(New(""), new(int))
	changed := l.Change()
	select {
	case <-changed:
		t.Fatal("nothing has happened yet")
	default:
	}

	l.Enter(Alive)
	<-changed

	changed = l.Change()
	require.NoError(t, l.Write(func(error) error { return nil }))
	<-changed
}

// TestLifeIsDisturbed lets calls fail for a while, counted from its beginning.
func TestLifeIsDisturbed(t *testing.T) {
	var committed int
	l := NewLife(nil, new(int))
	l.Committed = func() { committed++ }
	write := func() error {
		return l.Write(func(fault error) error { return fault })
	}
	read := func() error { return l.Read(func() error { return nil }) }

	for range 2 {
		require.NoError(t, write())
		failed, died := l.Disturb(&Plan{
			Death: "after3", Faults: []string{
				"write1:done", "write2:fails", "read2:fails",
			},
		})
		require.Zero(t, failed)
		require.False(t, died)
		require.ErrorIs(t, write(), ErrFault)
		require.ErrorIs(t, write(), ErrFault)
		require.NoError(t, write())
		require.NoError(t, read())
		require.ErrorIs(t, read(), ErrFault)
		require.ErrorIs(t, write(), ErrDead)
		require.ErrorIs(t, read(), ErrDead)

		failed, died = l.Disturb(nil)
		require.Equal(t, 3, failed)
		require.True(t, died)
		require.NoError(t, read())
	}

	// Only what a live process commits is told.
	require.Equal(t, 4, committed)
}
