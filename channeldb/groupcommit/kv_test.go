package groupcommit

import (
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/stretchr/testify/require"
)

// heldDB is a database whose write transactions end when they are let go.
type heldDB struct {
	kvdb.Backend

	begun chan struct{}
	letGo chan struct{}
}

// Update runs a write transaction.
func (h *heldDB) Update(body func(kvdb.RwTx) error, _ func()) error {
	h.begun <- struct{}{}
	<-h.letGo

	return body(nil)
}

// TestBatchesShareTransaction checks that batches which come while a
// transaction is under way are all made in the next one.
func TestBatchesShareTransaction(t *testing.T) {
	t.Parallel()

	const others = 5

	var (
		held = &heldDB{
			begun: make(chan struct{}, 1+others),
			letGo: make(chan struct{}),
		}
		db      = NewKV(held)
		runs    = make(chan struct{}, 1+others)
		results = make(chan error, 1+others)
	)
	write := func() {
		results <- kvdb.Batch(db, func(kvdb.RwTx) error {
			runs <- struct{}{}

			return nil
		})
	}
	go write()
	<-held.begun
	for range others {
		go write()
	}
	require.Eventually(t, func() bool {
		db.changes.mu.Lock()
		defer db.changes.mu.Unlock()

		return len(db.changes.waiting) == others
	}, 10*time.Second, time.Millisecond)
	close(held.letGo)

	for range 1 + others {
		require.NoError(t, <-results)
	}
	require.Len(t, runs, 1+others)
	require.Len(t, held.begun, 1)
}
