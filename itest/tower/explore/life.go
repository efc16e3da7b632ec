package explore

import (
	"errors"
	"fmt"
	"sync"
)

// ErrDead is what every transaction returns once its process has died.
var ErrDead = errors.New("the process is dead")

// Phase is how far the life of a process has come.
type Phase int

const (
	// Starting is a process that opens its database. It does not die.
	Starting Phase = iota

	// Alive is a process that may die at every commit and before every HTLC.
	Alive

	// Dead is a process whose code still runs, but which reaches neither
	// the disk nor the network any more.
	Dead

	// Buried is a process that does nothing more of its own accord. What
	// the test still does in its name has an effect again.
	Buried
)

// Life is that of a process which may die. It dies between what it does to the
// disk and to the network: that is all that its successor can find.
type Life struct {
	// explorer decides whether the process dies.
	explorer *Explorer

	// deaths is how many processes may still die, this one included.
	deaths *int

	// writing is held during a transaction that may commit.
	writing sync.Mutex

	mu    sync.Mutex
	phase Phase

	// death is how the process has died, if it has.
	death string

	// commits and sent count what has been done since the start.
	commits, sent int

	// changed is closed, and replaced, when anything has happened that
	// somebody may wait for.
	changed chan struct{}
}

// NewLife returns the life of a process that starts.
func NewLife(explorer *Explorer, deaths *int) *Life {
	return &Life{
		explorer: explorer, deaths: deaths, changed: make(chan struct{}),
	}
}

// Enter begins a phase.
func (l *Life) Enter(p Phase) {
	l.mu.Lock()
	l.phase = p
	l.mu.Unlock()

	l.Notify()
}

// Is tells whether the process is in a phase.
func (l *Life) Is(p Phase) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.phase == p
}

// Notify wakes up all who wait for something to change.
func (l *Life) Notify() {
	l.mu.Lock()
	defer l.mu.Unlock()

	close(l.changed)
	l.changed = make(chan struct{})
}

// Change returns a channel that is closed when anything changes from now on.
func (l *Life) Change() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.changed
}

// Death returns how the process has died. It is empty if it has not.
func (l *Life) Death() string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return l.death
}

// Choose lets the explorer choose one of the ways in which life can go on.
func (l *Life) Choose(options ...string) string {
	return l.explorer.Choose(options...)
}

// dies lets the explorer choose one of the ways to die here, and returns it. It
// is empty if the process lives on.
func (l *Life) dies(ways ...string) string {
	if *l.deaths == 0 {
		return ""
	}

	way := l.Choose(append([]string{""}, ways...)...)
	if way != "" {
		l.mu.Lock()
		l.death = way
		l.mu.Unlock()
		*l.deaths--
	}

	return way
}

// Write makes a transaction that changes something, one at a time. The process
// may die before it, or after it without getting to know that it was committed.
// Without a life there is no death.
func (l *Life) Write(commit func() error) error {
	if l == nil {
		return commit()
	}

	l.writing.Lock()
	defer l.writing.Unlock()

	switch {
	case l.Is(Dead):
		return ErrDead
	case !l.Is(Alive):
		return commit()
	}

	before := fmt.Sprintf("before%d", l.commits+1)
	after := fmt.Sprintf("after%d", l.commits+1)
	switch l.dies(before, after) {
	case before:
		l.Enter(Dead)

		return ErrDead

	// Nobody in the process sees what is committed now.
	case after:
		l.Enter(Dead)
		_ = commit()

		return ErrDead
	}

	err := commit()
	if err == nil {
		l.commits++
	}
	l.Notify()

	return err
}

// Read makes a transaction that only reads.
func (l *Life) Read(view func() error) error {
	if l != nil && l.Is(Dead) {
		return ErrDead
	}

	return view()
}

// Send lets an HTLC leave, unless the process dies before.
func (l *Life) Send(leave func() error) error {
	l.writing.Lock()
	defer l.writing.Unlock()

	if l.Is(Dead) {
		return ErrDead
	}
	if l.dies(fmt.Sprintf("unsent%d", l.sent+1)) != "" {
		l.Enter(Dead)

		return ErrDead
	}
	l.sent++
	defer l.Notify()

	return leave()
}
