package paymentsdb

import (
	"errors"
	"sync"
	"testing"

	"lnd-once/channeldb/groupcommit"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"
)

// TestStoreSharesTransactions checks that payments are written to a database
// that lets them share transactions.
func TestStoreSharesTransactions(t *testing.T) {
	t.Parallel()

	require.IsType(t, &groupcommit.KV{}, NewKVTestDB(t).db)
}

// TestManyPaymentsAtOnce checks that of many payments that start and fail at
// the same time, each twice, all have one start and one failure.
func TestManyPaymentsAtOnce(t *testing.T) {
	t.Parallel()

	const payments = 20

	db := NewTestDB(t)

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
