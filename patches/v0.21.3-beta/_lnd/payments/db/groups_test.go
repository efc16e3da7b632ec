package paymentsdb

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"lnd-once/channeldb/groupcommit"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/sqldb"
	"github.com/stretchr/testify/require"
)

// heldDB is a database whose write transactions end when they are let go.
type heldDB struct {
	BatchedSQLQueries

	begun chan struct{}
	letGo chan struct{}
}

// newHeldDB returns a database for up to ten write transactions.
func newHeldDB() *heldDB {
	return &heldDB{
		begun: make(chan struct{}, 10), letGo: make(chan struct{}),
	}
}

// ExecTx runs a transaction.
func (h *heldDB) ExecTx(_ context.Context, opts sqldb.TxOptions,
	body func(SQLQueries) error, _ func()) error {

	if !opts.ReadOnly() {
		h.begun <- struct{}{}
		<-h.letGo
	}

	return body(nil)
}

// waitingCtx is a context that tells when it is waited for.
type waitingCtx struct {
	context.Context

	waiting chan<- struct{}
}

// Done returns what is waited for.
func (w *waitingCtx) Done() <-chan struct{} {
	w.waiting <- struct{}{}

	return w.Context.Done()
}

// TestWritesShareTransaction checks that what is written while a transaction is
// under way shares the next one.
func TestWritesShareTransaction(t *testing.T) {
	t.Parallel()

	const others = 5

	var (
		held    = newHeldDB()
		db      = groupSQL(held)
		waiting = make(chan struct{}, 1+others)
		runs    = make(chan struct{}, 1+others)
		results = make(chan error, 1+others)
	)
	write := func() {
		ctx := &waitingCtx{t.Context(), waiting}
		results <- db.ExecTx(ctx, sqldb.WriteTxOpt(),
			func(SQLQueries) error {
				runs <- struct{}{}

				return nil
			}, func() {})
	}
	go write()
	<-held.begun
	for range others {
		go write()
	}
	require.Eventually(t, func() bool {
		return len(waiting) == 1+others
	}, 10*time.Second, time.Millisecond)
	close(held.letGo)

	for range 1 + others {
		require.NoError(t, <-results)
	}
	require.Len(t, runs, 1+others)
	require.Len(t, held.begun, 1)
}

// TestReadsDoNotWait checks that a reader does not wait for a transaction that
// is under way, and that a writer does so until its context ends.
func TestReadsDoNotWait(t *testing.T) {
	t.Parallel()

	held := newHeldDB()
	db := groupSQL(held)
	nothing := func(SQLQueries) error { return nil }
	write := func(ctx context.Context) error {
		return db.ExecTx(ctx, sqldb.WriteTxOpt(), nothing, func() {})
	}

	first := make(chan error)
	go func() { first <- write(t.Context()) }()
	<-held.begun

	err := db.ExecTx(t.Context(), sqldb.ReadTxOpt(), nothing, func() {})
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, write(ctx), context.Canceled)

	close(held.letGo)
	require.NoError(t, <-first)
	require.Empty(t, held.begun)
}

// TestStoreSharesTransactions checks that payments are written to a database
// that lets them share transactions.
func TestStoreSharesTransactions(t *testing.T) {
	t.Parallel()

	db, _ := NewTestDB(t)
	switch store := db.(type) {
	case *KVStore:
		require.IsType(t, &groupcommit.KV{}, store.db)

	case *SQLStore:
		require.IsType(t, &groupedSQL{}, store.db)
	}
}

// TestManyPaymentsAtOnce checks that of many payments that start and fail at
// the same time, each twice, all have one start and one failure.
func TestManyPaymentsAtOnce(t *testing.T) {
	t.Parallel()

	const payments = 20

	db, _ := NewTestDB(t)
	ctx := t.Context()

	// twice calls a function twice at once for each payment, and checks
	// that one call succeeds and the other one is refused.
	twice := func(call func(payment int) error, refused error) {
		var wg sync.WaitGroup
		errs := make([][2]error, payments)
		for i := range payments {
			for j := range 2 {
				wg.Add(1)
				go func() {
					defer wg.Done()

					errs[i][j] = call(i)
				}()
			}
		}
		wg.Wait()

		for _, err := range errs {
			if err[0] != nil {
				err[0], err[1] = err[1], err[0]
			}
			require.NoError(t, err[0])
			require.ErrorIs(t, err[1], refused)
		}
	}

	var (
		infos    []*PaymentCreationInfo
		attempts []*HTLCAttemptInfo
	)
	for i := range payments {
		info, _ := genInfo(t)
		infos = append(infos, info)
		attempts = append(attempts, genAttemptWithHash(
			t, uint64(i), genSessionKey(t), info.PaymentIdentifier,
		))
	}
	hash := func(payment int) lntypes.Hash {
		return infos[payment].PaymentIdentifier
	}

	twice(func(i int) error {
		_, err := db.InitPaymentWithAttempt(
			ctx, hash(i), infos[i], attempts[i],
		)

		return err
	}, ErrPaymentInFlight)

	twice(func(i int) error {
		_, err := db.FailAttemptWithReason(
			ctx, hash(i), attempts[i].AttemptID,
			&HTLCFailInfo{Reason: HTLCFailUnreadable},
			FailureReasonError, false,
		)

		// What the other one has done is told in one of two ways.
		if errors.Is(err, ErrAttemptAlreadyFailed) {
			err = ErrPaymentAlreadyFailed
		}

		return err
	}, ErrPaymentAlreadyFailed)

	for i := range payments {
		payment, err := db.FetchPayment(ctx, hash(i))
		require.NoError(t, err)
		require.Equal(t, StatusFailed, payment.Status)
		require.Len(t, payment.HTLCs, 1)
	}
}
