// Package querycount counts what is asked of a key-value database, for tests of
// how much that is. In PostgreSQL each query is a round trip.
package querycount

import "github.com/lightningnetwork/lnd/kvdb"

// DB is a database that counts the queries of its write transactions.
type DB struct {
	kvdb.Backend

	// Queries is how many there have been.
	Queries int
}

// Update runs a write transaction.
func (d *DB) Update(f func(kvdb.RwTx) error, reset func()) error {
	return d.Backend.Update(func(t kvdb.RwTx) error {
		return f(&tx{t, &d.Queries})
	}, reset)
}

// tx is a write transaction that counts its queries, and those of its buckets.
type tx struct {
	kvdb.RwTx

	queries *int
}

// ReadWriteBucket returns a top level bucket.
func (t *tx) ReadWriteBucket(key []byte) kvdb.RwBucket {
	*t.queries++

	return &bucket{t.RwTx.ReadWriteBucket(key), t.queries}
}

// CreateTopLevelBucket creates a top level bucket unless it exists.
func (t *tx) CreateTopLevelBucket(key []byte) (kvdb.RwBucket, error) {
	*t.queries++
	b, err := t.RwTx.CreateTopLevelBucket(key)

	return &bucket{b, t.queries}, err
}

// bucket is a bucket of such a transaction.
type bucket struct {
	kvdb.RwBucket

	queries *int
}

// NestedReadWriteBucket returns a bucket in the bucket.
func (b *bucket) NestedReadWriteBucket(key []byte) kvdb.RwBucket {
	*b.queries++
	nested := b.RwBucket.NestedReadWriteBucket(key)
	if nested == nil {
		return nil
	}

	return &bucket{nested, b.queries}
}

// NestedReadBucket returns a bucket in the bucket.
func (b *bucket) NestedReadBucket(key []byte) kvdb.RBucket {
	nested := b.NestedReadWriteBucket(key)
	if nested == nil {
		return nil
	}

	return nested
}

// CreateBucketIfNotExists creates a bucket in the bucket unless it exists.
func (b *bucket) CreateBucketIfNotExists(key []byte) (kvdb.RwBucket, error) {
	*b.queries++
	nested, err := b.RwBucket.CreateBucketIfNotExists(key)

	return &bucket{nested, b.queries}, err
}

// DeleteNestedBucket deletes a bucket in the bucket.
func (b *bucket) DeleteNestedBucket(key []byte) error {
	*b.queries++

	return b.RwBucket.DeleteNestedBucket(key)
}

// ForEach reads the keys one by one.
func (b *bucket) ForEach(cb func(k, v []byte) error) error {
	*b.queries++

	return b.RwBucket.ForEach(func(k, v []byte) error {
		*b.queries++

		return cb(k, v)
	})
}

// Prefetch does nothing.
func (b *bucket) Prefetch(...[]string) {}

// Get reads a value.
func (b *bucket) Get(key []byte) []byte {
	*b.queries++

	return b.RwBucket.Get(key)
}

// Put stores a value.
func (b *bucket) Put(key, value []byte) error {
	*b.queries++

	return b.RwBucket.Put(key, value)
}

// Delete deletes a value.
func (b *bucket) Delete(key []byte) error {
	*b.queries++

	return b.RwBucket.Delete(key)
}
