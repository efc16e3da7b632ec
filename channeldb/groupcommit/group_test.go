package groupcommit

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	// errChange is what changes fail with, and errCommit what commits do.
	errChange = errors.New("change failed")
	errCommit = errors.New("commit failed")

	// errGaveUp is what commits fail with if a change fails that the
	// database would have to run again and again.
	errGaveUp = errors.New("gave up")
	errMeets  = errors.New("meets another transaction")
)

// way is what becomes of a commit whose changes are all made.
type way string

const (
	// works is a commit that takes effect.
	works way = "works"

	// repeated is one that does so when it is run for the second time.
	repeated way = "repeated"

	// refused is one that fails, and lost one that merely says so.
	refused way = "refused"
	lost    way = "lost"
)

// testTx is a transaction: the numbers of the changes that were made in it.
type testTx struct {
	made []int
}

// testDB is a database that keeps the numbers of changes in their order.
type testDB struct {
	*Group[*testTx]

	// ways is what becomes of the commits, one after the other. Further
	// ones work.
	ways []way

	// commits are the changes of each transaction that took effect.
	commits [][]int
}

// newTestDB returns an empty database.
func newTestDB(ways ...way) *testDB {
	db := &testDB{ways: ways}
	db.Group = New(db.transact, errGaveUp)

	return db
}

// transact runs a transaction.
func (d *testDB) transact(body func(*testTx) error) error {
	tx := &testTx{}
	err := body(tx)
	switch {
	case errors.Is(err, errMeets):
		return errGaveUp

	case err != nil:
		return err
	}

	next := works
	if len(d.ways) > 0 {
		next, d.ways = d.ways[0], d.ways[1:]
	}
	switch next {
	case refused:
		return errCommit

	case repeated:
		*tx = testTx{}
		if err := body(tx); err != nil {
			return err
		}
	}
	d.commits = append(d.commits, tx.made)
	if next == lost {
		return errCommit
	}

	return nil
}

// made returns the changes that took effect, in their order.
func (d *testDB) made() []int {
	return slices.Concat(d.commits...)
}

// put returns a body that makes a change.
func put(number int) func(*testTx) error {
	return func(tx *testTx) error {
		tx.made = append(tx.made, number)

		return nil
	}
}

// noReset is for bodies that leave nothing behind.
func noReset() {}

// start makes a change as call does, in a context that does not end.
func (d *testDB) start(body func(*testTx) error) <-chan error {
	return d.call(context.Background(), body, noReset)
}

// call makes a change in a goroutine of its own, and returns when it waits or,
// if nobody writes, runs.
func (d *testDB) call(ctx context.Context, body func(*testTx) error,
	reset func()) <-chan error {

	idle, before := len(d.turn) == 0, d.count()
	result := make(chan error, 1)
	running := make(chan struct{})
	var once sync.Once
	go func() {
		defer func() {
			if r := recover(); r != nil {
				result <- r.(error)
			}
		}()

		result <- d.Do(ctx, func(tx *testTx) error {
			once.Do(func() { close(running) })

			return body(tx)
		}, reset)
	}()

	for {
		select {
		case <-running:
			return result
		default:
		}
		if !idle && d.count() > before {
			return result
		}
		runtime.Gosched()
	}
}

// count returns how many changes wait.
func (d *testDB) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()

	return len(d.waiting)
}

// hold makes change 0 and keeps all others waiting until it is let go.
func (d *testDB) hold() (func(), <-chan error) {
	held := make(chan struct{})
	result := d.start(func(tx *testTx) error {
		<-held

		return put(0)(tx)
	})

	return func() { close(held) }, result
}

// TestWaitingShareCommit checks that one change goes at once, that those which
// come meanwhile are committed together and in their order, and that the run of
// a body is begun with a reset.
func TestWaitingShareCommit(t *testing.T) {
	t.Parallel()

	db := newTestDB(works, repeated)
	letGo, first := db.hold()

	var results []<-chan error
	for i := 1; i < 4; i++ {
		results = append(results, db.start(put(i)))
	}
	letGo()
	require.NoError(t, <-first)
	for _, result := range results {
		require.NoError(t, <-result)
	}
	require.Equal(t, [][]int{{0}, {1, 2, 3}}, db.commits)
}

// TestLeaderLeadsOnce checks that a caller who commits for others does so once:
// it returns while the commit after its own is under way.
func TestLeaderLeadsOnce(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	last := make(chan struct{})
	one := db.start(put(1))

	var three <-chan error
	two := db.start(func(tx *testTx) error {
		three = db.start(func(tx *testTx) error {
			<-last

			return put(3)(tx)
		})

		return put(2)(tx)
	})
	letGo()

	require.NoError(t, <-first)
	require.NoError(t, <-one)
	require.NoError(t, <-two)
	close(last)
	require.NoError(t, <-three)
	require.Equal(t, [][]int{{0}, {1, 2}, {3}}, db.commits)
}

