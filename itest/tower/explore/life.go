package explore

import (
	"errors"
	"slices"
	"strings"
	"sync"
)

// How a process dies: before a commit, after it, and before an HTLC leaves.
const (
	before = "before"
	after  = "after"
	unsent = "unsent"
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

	// plan says how the process dies and which calls fail, if that is said
	// beforehand. It is nil otherwise.
	plan *Plan

	// prefix is what the places of this process begin with.
	prefix string

	// Committed is called, if it is not nil, when a transaction has been
	// committed and its caller does not know that yet.
	Committed func()

	// writing is held during a transaction that may commit.
	writing sync.Mutex

	mu    sync.Mutex
	phase Phase

	// death is how the process has died, if it has.
	death string

	// commits and sent count what has been done since the start.
	commits, sent int

	// calls counts the calls of each kind, and places are theirs.
	calls  map[string]int
	places []string

	// failed counts the calls that were made to fail.
	failed int

	// crowded is true if others are to come before a commit.
	crowded bool

	// changed is closed, and replaced, when anything has happened that
	// somebody may wait for.
	changed chan struct{}
}

// NewLife returns the life of a process that starts.
func NewLife(explorer *Explorer, deaths *int) *Life {
	return &Life{
		explorer: explorer, deaths: deaths, changed: make(chan struct{}),
		calls: make(map[string]int),
	}
}

// Follow makes a plan the one of this life, which is that of a process after so
// many others.
func (l *Life) Follow(plan *Plan, others int) {
	l.plan, l.prefix = plan, strings.Repeat(again, others)
}

// Disturb lets calls fail, and the process die, as a plan says, counted from now
// on, and neither without a plan. Meanwhile whoever commits lets others come to do
// the same. It returns how many calls have failed until now, and whether the
// process has died. One that has is buried.
func (l *Life) Disturb(plan *Plan) (int, bool) {
	died := l.Is(Dead)
	phase := Buried
	*l.deaths = 0
	if plan != nil {
		phase = Alive
		*l.deaths = 1
	}
	l.Enter(phase)

	l.mu.Lock()
	defer l.mu.Unlock()

	failed := l.failed
	l.plan, l.failed, l.commits, l.places = plan, 0, 0, nil
	l.crowded = plan != nil
	clear(l.calls)

	return failed, died
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

// Faults returns how many calls are to fail.
func (l *Life) Faults() int {
	if l.plan == nil {
		return 0
	}

	return len(l.plan.Faults)
}

// Places returns the places at which the process has made a call.
func (l *Life) Places() []string {
	l.mu.Lock()
	defer l.mu.Unlock()

	return slices.Clone(l.places)
}

// dies chooses one of the ways to die here, as the plan says or else the
// explorer, and returns it. It is empty if the process lives on.
func (l *Life) dies(ways ...string) string {
	if *l.deaths == 0 {
		return ""
	}

	way := ""
	switch {
	case l.plan == nil:
		way = l.Choose(append([]string{""}, ways...)...)

	case slices.Contains(ways, l.plan.Death):
		way = l.plan.Death
	}
	if way != "" {
		l.mu.Lock()
		l.death = way
		l.mu.Unlock()
		*l.deaths--
	}

	return way
}
