//go:build tower

package oncetower

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
	"go.etcd.io/bbolt"
)

const (
	// liveCount is how many payments of a data set have not ended.
	liveCount = 10

	// perCommit is how many payments are written in one transaction.
	perCommit = 20_000
)

// sizes are the numbers of payments in the data sets.
var sizes = []int{1_000, 100_000, 1_000_000}

// The buckets that hold lnd's payments, and the keys of a payment's number and
// of its failure reason. Both bases have the same.
var (
	rootBucket  = []byte("payments-root-bucket")
	indexBucket = []byte("payments-index-bucket")
	sequenceKey = []byte("payment-sequence-key")
	reasonKey   = []byte("payment-fail-info")
)

// dataSet returns the folder of the data set with that many payments.
func dataSet(size int) string {
	return filepath.Join(*dataSets, fmt.Sprintf("payments-%d", size))
}

// TestDataSets creates the data sets that are missing. A payment in two has
// succeeded with one attempt; the others have failed for want of a route. That
// is what lnd keeps by default: it deletes failed attempts.
func TestDataSets(t *testing.T) {
	if *dataSets == "" {
		t.Skip("no folder for data sets")
	}

	for _, size := range sizes {
		folder := dataSet(size)
		if _, err := os.Stat(folder); err == nil {
			continue
		}

		// What is interrupted halfway is no data set.
		temp := folder + ".new"
		check(t, os.RemoveAll(temp))
		begin := time.Now()
		createDataSet(t, temp, size)
		check(t, os.Rename(temp, folder))
		fmt.Printf("bench: %d payments stored in %v\n", size,
			time.Since(begin).Round(time.Millisecond))
	}
}

// createDataSet lets lnd make the payments that are in flight and one of each
// other sort, and multiplies those.
func createDataSet(t *testing.T, folder string, size int) {
	t.Helper()

	db := openBolt(t, folder)
	tower, _ := newTower(t, unbatched{db})
	for range liveCount {
		hash := newHash()
		check(t, initPayment(tower, hash))
		check(t, registerAttempt(tower, hash))
	}

	succeeded, failed := newHash(), newHash()
	check(t, toRoute(newRouter(t, tower, settled), succeeded))
	check(t, initPayment(tower, failed))
	check(t, failPayment(tower, failed))
	check(t, db.Close())

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
	check(t, err)

	for done := 0; done < n; done += perCommit {
		check(t, db.Update(func(tx *bbolt.Tx) error {
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

	check(t, db.Sync())
	check(t, db.Close())
}

// evenly returns the hash of copy i of n. They are spread evenly and in their
// order, which fills the database's pages as it likes best.
func evenly(i, n int) lntypes.Hash {
	hash := newHash()
	step := uint64(math.MaxUint64 / uint64(n+1))
	binary.BigEndian.PutUint64(hash[:], uint64(i+1)*step)

	return hash
}

// copyPayment stores a copy of a payment under another hash and a number of its
// own.
func copyPayment(tx *bbolt.Tx, model, hash lntypes.Hash) error {
	root, index := tx.Bucket(rootBucket), tx.Bucket(indexBucket)

	number, err := root.NextSequence()
	if err != nil {
		return err
	}
	sequence := binary.BigEndian.AppendUint64(nil, number)

	from := root.Bucket(model[:])
	entry := index.Get(from.Get(sequenceKey))
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

	return to.Put(sequenceKey, sequence)
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

	check(b, kvdb.Update(db, func(tx kvdb.RwTx) error {
		root := tx.ReadWriteBucket(rootBucket)
		index := tx.ReadWriteBucket(indexBucket)

		for _, hash := range hashes {
			payment := root.NestedReadWriteBucket(hash[:])
			err := index.Delete(payment.Get(sequenceKey))
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
