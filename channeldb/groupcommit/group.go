// Package groupcommit lets changes of a database that are made at the same time
// share a transaction, and so the wait for its commit. Nothing waits for others
// to come: whoever finds nobody writing goes at once, and all who come while a
// commit is under way join the next one.
package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// ErrAborted is the error of changes whose transaction ended with the goroutine
// that it ran in. They are not made.
var ErrAborted = errors.New("transaction aborted")

// Commit runs a body in a transaction of its own and commits it. If the body
// returns an error it changes nothing, and returns that error. It may run the
// body more than once.
type Commit[T any] func(ctx context.Context, body func(tx T) error) error

// Group makes changes in the order in which they come, in transactions that
// they share. A change must not wait for another of the same group.
type Group[T any] struct {
	commit Commit[T]

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
func New[T any](commit Commit[T]) *Group[T] {
	return &Group[T]{commit: commit, turn: make(chan struct{}, 1)}
}

// Do makes a change, and returns once it is committed or has failed. The reset
// is called before each run of the body, of which there may be several. If the
// body fails, it alone does; if the commit does, all changes in it do. A change
// whose context ends before its transaction begins is not made.
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
			g.lead()

		case <-c.alone:
			defer g.yield()

			return g.commit(ctx, c.run)

		case err := <-c.result:
			return err

		case <-ended:
			if g.leave(c) {
				return ctx.Err()
			}

			// A transaction that runs writes to what is the
			// caller's, who has to wait for it.
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

// take takes all changes that wait, but for those whose callers have left.
func (g *Group[T]) take() []*change[T] {
	g.mu.Lock()
	defer g.mu.Unlock()

	var taken []*change[T]
	for _, c := range g.waiting {
		if err := c.ctx.Err(); err != nil {
			c.result <- err

			continue
		}
		taken = append(taken, c)
	}
	g.waiting = nil

	return taken
}

// putBack lets changes that were taken wait again, before all others.
func (g *Group[T]) putBack(taken []*change[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()

	g.waiting = append(taken, g.waiting...)
}

// lead commits the changes that wait, which have that of its caller among them,
// and gives the turn away.
func (g *Group[T]) lead() {
	changes := g.take()

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
// change that failed or, if none did, how many there are, and what the commit
// has ended with.
func (g *Group[T]) together(changes []*change[T]) (int, error) {
	// One caller's context must not end what others wait for. Once all have
	// ended nobody waits any more.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for _, c := range changes {
			select {
			case <-c.ctx.Done():
			case <-ctx.Done():
				return
			}
		}
		cancel()
	}()

	failed := len(changes)
	err := g.commit(ctx, func(tx T) error {
		for i, c := range changes {
			failed = i
			if err := c.try(tx); err != nil {
				return err
			}
		}
		failed = len(changes)

		return nil
	})

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
// is an error there. Databases use panics for conflicts, and want to see them.
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
