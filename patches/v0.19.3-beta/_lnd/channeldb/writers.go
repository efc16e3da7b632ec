package channeldb

import (
	"github.com/btcsuite/btcwallet/walletdb"
	"github.com/lightningnetwork/lnd/kvdb"
)

// maxWriters is how many write transactions of a store run at once; further
// ones wait for their turn. A serializable database aborts transactions that
// run side by side and touch the same index pages, which those of different
// payments do, since new rows go to the end of most indexes. With hundreds at
// once it does little else, until callers run out of retries. A few still hide
// the time that the database takes to answer and to commit.
const maxWriters = 4

// writers limits how many write transactions run at once.
type writers chan struct{}

// newWriters returns a limit of maxWriters.
func newWriters() writers {
	return make(writers, maxWriters)
}

// limitedKV is a key-value database with a limited number of writers.
type limitedKV struct {
	kvdb.Backend

	writers writers
}

// limitWriters returns the database with a limited number of writers, unless it
// puts changes that are made at the same time into one transaction, as bbolt
// does.
func limitWriters(db *DB) *DB {
	if _, ok := db.Backend.(walletdb.BatchDB); ok {
		return db
	}

	limited := *db
	limited.Backend = &limitedKV{
		Backend: db.Backend, writers: newWriters(),
	}

	return &limited
}

// Update runs the write transaction after waiting for its turn.
func (l *limitedKV) Update(f func(kvdb.RwTx) error, reset func()) error {
	l.writers <- struct{}{}
	defer func() { <-l.writers }()

	return l.Backend.Update(f, reset)
}