// TestFailsAlone checks that a change which fails takes no other with it, is
// run once more by itself, and keeps its place in the order.
func TestFailsAlone(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	one := db.start(put(1))

	var five <-chan error
	two := db.start(func(*testTx) error {
		if five == nil {
			five = db.start(put(5))
		}

		return errChange
	})
	three := db.start(func(tx *testTx) error {
		if len(tx.made) > 0 {
			return errChange
		}

		return put(3)(tx)
	})
	four := db.start(put(4))
	letGo()

	require.NoError(t, <-first)
	require.NoError(t, <-one)
	require.ErrorIs(t, <-two, errChange)
	require.NoError(t, <-three)
	require.NoError(t, <-four)
	require.NoError(t, <-five)
	require.Equal(t, [][]int{{0}, {1}, {3, 4, 5}}, db.commits)
}

// TestSingleRunsOnce checks that a change which fails is not run once more if
// it had no company.
func TestSingleRunsOnce(t *testing.T) {
	t.Parallel()

	runs := 0
	err := newTestDB().Do(context.Background(), func(*testTx) error {
		runs++

		return errChange
	}, noReset)
	require.ErrorIs(t, err, errChange)
	require.Equal(t, 1, runs)
}

// TestCommitFails checks that all changes of a commit get its error, and those
// after it do not.
func TestCommitFails(t *testing.T) {
	t.Parallel()

	db := newTestDB(works, refused)
	letGo, first := db.hold()
	one := db.start(put(1))
	two := db.start(put(2))
	letGo()

	require.NoError(t, <-first)
	require.ErrorIs(t, <-one, errCommit)
	require.ErrorIs(t, <-two, errCommit)
	require.NoError(t, db.Do(context.Background(), put(3), noReset))
	require.Equal(t, [][]int{{0}, {3}}, db.commits)
}

// TestContextEnds checks that a caller whose context ends stops waiting for its
// transaction to begin, but not for it to end, and that others do not notice.
func TestContextEnds(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()

	// One leaves before its transaction begins.
	ctx, cancel := context.WithCancel(context.Background())
	leaves := db.call(ctx, put(1), noReset)
	cancel()
	require.ErrorIs(t, <-leaves, context.Canceled)

	// Of two in a transaction, the context of one ends.
	ctx, cancel = context.WithCancel(context.Background())
	ends := db.call(ctx, func(tx *testTx) error {
		cancel()

		return put(2)(tx)
	}, noReset)
	other := db.start(put(3))
	letGo()

	require.NoError(t, <-first)
	require.NoError(t, <-ends)
	require.NoError(t, <-other)
	require.Equal(t, [][]int{{0}, {2, 3}}, db.commits)
}

// TestContextHasEnded checks that a change whose context has ended is not made,
// although its caller has not noticed yet.
func TestContextHasEnded(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	ended := &change[*testTx]{
		ctx: ctx, body: put(1), reset: noReset,
		result: make(chan error, 1),
	}
	db := newTestDB()
	db.waiting = append(db.waiting, ended)

	require.NoError(t, db.Do(context.Background(), put(2), noReset))
	require.ErrorIs(t, <-ended.result, context.Canceled)
	require.Equal(t, [][]int{{2}}, db.commits)
}

// TestPutBackLeaves checks that a caller whose context ends in a transaction
// that fails for another change does not wait for the next one.
func TestPutBackLeaves(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	ctx, cancel := context.WithCancel(context.Background())
	held := make(chan struct{})
	runs := 0
	fails := db.start(func(*testTx) error {
		if runs++; runs == 2 {
			<-held
		}

		// The other one gets time to notice that it can't leave now.
		cancel()
		for range 1000 {
			runtime.Gosched()
		}

		return errChange
	})
	leaves := db.call(ctx, put(2), noReset)
	other := db.start(put(3))
	letGo()

	require.NoError(t, <-first)
	require.ErrorIs(t, <-leaves, context.Canceled)
	close(held)
	require.ErrorIs(t, <-fails, errChange)
	require.NoError(t, <-other)
	require.Equal(t, []int{0, 3}, db.made())
}

// TestDatabaseGivesUp checks that a transaction on which the database gives up
// fails for all, since none of its changes is to blame, and is not run again.
func TestDatabaseGivesUp(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	runs := 0
	one := db.start(put(1))
	two := db.start(func(*testTx) error {
		runs++

		return errMeets
	})
	three := db.start(put(3))
	letGo()

	require.NoError(t, <-first)
	for _, result := range []<-chan error{one, two, three} {
		require.ErrorIs(t, <-result, errGaveUp)
	}
	require.Equal(t, 1, runs)
	require.Equal(t, []int{0}, db.made())
}

// TestTransactionsAreBounded checks that not too many changes share one.
func TestTransactionsAreBounded(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	var results []<-chan error
	for i := range 2*maxChanges + 1 {
		results = append(results, db.start(put(i+1)))
	}
	letGo()

	require.NoError(t, <-first)
	for _, result := range results {
		require.NoError(t, <-result)
	}
	for i, size := range []int{1, maxChanges, maxChanges, 1} {
		require.Len(t, db.commits[i], size)
	}
	require.True(t, slices.IsSorted(db.made()))
}

