package channeldb

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

// shareCommits returns the database with changes that share transactions.
func shareCommits(db *DB) *DB {
	shared := *db
	shared.Backend = groupKV(db)

	return &shared
}
