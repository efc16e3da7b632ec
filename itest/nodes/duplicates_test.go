//go:build nodes

package nodes

import (
	"context"
	"encoding/binary"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/kvdb/sqlbase"
	"github.com/lightningnetwork/lnd/kvdb/sqlite"
	"github.com/stretchr/testify/require"
)

// What is in the bucket of a payment beside what multiply writes. The last
// three are in the bucket of a duplicate.
var (
	attemptsBucket   = []byte("payment-htlcs-bucket")
	attemptPrefix    = []byte("ai")
	duplicatesBucket = []byte("payment-duplicate-bucket")

	attemptInfo = []byte("payment-attempt-info")
	settleInfo  = []byte("payment-settle-info")
	failInfo    = []byte("payment-fail-info")
)

// openChannelDB opens the database in which a node that is not running keeps its
// payments as keys and values.
func openChannelDB(t *testing.T, node *regtest.Node, kind string) kvdb.Backend {
	t.Helper()

	folder := filepath.Join(node.Dir, "data", "graph", "regtest")
	if kind == "bbolt" {
		db, err := kvdb.GetBoltBackend(&kvdb.BoltBackendConfig{
			DBPath: folder, DBFileName: "channel.db",
			DBTimeout: rowTimeout,
		})
		require.NoError(t, err)

		return db
	}

	sqlbase.Init(0)
	db, err := sqlite.NewSqliteBackend(
		context.Background(), &sqlite.Config{BusyTimeout: rowTimeout},
		folder, "channel.sqlite", "channeldb",
	)
	require.NoError(t, err)

	return db
}

// storeDuplicates gives a payment that has settled two more of the same hash, one
// that has settled and one that has failed, as an lnd has left them that paid a
// hash more than once. It returns how many they are.
func storeDuplicates(t *testing.T, db kvdb.Backend, hash []byte) int {
	t.Helper()

	outcomes := []struct{ key, value []byte }{
		{settleInfo, make([]byte, len(hash))},
		{failInfo, []byte{byte(storedReason("NO_ROUTE"))}},
	}
	err := kvdb.Update(db, func(tx kvdb.RwTx) error {
		root := tx.ReadWriteBucket(rootBucket)
		index := tx.ReadWriteBucket(indexBucket)
		payment := root.NestedReadWriteBucket(hash)
		entry := index.Get(payment.Get(sequenceKey))
		all, err := payment.CreateBucket(duplicatesBucket)
		require.NoError(t, err)

		for i, outcome := range outcomes {
			number, err := root.NextSequence()
			require.NoError(t, err)
			sequence := binary.BigEndian.AppendUint64(nil, number)
			one, err := all.CreateBucket(sequence)
			require.NoError(t, err)
			for _, field := range []struct{ key, value []byte }{
				{sequenceKey, sequence},
				{creationInfo, oldCreation(hash, i)},
				{attemptInfo, oldAttempt(t, payment)},
				outcome,
			} {
				require.NoError(t, one.Put(
					field.key, field.value,
				))
			}
			require.NoError(t, index.Put(sequence, entry))
		}

		return nil
	}, func() {})
	require.NoError(t, err)

	return len(outcomes)
}

// oldCreation returns what is stored of a payment's creation, as it was before
// the time had nanoseconds: the hash, the amount, the time, and a payment request
// that is empty.
func oldCreation(hash []byte, number int) []byte {
	created := time.Unix(1_500_000_000, 0).Add(
		time.Duration(number) * time.Minute,
	)
	info := append([]byte(nil), hash...)
	info = binary.BigEndian.AppendUint64(info, amount*1000)
	info = binary.BigEndian.AppendUint64(info, uint64(created.Unix()))

	return binary.BigEndian.AppendUint32(info, 0)
}

// oldAttempt returns what is stored of an attempt, as it was when a payment had
// one at most: its ID, its session key and its route. What lnd stores of one
// today begins with the last two.
func oldAttempt(t *testing.T, payment kvdb.RBucket) []byte {
	t.Helper()

	attempts := payment.NestedReadBucket(attemptsBucket)
	key, value := attempts.ReadCursor().Seek(attemptPrefix)
	require.NotNil(t, value, "the payment has no attempt")

	return append(append([]byte(nil), key[len(attemptPrefix):]...), value...)
}
