package paymentsdb

import (
	"context"
	"sync"
	"testing"

	"github.com/btcsuite/btcwallet/walletdb"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/sqldb"
	"github.com/stretchr/testify/require"
)

// heldDB is a database whose transactions end when they are let go.
type heldDB struct {
	BatchedSQLQueries
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

// ExecTx runs an SQL transaction.
func (h *heldDB) ExecTx(context.Context, sqldb.TxOptions,
	func(SQLQueries) error, func()) error {

	return h.run()
}

// Update runs a write transaction on keys and values.
func (h *heldDB) Update(func(kvdb.RwTx) error, func()) error {
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
// run at once, each with a slot of its own, and that all others do run, on both
// kinds of databases.
func TestLimitedWriters(t *testing.T) {
	t.Parallel()

	test := func(t *testing.T, held *heldDB, slots writers,
		write func() error) {

		var wg sync.WaitGroup
		for range 3 * maxWriters {
			wg.Add(1)
			go func() {
				defer wg.Done()

				if err := write(); err != nil {
					t.Error(err)
				}
			}()
		}

		for range maxWriters {
			<-held.begun
		}
		require.Len(t, slots, maxWriters)

		close(held.letGo)
		wg.Wait()

		require.Empty(t, slots)
		require.Len(t, held.begun, 2*maxWriters)
	}

	t.Run("sql", func(t *testing.T) {
		t.Parallel()

		held := newHeldDB()
		db := &limitedSQL{held, newWriters()}
		test(t, held, db.writers, func() error {
			return db.ExecTx(
				t.Context(), sqldb.WriteTxOpt(), nil, nil,
			)
		})
	})

	t.Run("key-value", func(t *testing.T) {
		t.Parallel()

		held := newHeldDB()
		db, ok := limitWriters(held).(*limitedKV)
		require.True(t, ok)
		test(t, held, db.writers, func() error {
			return kvdb.Update(db, nil, nil)
		})
	})
}

// TestLimitedWritersWait checks that with all writers busy a reader does not
// wait, and a writer waits until its context ends.
func TestLimitedWritersWait(t *testing.T) {
	t.Parallel()

	held := newHeldDB()
	close(held.letGo)
	db := &limitedSQL{held, newWriters()}
	for range maxWriters {
		db.writers <- struct{}{}
	}

	err := db.ExecTx(t.Context(), sqldb.ReadTxOpt(), nil, nil)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = db.ExecTx(ctx, sqldb.WriteTxOpt(), nil, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, held.begun, 1)
}

// batchingDB is a database that puts changes into one transaction.
type batchingDB struct {
	walletdb.BatchDB
}

// TestLimitWritersBatch checks that the changes which a database puts into one
// transaction do not wait for each other.
func TestLimitWritersBatch(t *testing.T) {
	t.Parallel()

	db := &batchingDB{}
	require.Same(t, db, limitWriters(db))
}
