package paymentsdb

import (
	"context"

	"lnd-once/channeldb/groupcommit"

	"github.com/lightningnetwork/lnd/sqldb"
)

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
