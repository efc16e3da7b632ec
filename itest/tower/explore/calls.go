package explore

import (
	"fmt"
	"runtime"
)

// crowd is how often others may go on before a commit, if they are to.
const crowd = 200

// fault returns how the call of a kind fails here, as the plan says. It is empty
// if it does not. Only what a live process calls does.
func (l *Life) fault(kind string) string {
	l.mu.Lock()
	defer l.mu.Unlock()

	if l.phase != Alive {
		return ""
	}
	l.calls[kind]++
	place := fmt.Sprintf("%s%s%d", l.prefix, kind, l.calls[kind])
	l.places = append(l.places, place)

	for _, way := range []string{fails, done} {
		if l.plan.has(place + way) {
			l.failed++

			return way
		}
	}

	return ""
}

// Call makes a call of a kind that may fail, with or without effect. Without a
// life it does not.
func (l *Life) Call(kind string, call func() error) error {
	if l == nil {
		return call()
	}

	switch l.fault(kind) {
	case fails:
		return ErrFault

	case done:
		if err := call(); err != nil {
			return err
		}

		return ErrFault
	}

	return call()
}

// Write makes a transaction that changes something, one at a time. The process
// may die before it, or after it without getting to know that it was committed.
// If it is to fail it is given an error to end with, after it has done all else.
// Without a life there is no death, and no fault.
func (l *Life) Write(commit func(fault error) error) error {
	if l == nil {
		return commit(nil)
	}

	l.writing.Lock()
	defer l.writing.Unlock()

	switch {
	case l.Is(Dead):
		return ErrDead
	case !l.Is(Alive):
		return commit(nil)
	}

	if l.crowded {
		for range crowd {
			runtime.Gosched()
		}
	}

	early, late := Death(l.commits+1, true), Death(l.commits+1, false)
	switch l.dies(early, late) {
	case early:
		l.Enter(Dead)

		return ErrDead

	// Nobody in the process sees what is committed now.
	case late:
		l.Enter(Dead)
		_ = commit(nil)

		return ErrDead
	}

	defer l.Notify()

	var fault error
	way := l.fault("write")
	if way == fails {
		fault = ErrFault
	}
	err := commit(fault)
	if err != nil {
		return err
	}
	l.commits++
	if l.Committed != nil {
		l.Committed()
	}
	if way == done {
		return ErrFault
	}

	return nil
}

// Read makes a transaction that only reads.
func (l *Life) Read(view func() error) error {
	if l != nil && l.Is(Dead) {
		return ErrDead
	}

	return l.Call("read", view)
}

// Send lets an HTLC leave, unless the process dies before.
func (l *Life) Send(leave func() error) error {
	l.writing.Lock()
	defer l.writing.Unlock()

	if l.Is(Dead) {
		return ErrDead
	}
	if l.dies(fmt.Sprintf("%s%d", unsent, l.sent+1)) != "" {
		l.Enter(Dead)

		return ErrDead
	}
	defer l.Notify()

	return l.Call("send", func() error {
		l.sent++

		return leave()
	})
}
