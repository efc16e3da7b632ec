package groupcommit

import (
	"context"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/sqldb"
)

// KV is a key-value database whose batches share transactions if they are made
// at the same time. Those of bbolt wait for others to join them, which these do
// not.
type KV struct {
	kvdb.Backend

	changes *Group[kvdb.RwTx]
}

// NewKV lets the batches of a database share transactions.
func NewKV(db kvdb.Backend) *KV {
	commit := func(body func(kvdb.RwTx) error) error {
		return db.Update(body, func() {})
	}

	return &KV{
		Backend: db, changes: New(commit, sqldb.ErrRetriesExceeded),
	}
}

// Batch makes a change in a transaction that it may share with others.
func (k *KV) Batch(body func(kvdb.RwTx) error) error {
	return k.changes.Do(context.Background(), body, func() {})
}
