package paymentsdb

import (
	"context"

	"lnd-once/channeldb/groupcommit"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/sqldb"
)

// groupedKV is a key-value database whose batches share transactions if they
// are made at the same time. Those of bbolt wait for others to join them, which
// these do not.
type groupedKV struct {
	kvdb.Backend

	changes *groupcommit.Group[kvdb.RwTx]
}

// groupKV lets the batches of a database share transactions.
func groupKV(db kvdb.Backend) *groupedKV {
	commit := func(body func(kvdb.RwTx) error) error {
		return db.Update(body, func() {})
	}

	changes := groupcommit.New(commit, sqldb.ErrRetriesExceeded)

	return &groupedKV{Backend: db, changes: changes}
}

// Batch makes a change in a transaction that it may share with others.
func (g *groupedKV) Batch(f func(kvdb.RwTx) error) error {
	return g.changes.Do(context.Background(), f, func() {})
}

// groupedSQL is an SQL database whose changes share transactions if they are
// made at the same time.
type groupedSQL struct {
	BatchedSQLQueries

	changes *groupcommit.Group[SQLQueries]
}

// groupSQL lets the changes of a database share transactions.
func groupSQL(db BatchedSQLQueries) *groupedSQL {
	commit := func(body func(SQLQueries) error) error {
		return db.ExecTx(
			context.Background(), sqldb.WriteTxOpt(), body,
			func() {},
		)
	}

	changes := groupcommit.New(commit, sqldb.ErrRetriesExceeded)

	return &groupedSQL{BatchedSQLQueries: db, changes: changes}
}

// ExecTx runs a transaction. If it can write, it may share it with others.
func (g *groupedSQL) ExecTx(ctx context.Context, opts sqldb.TxOptions,
	body func(SQLQueries) error, reset func()) error {

	if opts.ReadOnly() {
		return g.BatchedSQLQueries.ExecTx(ctx, opts, body, reset)
	}

	return g.changes.Do(ctx, body, reset)
}

// ungrouped returns an SQL database whose changes have transactions of their
// own.
func ungrouped(db BatchedSQLQueries) BatchedSQLQueries {
	if grouped, ok := db.(*groupedSQL); ok {
		return grouped.BatchedSQLQueries
	}

	return db
}
