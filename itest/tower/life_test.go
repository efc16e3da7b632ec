//go:build tower

package oncetower

import (
	"errors"
	"fmt"
	"sync"
)

// errDead is what every transaction returns once its process has died.
var errDead = errors.New("the process is dead")

// phase is how far the life of a process has come.
type phase int

const (
	// starting is a process that opens its database. It does not die.
	starting phase = iota

	// alive is a process that may die at every commit and before every HTLC.
	alive

	// dead is a process whose code still runs, but which reaches neither
	// the disk nor the network any more.
	dead

	// buried is a process that does nothing more of its own accord. What
	// the test still does in its name has an effect again.
	buried
)

// life is that of a process which may die. It dies between what it does to the
// disk and to the network: that is all that its successor can find.
type life struct {
	// explorer decides whether the process dies.
	explorer *explorer

	// deaths is how many processes may still die, this one included.
	deaths *int

	// writing is held during a transaction that may commit.
	writing sync.Mutex

	mu    sync.Mutex
	phase phase

	// death is how the process has died, if it has.
	death string

	// commits and sent count what has been done since the start.
	commits, sent int

	// changed is closed, and replaced, when anything has happened that
	// somebody may wait for.
	changed chan struct{}
}

// newLife returns the life of a process that starts.
func newLife(explorer *explorer, deaths *int) *life {
	return &life{
		explorer: explorer, deaths: deaths, changed: make(chan struct{}),
	}
}

// enter begins a phase.
func (l *life) enter(p phase) {
	l.mu.Lock()
	l.phase = p
	l.mu.Unlock()

	l.notify()
}

// is tells whether the process is in a phase.
func (l *life) is(p phase) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.phase == p
}

// notify wakes up all who wait for something to change.
func (l *life) notify() {
	l.mu.Lock()
	defer l.mu.Unlock()

	close(l.changed)
	l.changed = make(chan struct{})
}

// change returns a channel that is closed when anything changes from now on.
func (l *life) change() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.changed
}

// dies lets the explorer choose one of the ways to die here, and returns it. It
// is empty if the process lives on.
func (l *life) dies(ways ...string) string {
	if *l.deaths == 0 {
		return ""
	}

	way := l.explorer.choose(append([]string{""}, ways...)...)
	if way != "" {
		l.death = way
		*l.deaths--
	}

	return way
}

// write makes a transaction that changes something, one at a time. The process
// may die before it, or after it without getting to know that it was committed.
func (l *life) write(commit func() error) error {
	if l == nil {
		return commit()
	}

	l.writing.Lock()
	defer l.writing.Unlock()

	switch {
	case l.is(dead):
		return errDead
	case !l.is(alive):
		return commit()
	}

	before := fmt.Sprintf("before%d", l.commits+1)
	after := fmt.Sprintf("after%d", l.commits+1)
	switch l.dies(before, after) {
	case before:
		l.enter(dead)

		return errDead

	// Nobody in the process sees what is committed now.
	case after:
		l.enter(dead)
		_ = commit()

		return errDead
	}

	err := commit()
	if err == nil {
		l.commits++
	}
	l.notify()

	return err
}

// read makes a transaction that only reads.
func (l *life) read(view func() error) error {
	if l != nil && l.is(dead) {
		return errDead
	}

	return view()
}

// send lets an HTLC leave, unless the process dies before.
func (l *life) send(leave func() error) error {
	l.writing.Lock()
	defer l.writing.Unlock()

	if l.is(dead) {
		return errDead
	}
	if l.dies(fmt.Sprintf("unsent%d", l.sent+1)) != "" {
		l.enter(dead)

		return errDead
	}
	l.sent++
	defer l.notify()

	return leave()
}

// do notes something that somebody may wait for.
func (l *life) do(note func()) {
	l.mu.Lock()
	note()
	l.mu.Unlock()

	l.notify()
}

// get returns what was noted.
func (l *life) get(note *bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	return *note
}
