//go:build nodes

package nodes

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

const (
	// perCommit is how many payments are written in one transaction.
	perCommit = 20_000

	// spread is the time over which the creation of the copies is spread.
	spread = 100 * 24 * time.Hour

	// createdAt is where a payment's creation info has the time, behind the
	// hash and the amount.
	createdAt = 32 + 8
)

// The buckets that hold lnd's payments, and what is in those of a payment: its
// number, which is the key of its entry in the index, and how it was made. All
// bases have the same.
var (
	rootBucket   = []byte("payments-root-bucket")
	indexBucket  = []byte("payments-index-bucket")
	sequenceKey  = []byte("payment-sequence-key")
	creationInfo = []byte("payment-creation-info")
)

// multiply writes n copies of the payments with the given hashes, in turn, into
// the database of a node that does not run. To make as many would take hours.
func multiply(t *testing.T, file string, n int, models ...string) {
	t.Helper()

	// Only the last word on the whole file matters.
	db, err := bbolt.Open(file, 0600, &bbolt.Options{
		Timeout: payTimeout, NoSync: true, NoFreelistSync: true,
		FreelistType: bbolt.FreelistMapType,
	})
	require.NoError(t, err)

	first := time.Now().Add(-spread)
	for done := 0; done < n; done += perCommit {
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			for i := done; i < min(done+perCommit, n); i++ {
				model, err := hex.DecodeString(
					models[i%len(models)],
				)
				if err != nil {
					return err
				}
				created := first.Add(
					spread / time.Duration(n) *
						time.Duration(i),
				)
				err = copyPayment(
					tx, model, evenly(i, n), created,
				)
				if err != nil {
					return err
				}
			}

			return nil
		}))
	}

	require.NoError(t, db.Sync())
	require.NoError(t, db.Close())
}

// evenly returns the hash of copy i of n. They are spread evenly and in their
// order, which fills the database's pages as it likes best.
func evenly(i, n int) []byte {
	_, hash := newPreimage()
	step := uint64(math.MaxUint64 / uint64(n+1))
	binary.BigEndian.PutUint64(hash, uint64(i+1)*step)

	return hash
}

// copyPayment stores a copy of a payment under another hash, with a number of
// its own, as if it had been made at the given time.
func copyPayment(tx *bbolt.Tx, model, hash []byte, created time.Time) error {
	root, index := tx.Bucket(rootBucket), tx.Bucket(indexBucket)

	number, err := root.NextSequence()
	if err != nil {
		return err
	}
	sequence := binary.BigEndian.AppendUint64(nil, number)

	from := root.Bucket(model)
	entry := index.Get(from.Get(sequenceKey))
	err = index.Put(sequence, bytes.ReplaceAll(entry, model, hash))
	if err != nil {
		return err
	}

	to, err := root.CreateBucket(hash)
	if err != nil {
		return err
	}
	if err := copyBucket(from, to, model, hash); err != nil {
		return err
	}
	info := bytes.Clone(to.Get(creationInfo))
	binary.BigEndian.PutUint64(info[createdAt:], uint64(created.UnixNano()))
	if err := to.Put(creationInfo, info); err != nil {
		return err
	}

	return to.Put(sequenceKey, sequence)
}

// copyBucket copies all that is in a payment's bucket, with its new hash.
func copyBucket(from, to *bbolt.Bucket, model, hash []byte) error {
	return from.ForEach(func(key, value []byte) error {
		if value != nil {
			return to.Put(key, bytes.ReplaceAll(
				value, model, hash,
			))
		}

		nested, err := to.CreateBucket(key)
		if err != nil {
			return err
		}

		return copyBucket(from.Bucket(key), nested, model, hash)
	})
}
