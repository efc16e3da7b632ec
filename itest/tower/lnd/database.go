//go:build tower

// Package lnd is what of an lnd node makes payments: a payments database, the
// control tower on it, and the router. All that differs from one lnd to another
// is in here.
package lnd

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"
)

// The buckets that hold lnd's payments, and the keys of a payment's number and
// of its failure reason. They are the same in all lnd versions.
var (
	RootBucket  = []byte("payments-root-bucket")
	IndexBucket = []byte("payments-index-bucket")
	SequenceKey = []byte("payment-sequence-key")
	reasonKey   = []byte("payment-fail-info")
	attemptsKey = []byte("payment-htlcs-bucket")
)

// errStock is the error of a call that a stock lnd does not have.
var errStock = errors.New("this lnd is a stock one")

// Database opens a payments database, with all that was stored in it before.
// It must be closed again before it is opened the next time; the end of a test
// closes it, too. Commits are counted.
type Database func(t testing.TB, count *Commits) *Payments

// Payments is an open payments database with a new control tower on it.
type Payments struct {
	routing.ControlTower

	// db is where lnd lists and deletes payments.
	db paymentsDB

	// observed is the same for the test's own eyes: what it reads is not
	// read by the process that is tested.
	observed paymentsDB

	// OverwriteReason gives a stored payment any failure reason.
	OverwriteReason func(payment lntypes.Hash, reason int32) error

	// closeDB closes the database.
	closeDB func()
}

// opened returns an open payments database.
func opened(t testing.TB, tower routing.ControlTower, db paymentsDB,
	closeDB func() error) *Payments {

	// What is kept until the end of the test must not grow with how often
	// it opens a database.
	var once sync.Once
	closeOnce := func() {
		once.Do(func() {
			require.NoError(t, closeDB())
			closeDB = nil
		})
	}
	t.Cleanup(closeOnce)

	return &Payments{ControlTower: tower, db: db, closeDB: closeOnce}
}

// kvDatabase returns a payments database on a key-value database.
func kvDatabase(open func(t testing.TB) kvdb.Backend) Database {
	return func(t testing.TB, count *Commits) *Payments {
		t.Helper()

		backend := open(t)
		tower, db := newTower(t, counting(backend, count))
		p := opened(t, tower, db, backend.Close)
		_, p.observed = newTower(t, backend)
		p.OverwriteReason = func(payment lntypes.Hash,
			reason int32) error {

			return putReason(backend, payment, byte(reason))
		}

		return p
	}
}

// putReason gives a payment in a key-value database any failure reason.
func putReason(db kvdb.Backend, payment lntypes.Hash, reason byte) error {
	return kvdb.Update(db, func(tx kvdb.RwTx) error {
		root := tx.ReadWriteBucket(RootBucket)

		return root.NestedReadWriteBucket(payment[:]).Put(
			reasonKey, []byte{reason},
		)
	}, func() {})
}

// Forget takes the attempts of payments out of a key-value database, behind the
// control tower's back.
func Forget(db kvdb.Backend, payments []lntypes.Hash) error {
	return kvdb.Update(db, func(tx kvdb.RwTx) error {
		root := tx.ReadWriteBucket(RootBucket)
		for _, hash := range payments {
			err := root.NestedReadWriteBucket(hash[:]).
				DeleteNestedBucket(attemptsKey)
			if err != nil {
				return err
			}
		}

		return nil
	}, func() {})
}

// unbatched is a database whose changes do not wait to be joined by others.
type unbatched struct {
	kvdb.Backend
}

// Quick returns the payments in a bbolt database whose changes do not wait to be
// joined by others.
func Quick(t testing.TB, db kvdb.Backend) *Payments {
	return On(t, unbatched{db})
}

// On returns the payments in a key-value database.
func On(t testing.TB, db kvdb.Backend) *Payments {
	tower, payments := newTower(t, db)

	return &Payments{ControlTower: tower, db: payments}
}

// Close closes the database. More than once is as good as once.
func (p *Payments) Close() {
	p.closeDB()
}

// Init announces a new payment.
func (p *Payments) Init(hash lntypes.Hash) error {
	return p.init(hash, &creationInfo{
		PaymentIdentifier: hash,
		Value:             Amount,
		CreationTime:      time.Now(),
	})
}

// Fail announces a payment's end.
func (p *Payments) Fail(hash lntypes.Hash) error {
	return p.giveUp(hash, reasonError)
}

// Register announces a payment's attempt.
func (p *Payments) Register(hash lntypes.Hash) error {
	key, _ := btcec.PrivKeyFromBytes([]byte{1})
	attempt, err := newAttempt(
		lastAttempt.Add(1), key, *NewRoute(), time.Now(), hash,
	)
	if err != nil {
		return err
	}

	return p.register(hash, attempt)
}

// Observed returns the payments for the test's own eyes and hands: what it does
// to them is not done by the process that is tested.
func (p *Payments) Observed() *Payments {
	return &Payments{ControlTower: towerOn(p.observed), db: p.observed}
}

// Stored returns a payment as it is in the database, or nil if there is none.
// That it is read does not count as done by lnd.
func (p *Payments) Stored(hash lntypes.Hash) (*StoredPayment, error) {
	return p.Observed().Fetch(hash)
}

// Fetch returns a payment as the control tower finds it in its database, or nil
// if there is none.
func (p *Payments) Fetch(hash lntypes.Hash) (*StoredPayment, error) {
	payment, err := p.fetch(hash)
	switch {
	case errors.Is(err, errNotInitiated):
		return nil, nil

	case err != nil:
		return nil, err
	}

	return payment.(*StoredPayment), nil
}
