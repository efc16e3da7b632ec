//go:build tower

package lnd

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/btcsuite/btcwallet/walletdb"
	"github.com/lightningnetwork/lnd/kvdb"

	"lnd-once/itest/tower/explore"
)

// Commits counts the read-write transactions that a database has committed,
// also those that changed nothing.
type Commits struct {
	atomic.Int64

	// Busy is the time spent in transactions, in nanoseconds, those that
	// only read included.
	Busy atomic.Int64

	// Retries is how often a transaction was run once more, because it had
	// met another.
	Retries atomic.Int64

	// Life is that of the process that makes the transactions, for tests in
	// which it may end. It is nil otherwise.
	Life *explore.Life
}

// write makes a transaction that can change something, and counts it once it is
// committed. It ends with the error that it is given, if there is one.
func (c *Commits) write(commit func(fault error) error) error {
	defer c.took(time.Now())

	err := c.Life.Write(commit)
	if err == nil {
		c.Add(1)
	}

	return err
}

// read makes a transaction that only reads.
func (c *Commits) read(view func() error) error {
	defer c.took(time.Now())

	return c.Life.Read(view)
}

// took adds the time since the beginning of a transaction.
func (c *Commits) took(begin time.Time) {
	c.Busy.Add(int64(time.Since(begin)))
}

// again returns the body of a transaction that counts its runs after the first,
// and ends with the error, if there is one: then nothing is committed.
func again[Tx any](c *Commits, body func(Tx) error,
	fault error) func(Tx) error {

	ran := false

	return func(tx Tx) error {
		if ran {
			c.Retries.Add(1)
		}
		ran = true
		if err := body(tx); err != nil {
			return err
		}

		return fault
	}
}

// countingDB counts the commits of a key-value database.
type countingDB struct {
	kvdb.Backend

	commits *Commits
}

// Update runs a transaction and counts it once it is committed. Runs that were
// rolled back and repeated do not count.
func (c *countingDB) Update(f func(kvdb.RwTx) error, reset func()) error {
	return c.commits.write(func(fault error) error {
		return c.Backend.Update(again(c.commits, f, fault), reset)
	})
}

// View runs a transaction that only reads.
func (c *countingDB) View(f func(kvdb.RTx) error, reset func()) error {
	return c.commits.read(func() error {
		return c.Backend.View(again(c.commits, f, nil), reset)
	})
}

// batchDB is a countingDB that can put several changes into one transaction,
// which kvdb.Batch finds out by looking for the method.
type batchDB struct {
	countingDB

	mu sync.Mutex

	// open holds the transactions that have not been committed, by the
	// address of bbolt's own. A transaction that is rolled back stays: that
	// it is held keeps its address from being used again.
	open map[uintptr]kvdb.RwTx
}

// Batch makes a change in a transaction that it may share with others. That
// transaction is counted once.
func (c *batchDB) Batch(f func(kvdb.RwTx) error) error {
	defer c.commits.took(time.Now())

	return walletdb.Batch(c.Backend, func(tx kvdb.RwTx) error {
		c.observe(tx)

		return f(tx)
	})
}

// observe counts the transaction when it is committed, unless it is known.
func (c *batchDB) observe(tx kvdb.RwTx) {
	c.mu.Lock()
	defer c.mu.Unlock()

	// Every change has a wrapper of its own around bbolt's transaction,
	// which is its only field.
	key := reflect.ValueOf(tx).Elem().Field(0).Pointer()
	if _, ok := c.open[key]; ok {
		return
	}

	c.open[key] = tx
	tx.OnCommit(func() {
		c.commits.Add(1)

		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.open, key)
	})
}

// counting returns a database that does what the given one does, and counts.
// Where a process may die between any two commits, every change has its own.
func counting(db kvdb.Backend, count *Commits) kvdb.Backend {
	counted := countingDB{Backend: db, commits: count}
	if _, ok := db.(walletdb.BatchDB); !ok || count.Life != nil {
		return &counted
	}

	return &batchDB{
		countingDB: counted,
		open:       make(map[uintptr]kvdb.RwTx),
	}
}
