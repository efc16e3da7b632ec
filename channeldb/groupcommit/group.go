// Package groupcommit lets changes of a database that are made at the same time
// share a transaction, and so the wait for its commit. Nothing waits for others
// to come: whoever finds nobody writing goes at once, and those who come while
// a commit is under way join the next one.
package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxChanges is how many changes share a transaction at most. With more of them
// it would take so long that others who write to the same database suffer, and
// what is saved for each is next to nothing.
const maxChanges = 64

// ErrAborted is the error of changes that were in a transaction with one that
// ended the goroutine in which it ran.
var ErrAborted = errors.New("transaction aborted")

// Commit runs a body in a transaction of its own and commits it. If the body
// returns an error it changes nothing, and returns that error. It may run the
// body more than once.
type Commit[T any] func(body func(tx T) error) error

// Group makes changes in the order in which they come, in transactions that
// they share. A change must not wait for another of the same group.
type Group[T any] struct {
	commit Commit[T]

	// gaveUp is the error of a transaction that the database has run again
	// and again, in vain, and for which no change is to blame.
	gaveUp error

	// turn is full while somebody commits, or has been told to.
	turn chan struct{}

	mu sync.Mutex

	// waiting are the changes that are in no transaction yet.
	waiting []*change[T]
}

// change is one caller's part of a transaction.
type change[T any] struct {
	ctx   context.Context
	body  func(tx T) error
	reset func()

	// result gets the change's error once it is decided.
	result chan error

	// alone tells its caller, who has the turn then, to commit the change
	// by itself: there its error hits nobody else, and its panic nobody's
	// goroutine but its own.
	alone chan struct{}
}

// New returns a group of changes that are committed as told.
func New[T any](commit Commit[T], gaveUp error) *Group[T] {
	return &Group[T]{
		commit: commit, gaveUp: gaveUp, turn: make(chan struct{}, 1),
	}
}

// Do makes a change, and returns once it is committed or has failed. The reset
// is called before each run of the body, of which there may be several. If the
// body fails, it alone does; if the commit does, all changes in it do. A change
// whose context ends before its transaction begins is not made. Once that has
// begun it is waited for, since it writes to what is the caller's.
func (g *Group[T]) Do(ctx context.Context, body func(tx T) error,
	reset func()) error {

	c := &change[T]{
		ctx: ctx, body: body, reset: reset,
		result: make(chan error, 1), alone: make(chan struct{}, 1),
	}
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	g.mu.Unlock()

	ended := ctx.Done()
	for {
		select {
		case g.turn <- struct{}{}:
			g.lead(c)

		case <-c.alone:
			defer g.yield()

			return g.commit(c.run)

		case err := <-c.result:
			return err

		case <-ended:
			if g.leave(c) {
				return ctx.Err()
			}
			ended = nil
		}
	}
}

// yield lets the next one have its turn.
func (g *Group[T]) yield() {
	<-g.turn
}

// leave takes a change out, unless it is no longer waiting.
func (g *Group[T]) leave(c *change[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()

	i := slices.Index(g.waiting, c)
	if i < 0 {
		return false
	}
	g.waiting = slices.Delete(g.waiting, i, i+1)

	return true
}

// take takes the changes that wait, but for those whose callers have left, and
// for what is too much. It takes none if that of the leader is not among those
// who wait: it has its result, and others lead for themselves.
func (g *Group[T]) take(leader *change[T]) []*change[T] {
	g.mu.Lock()
	defer g.mu.Unlock()

	if !slices.Contains(g.waiting, leader) {
		return nil
	}

	g.waiting = stayed(g.waiting)
	n := min(len(g.waiting), maxChanges)
	taken := g.waiting[:n:n]
	g.waiting = g.waiting[n:]

	return taken
}

// putBack lets changes that were taken wait again, before all others. Callers
// whose context has ended meanwhile were not told, and do not wait.
func (g *Group[T]) putBack(taken []*change[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()

	g.waiting = append(stayed(taken), g.waiting...)
}

// stayed returns the changes whose contexts have not ended, and tells the
// callers of the others. It may overwrite what it is given.
func stayed[T any](changes []*change[T]) []*change[T] {
	return slices.DeleteFunc(changes, func(c *change[T]) bool {
		err := c.ctx.Err()
		if err != nil {
			c.result <- err
		}

		return err != nil
	})
}

// lead commits changes that wait and gives the turn away.
func (g *Group[T]) lead(leader *change[T]) {
	changes := g.take(leader)

	// A body that ends its goroutine, as a failing test does, ends ours.
	over := false
	defer func() {
		if !over {
			finish(changes, ErrAborted)
			g.yield()
		}
	}()

	// Up to n the changes can share a transaction: those before the first
	// one that fails, since the order is kept. One by itself has none to
	// share with.
	n := len(changes)
	if n == 1 {
		n = 0
	}
	for n > 0 {
		failed, err := g.together(changes[:n])
		if failed == n {
			finish(changes[:n], err)

			break
		}
		n = failed
	}

	over = true
	if n == len(changes) {
		g.yield()

		return
	}
	g.putBack(changes[n+1:])
	changes[n].alone <- struct{}{}
}

// together makes changes in one transaction. It returns the number of the first
// change that failed or, if none is to blame, how many there are, and what the
// commit has ended with.
func (g *Group[T]) together(changes []*change[T]) (int, error) {
	failed := len(changes)
	err := g.commit(func(tx T) error {
		for i, c := range changes {
			failed = i
			if err := c.try(tx); err != nil {
				return err
			}
		}
		failed = len(changes)

		return nil
	})
	if errors.Is(err, g.gaveUp) {
		failed = len(changes)
	}

	return failed, err
}

// finish tells the callers of changes how these have ended.
func finish[T any](changes []*change[T], err error) {
	for _, c := range changes {
		c.result <- err
	}
}

// run runs the body once.
func (c *change[T]) run(tx T) error {
	c.reset()

	return c.body(tx)
}

// try runs the body once, in a goroutine that may be another caller's: a panic
// is an error there.
func (c *change[T]) try(tx T) error {
	var err error
	func() {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case error:
				err = r
			default:
				err = fmt.Errorf("panic: %v", r)
			}
		}()

		err = c.run(tx)
	}()

	return err
}
