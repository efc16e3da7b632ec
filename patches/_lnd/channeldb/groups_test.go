package channeldb

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// heldDB is a database whose write transactions end when they are let go.
type heldDB struct {
	kvdb.Backend

	begun chan struct{}
	letGo chan struct{}
}

// newHeldDB returns a database for up to ten write transactions.
func newHeldDB() *heldDB {
	return &heldDB{
		begun: make(chan struct{}, 10), letGo: make(chan struct{}),
	}
}

// Update runs a write transaction.
func (h *heldDB) Update(body func(kvdb.RwTx) error, _ func()) error {
	h.begun <- struct{}{}
	<-h.letGo

	return body(nil)
}

// TestWritesShareTransaction checks that what is written while a transaction is
// under way shares the next one.
func TestWritesShareTransaction(t *testing.T) {
	t.Parallel()

	const others = 5

	// shared writes some things at once, and tells whether that took fewer
	// transactions than there are things.
	shared := func() bool {
		var (
			held = newHeldDB()
			db   = groupKV(held)
			wg   sync.WaitGroup
			runs = make(chan struct{}, 1+others)
		)
		write := func() {
			defer wg.Done()

			err := kvdb.Batch(db, func(kvdb.RwTx) error {
				runs <- struct{}{}

				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		wg.Add(1 + others)
		go write()
		<-held.begun
		for range others {
			go write()
			runtime.Gosched()
		}
		close(held.letGo)
		wg.Wait()
		require.Len(t, runs, 1+others)

		return len(held.begun) < others
	}

	// Any one time the others may come one after the other.
	times := 0
	for !shared() {
		times++
		require.Less(t, times, 100)
	}
}

// TestManyPaymentsAtOnce checks that of many payments that start and fail at the
// same time, each twice, all have one start and one failure.
func TestManyPaymentsAtOnce(t *testing.T) {
	t.Parallel()

	const payments = 20

	db := newPaymentStartDB(t)

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
	for range payments {
		info, attempt, _ := genPaymentStart(t)
		infos = append(infos, info)
		attempts = append(attempts, attempt)
	}
	hash := func(payment int) lntypes.Hash {
		return infos[payment].PaymentIdentifier
	}

	twice(func(i int) error {
		_, err := db.InitPaymentWithAttempt(
			hash(i), infos[i], attempts[i],
		)

		return err
	}, ErrPaymentInFlight)

	twice(func(i int) error {
		_, err := db.FailAttemptWithReason(
			hash(i), attempts[i].AttemptID,
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
		payment, err := db.FetchPayment(hash(i))
		require.NoError(t, err)
		require.Equal(t, StatusFailed, payment.Status)
		require.Len(t, payment.HTLCs, 1)
	}
}
