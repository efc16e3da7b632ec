package paymentsdb

import (
	"context"

	"lnd-once/channeldb/groupcommit"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/sqldb"
)

// groupedKV is a key-value database whose changes share transactions if they
// are made at the same time. It leaves nothing to do for the batches of bbolt,
// which wait for others to join them, and hides them from kvdb.Batch.
type groupedKV struct {
	kvdb.Backend

	changes *groupcommit.Group[kvdb.RwTx]
}

// groupKV lets the changes of a database share transactions.
func groupKV(db kvdb.Backend) *groupedKV {
	commit := func(_ context.Context, body func(kvdb.RwTx) error) error {
		return db.Update(body, func() {})
	}

	return &groupedKV{Backend: db, changes: groupcommit.New(commit)}
}

// Update makes a change in a transaction that it may share with others.
func (g *groupedKV) Update(f func(kvdb.RwTx) error, reset func()) error {
	return g.changes.Do(context.Background(), f, reset)
}

// groupedSQL is an SQL database whose changes share transactions if they are
// made at the same time.
type groupedSQL struct {
	BatchedSQLQueries

	changes *groupcommit.Group[SQLQueries]
}

// groupSQL lets the changes of a database share transactions.
func groupSQL(db BatchedSQLQueries) *groupedSQL {
	commit := func(ctx context.Context, body func(SQLQueries) error) error {
		return db.ExecTx(ctx, sqldb.WriteTxOpt(), body, func() {})
	}

	return &groupedSQL{
		BatchedSQLQueries: db, changes: groupcommit.New(commit),
	}
}

// ExecTx runs a transaction. If it can write, it may share it with others.
func (g *groupedSQL) ExecTx(ctx context.Context, opts sqldb.TxOptions,
	body func(SQLQueries) error, reset func()) error {

	if opts.ReadOnly() {
		return g.BatchedSQLQueries.ExecTx(ctx, opts, body, reset)
	}

	return g.changes.Do(ctx, body, reset)
}