// TestPanic checks that a panic reaches the caller whose change it is, and no
// other.
func TestPanic(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	one := db.start(put(1))
	two := db.start(func(*testTx) error {
		panic(errChange)
	})
	three := db.start(put(3))
	letGo()

	require.NoError(t, <-first)
	require.NoError(t, <-one)
	require.ErrorIs(t, <-two, errChange)
	require.NoError(t, <-three)
	require.Equal(t, []int{0, 1, 3}, db.made())
}

// TestGoexit checks that nobody waits for ever if a body ends the goroutine in
// which it runs, and that changes can be made afterwards.
func TestGoexit(t *testing.T) {
	t.Parallel()

	db := newTestDB()
	letGo, first := db.hold()
	leader := db.start(func(*testTx) error {
		runtime.Goexit()

		return nil
	})
	other := db.start(put(2))
	letGo()

	require.NoError(t, <-first)
	require.ErrorIs(t, <-other, ErrAborted)

	// By itself, it hurts only its own goroutine.
	db.start(func(*testTx) error {
		runtime.Goexit()

		return nil
	})
	require.NoError(t, db.Do(context.Background(), put(3), noReset))
	require.Equal(t, []int{0, 3}, db.made())
	require.Empty(t, leader)
}

// plan is what a change of the property test does.
type plan struct {
	// fails tells whether its body fails: "always", "in company", which is
	// not as the first of its transaction, or "never".
	fails string

	// panics is true if the body fails by a panic.
	panics bool

	// leaves is true if its caller's context ends while it waits, and ends
	// is true if it does so while the body runs.
	leaves, ends bool
}

// body returns a change that does as planned. It fails if it is run again
// without a reset.
func (p plan) body(number int, cancel func()) (func(*testTx) error, func()) {
	clean := false

	return func(tx *testTx) error {
		if !clean {
			return errors.New("not reset")
		}
		clean = false

		if p.ends {
			cancel()
		}
		if p.fails == "always" ||
			p.fails == "in company" && len(tx.made) > 0 {

			if p.panics {
				panic(errChange)
			}

			return errChange
		}

		return put(number)(tx)
	}, func() { clean = true }
}

// TestGroup checks that whatever happens, each change is made once or not at
// all, in the order in which they came, and that callers get the right answers.
func TestGroup(t *testing.T) {
	t.Parallel()

	plans := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) plan {
		return plan{
			fails: rapid.SampledFrom([]string{
				"never", "always", "in company",
			}).Draw(t, "fails"),
			panics: rapid.Bool().Draw(t, "panics"),
			leaves: rapid.IntRange(0, 3).Draw(t, "leaves") == 3,
			ends:   rapid.IntRange(0, 3).Draw(t, "ends") == 3,
		}
	}), 1, 10)
	ways := rapid.SliceOfN(rapid.SampledFrom([]way{
		works, works, works, repeated, refused, lost,
	}), 0, 10)

	rapid.Check(t, func(t *rapid.T) {
		all := plans.Draw(t, "changes")
		db := newTestDB(append(
			[]way{works}, ways.Draw(t, "commits")...,
		)...)
		letGo, first := db.hold()

		var (
			results []<-chan error
			leave   []func()
		)
		for i, p := range all {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if p.leaves {
				leave = append(leave, cancel)
			}
			body, reset := p.body(i+1, cancel)
			results = append(results, db.call(ctx, body, reset))
		}
		for _, cancel := range leave {
			cancel()
		}
		letGo()

		require.NoError(t, <-first)
		wanted, unsure := []int{0}, []int{0}
		for i, result := range results {
			switch err := <-result; {
			case err == nil:
				wanted = append(wanted, i+1)
				unsure = append(unsure, i+1)
				require.NotEqual(t, "always", all[i].fails)
				require.False(t, all[i].leaves)

			// What is told of a commit may be wrong.
			case errors.Is(err, errCommit):
				unsure = append(unsure, i+1)
				require.NotEqual(t, "always", all[i].fails)
				require.False(t, all[i].leaves)

			// That a change fails only in company nobody notices.
			case errors.Is(err, errChange):
				require.Equal(t, "always", all[i].fails)

			default:
				require.ErrorIs(t, err, context.Canceled)
				require.True(t, all[i].leaves || all[i].ends)
			}
		}

		made := db.made()
		require.True(t, slices.IsSorted(made))
		require.Equal(t, made, slices.Compact(slices.Clone(made)))
		require.Subset(t, made, wanted)
		require.Subset(t, unsure, made)
	})
}

// TestManyAtOnce checks that the changes of callers who come and go at random
// are all made, those of each in their order.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()

	const callers, each = 50, 20

	var (
		db = newTestDB()
		wg sync.WaitGroup
	)
	for caller := range callers {
		wg.Add(1)
		go func() {
			defer wg.Done()

			for i := range each {
				err := db.Do(context.Background(), put(
					caller*each+i,
				), noReset)
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()

	made := db.made()
	require.Len(t, made, callers*each)
	last := make(map[int]int)
	for _, number := range made {
		caller, i := number/each, number%each
		require.Equal(t, last[caller], i)
		last[caller]++
	}
}
