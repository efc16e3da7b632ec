package paymentsdb

import (
	"context"

	"lnd-once/channeldb/groupcommit"

	"github.com/lightningnetwork/lnd/kvdb"
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
