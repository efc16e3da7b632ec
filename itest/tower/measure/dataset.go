//go:build tower

package measure

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"lnd-once/itest/tower/lnd"
)

const (
	// liveCount is how many payments of a data set have not ended.
	liveCount = 10

	// perCommit is how many payments are written in one transaction.
	perCommit = 20_000
)

// sizes are the numbers of payments in the data sets.
var sizes = []int{1_000, 100_000, 1_000_000}

// dataSet returns the folder of the data set with that many payments.
func (c *Config) dataSet(size int) string {
	return filepath.Join(c.Data, fmt.Sprintf("payments-%d", size))
}

// DataSets creates the data sets that are missing. A payment in two has
// succeeded with one attempt; the others have failed for want of a route. That
// is what lnd keeps by default: it deletes failed attempts.
func (c *Config) DataSets(t *testing.T) {
	for _, size := range sizes {
		folder := c.dataSet(size)
		if _, err := os.Stat(folder); err == nil {
			continue
		}

		// What is interrupted halfway is no data set.
		temp := folder + ".new"
		require.NoError(t, os.RemoveAll(temp))
		begin := time.Now()
		createDataSet(t, temp, size)
		require.NoError(t, os.Rename(temp, folder))
		fmt.Printf("bench: %d payments stored in %v\n", size,
			time.Since(begin).Round(time.Millisecond))
	}
}

// createDataSet lets lnd make the payments that are in flight and one of each
// other sort, and multiplies those.
func createDataSet(t *testing.T, folder string, size int) {
	t.Helper()

	db := lnd.OpenBolt(t, folder)
	payments := lnd.Quick(t, db)
	for range liveCount {
		hash := lnd.NewHash()
		require.NoError(t, payments.Init(hash))
		require.NoError(t, payments.Register(hash))
	}

	succeeded, failed := lnd.NewHash(), lnd.NewHash()
	require.NoError(t, toRoute(
		lnd.NewRouter(t, payments, lnd.Settled), succeeded,
	))
	require.NoError(t, payments.Init(failed))
	require.NoError(t, payments.Fail(failed))
	require.NoError(t, db.Close())

	multiply(t, filepath.Join(folder, "channel.db"), size-liveCount-2,
		succeeded, failed)
}

// multiply writes copies of the models, in turn, until there are n.
func multiply(t *testing.T, file string, n int, models ...lntypes.Hash) {
	t.Helper()

	// Only the last word on the whole file matters.
	db, err := bbolt.Open(file, 0600, &bbolt.Options{
		NoSync: true, NoFreelistSync: true,
		FreelistType: bbolt.FreelistMapType,
	})
	require.NoError(t, err)

	for done := 0; done < n; done += perCommit {
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			for i := done; i < min(done+perCommit, n); i++ {
				err := copyPayment(tx, models[i%len(models)],
					evenly(i, n))
				if err != nil {
					return err
				}
			}

			return nil
		}))
		if done%200_000 == 0 && done > 0 {
			fmt.Printf("bench: ... %d of %d payments\n", done, n)
		}
	}

	require.NoError(t, db.Sync())
	require.NoError(t, db.Close())
}

// evenly returns the hash of copy i of n. They are spread evenly and in their
// order, which fills the database's pages as it likes best.
func evenly(i, n int) lntypes.Hash {
	hash := lnd.NewHash()
	step := uint64(math.MaxUint64 / uint64(n+1))
	binary.BigEndian.PutUint64(hash[:], uint64(i+1)*step)

	return hash
}

// copyPayment stores a copy of a payment under another hash and a number of its
// own.
func copyPayment(tx *bbolt.Tx, model, hash lntypes.Hash) error {
	root, index := tx.Bucket(lnd.RootBucket), tx.Bucket(lnd.IndexBucket)

	number, err := root.NextSequence()
	if err != nil {
		return err
	}
	sequence := binary.BigEndian.AppendUint64(nil, number)

	from := root.Bucket(model[:])
	entry := index.Get(from.Get(lnd.SequenceKey))
	err = index.Put(sequence, bytes.ReplaceAll(entry, model[:], hash[:]))
	if err != nil {
		return err
	}

	to, err := root.CreateBucket(hash[:])
	if err != nil {
		return err
	}
	if err := copyBucket(from, to, model, hash); err != nil {
		return err
	}

	return to.Put(lnd.SequenceKey, sequence)
}

// copyBucket copies all that is in a payment's bucket, with its new hash.
func copyBucket(from, to *bbolt.Bucket, model, hash lntypes.Hash) error {
	return from.ForEach(func(key, value []byte) error {
		if value != nil {
			return to.Put(key, bytes.ReplaceAll(
				value, model[:], hash[:],
			))
		}

		nested, err := to.CreateBucket(key)
		if err != nil {
			return err
		}

		return copyBucket(from.Bucket(key), nested, model, hash)
	})
}

// forget removes all payments that a benchmark has made since the data set had
// that many, so that the next one finds it as it was.
func forget(b testing.TB, db kvdb.Backend, hashes []lntypes.Hash) {
	b.Helper()

	require.NoError(b, kvdb.Update(db, func(tx kvdb.RwTx) error {
		root := tx.ReadWriteBucket(lnd.RootBucket)
		index := tx.ReadWriteBucket(lnd.IndexBucket)

		for _, hash := range hashes {
			payment := root.NestedReadWriteBucket(hash[:])
			err := index.Delete(payment.Get(lnd.SequenceKey))
			if err != nil {
				return err
			}
			err = root.DeleteNestedBucket(hash[:])
			if err != nil {
				return err
			}
		}

		return nil
	}, func() {}))
}
