package channeldb

import (
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcwallet/walletdb"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/stretchr/testify/require"
)

// heldDB is a database whose transactions end when they are let go.
type heldDB struct {
	kvdb.Backend

	begun chan struct{}
	letGo chan struct{}
}

// run is what a transaction does.
func (h *heldDB) run() error {
	h.begun <- struct{}{}
	<-h.letGo

	return nil
}

// Update runs a write transaction on keys and values.
func (h *heldDB) Update(func(kvdb.RwTx) error, func()) error {
	return h.run()
}

// View runs a read-only transaction on keys and values.
func (h *heldDB) View(func(kvdb.RTx) error, func()) error {
	return h.run()
}

// newHeldDB returns a database whose transactions are held.
func newHeldDB() *heldDB {
	return &heldDB{
		begun: make(chan struct{}, 10*maxWriters),
		letGo: make(chan struct{}),
	}
}

// TestLimitedWriters checks that as many write transactions as the limit allows
// run at once, each with a slot of its own, and that all others do run.
func TestLimitedWriters(t *testing.T) {
	t.Parallel()

	held := newHeldDB()
	db, ok := limitWriters(&DB{Backend: held}).Backend.(*limitedKV)
	require.True(t, ok)

	var wg sync.WaitGroup
	for range 3 * maxWriters {
		wg.Add(1)
		go func() {
			defer wg.Done()

			if err := kvdb.Update(db, nil, nil); err != nil {
				t.Error(err)
			}
		}()
	}

	for range maxWriters {
		<-held.begun
	}
	require.Len(t, db.writers, maxWriters)

	close(held.letGo)
	wg.Wait()

	require.Empty(t, db.writers)
	require.Len(t, held.begun, 2*maxWriters)
}

// TestLimitedWritersWait checks that with all writers busy a reader does not
// wait, and a writer waits for its turn.
func TestLimitedWritersWait(t *testing.T) {
	t.Parallel()

	held := newHeldDB()
	close(held.letGo)
	db := &limitedKV{held, newWriters()}
	for range maxWriters {
		db.writers <- struct{}{}
	}

	require.NoError(t, kvdb.View(db, nil, nil))

	written := make(chan error, 1)
	go func() { written <- kvdb.Update(db, nil, nil) }()
	select {
	case <-written:
		require.Fail(t, "a writer has not waited")

	case <-time.After(100 * time.Millisecond):
	}

	<-db.writers
	require.NoError(t, <-written)
	require.Len(t, held.begun, 2)
}

// batchingDB is a database that puts changes into one transaction.
type batchingDB struct {
	walletdb.BatchDB
}

// TestLimitWritersBatch checks that the changes which a database puts into one
// transaction do not wait for each other.
func TestLimitWritersBatch(t *testing.T) {
	t.Parallel()

	db := &DB{Backend: &batchingDB{}}
	require.Same(t, db, limitWriters(db))
}
