package sink

import (
	"context"
	"fmt"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestDeliverKeepsRowsAndPosition checks what is in the tables after a
// delivery, and that the position is there for who opens the sink next.
func TestDeliverKeepsRowsAndPosition(t *testing.T) {
	eachSQL(t, testDeliver)
}

func testDeliver(t *testing.T, url string) {
	ctx := context.Background()
	s := open(t, url)

	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Nil(t, position)

	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(2, succeeded, none), pay(5, failed, timeout),
		pay(6, failed, noRoute),
	}, at(2, watcher.Range{First: 5, Last: 6})))
	later := at(3, watcher.Range{First: 5, Last: 6},
		watcher.Range{First: 9, Last: 9})
	require.NoError(t, s.Deliver(ctx, nil, later))
	require.NoError(t, s.Close())

	s = open(t, url)
	position, err = s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, later, *position)

	for text, want := range map[string]string{
		"SELECT COUNT(*) FROM payments": "3",
		"SELECT COUNT(*) FROM attempts": "4",
		"SELECT beyond FROM position":   "5-6,9",
		"SELECT status || ' ' || COALESCE(failure_reason, '-') || " +
			"' ' || destination || ' ' || payment_preimage || " +
			"' ' || value_msat || ' ' || fee_msat FROM payments " +
			"WHERE payment_index = 2": "SUCCEEDED - " + dave +
			" " + *NewPayment(
			pay(2, succeeded, none).Payment, at0,
		).Preimage + " 2000 2",
		"SELECT failure_reason FROM payments WHERE id = 2": "TIMEOUT",
		"SELECT COUNT(*) FROM payments WHERE " +
			"payment_preimage IS NULL AND resolve_time IS NULL " +
			"AND destination IS NULL": "1",
		"SELECT failure_code || ' ' || failure_source_index FROM " +
			"attempts WHERE attempt_id = 20": "TEMPORARY_" +
			"CHANNEL_FAILURE 1",
		"SELECT COUNT(*) FROM attempts WHERE failure_code IS NULL " +
			"AND status = 'SUCCEEDED'": "1",
	} {
		require.Equal(t, want, query(t, url, text), text)
	}
}

// TestSQLiteTimesSortAsText checks the text that times are kept as.
func TestSQLiteTimesSortAsText(t *testing.T) {
	t.Parallel()

	url := "sqlite:" + t.TempDir() + "/sink.db"
	require.NoError(t, open(t, url).Deliver(context.Background(),
		[]*watcher.Outcome{pay(2, succeeded, none)}, at(3)))

	require.Equal(t, "2025-11-23T07:00:00.000000007Z "+
		"2025-11-23T07:00:02.000000007Z", query(t, url, "SELECT "+
		"creation_time || ' ' || resolve_time FROM payments"))
	require.Equal(t, "9223372036854775809", query(t, url, "SELECT "+
		"hops -> 0 ->> 'chan_id' FROM attempts LIMIT 1"))
}

// TestCrashBetweenRowsAndPosition stops a delivery after the rows and before
// the position, and checks that neither is there, and that the same delivery
// then succeeds.
func TestCrashBetweenRowsAndPosition(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := open(t, url)
		require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
			pay(1, succeeded, none),
		}, at(2)))

		// The rows come first, so the lack of the other table stops
		// the transaction when they have been written.
		exec(t, url, "ALTER TABLE position RENAME TO hidden")
		more := []*watcher.Outcome{
			pay(2, failed, timeout), pay(3, succeeded, none),
		}
		require.ErrorContains(t, s.Deliver(ctx, more, at(4)),
			"unable to store the position")
		require.NoError(t, s.Close())
		exec(t, url, "ALTER TABLE hidden RENAME TO position")

		s = open(t, url)
		position, err := s.Position(ctx)
		require.NoError(t, err)
		require.Equal(t, at(2), *position)
		require.Equal(t, "1", query(t, url,
			"SELECT COUNT(*) FROM payments"))
		require.Equal(t, "2", query(t, url,
			"SELECT COUNT(*) FROM attempts"))

		require.NoError(t, s.Deliver(ctx, more, at(4)))
		require.Equal(t, "3", query(t, url,
			"SELECT COUNT(*) FROM payments"))
	})
}

// TestDuplicateIsAnError checks that a payment that is there already is named,
// and that nothing of its delivery is stored.
func TestDuplicateIsAnError(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := open(t, url)
		first := pay(1, failed, timeout)
		require.NoError(t, s.Deliver(
			ctx, []*watcher.Outcome{first}, at(2),
		))

		err := s.Deliver(ctx, []*watcher.Outcome{
			pay(2, succeeded, none), pay(1, succeeded, none),
		}, at(3))
		require.ErrorIs(t, err, ErrDuplicate)
		require.NotErrorIs(t, err, ErrUnavailable)
		require.ErrorContains(t, err, first.Payment.PaymentHash)
		require.ErrorContains(t, err, "SUCCEEDED is to be stored, "+
			"but is there as FAILED TIMEOUT")

		err = s.Deliver(ctx, []*watcher.Outcome{
			pay(2, succeeded, none), pay(2, succeeded, none),
		}, at(3))
		require.ErrorIs(t, err, ErrDuplicate)
		require.ErrorContains(t, err, "once more in the same delivery")

		position, err := s.Position(ctx)
		require.NoError(t, err)
		require.Equal(t, at(2), *position)
		require.Equal(t, "1", query(t, url,
			"SELECT COUNT(*) FROM payments"))
	})
}

// TestRetryIsAnotherPayment checks that the same hash can be stored again with
// another creation time, and even the same index: a node with the native SQL
// schema on SQLite gives a retry the index of the payment it replaces.
func TestRetryIsAnotherPayment(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		s := open(t, url)
		first, retry := pay(1, failed, timeout), pay(1, succeeded, none)
		retry.Payment.CreationTimeNs++

		require.NoError(t, s.Deliver(context.Background(),
			[]*watcher.Outcome{first, retry}, at(2)))
	})
}

// TestReasonIsPartOfTheSchema checks that the database itself refuses a reason
// without FAILED, and FAILED without a reason.
func TestReasonIsPartOfTheSchema(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		require.NoError(t, open(t, url).Deliver(context.Background(),
			[]*watcher.Outcome{pay(1, failed, timeout)}, at(2)))

		for _, set := range []string{
			"failure_reason = NULL", "status = 'SUCCEEDED'",
			"status = 'IN_FLIGHT'",
		} {
			_, err := behind(t, url).Exec(
				"UPDATE payments SET " + set,
			)
			require.Error(t, err, set)
		}
	})
}

// TestManyRows checks deliveries around the size of a statement.
func TestManyRows(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		s := open(t, url)

		next, rows := uint64(1), 0
		for _, n := range []int{1, 50, 51, 100, 101} {
			var outcomes []*watcher.Outcome
			for range n {
				outcomes = append(
					outcomes, pay(next, succeeded, none),
				)
				next++
			}
			require.NoError(t, s.Deliver(
				context.Background(), outcomes, at(next),
			))

			rows += n
			require.Equal(t, fmt.Sprint(rows), query(t, url,
				"SELECT COUNT(*) FROM payments"))
			require.Equal(t, fmt.Sprint(rows*2), query(t, url,
				"SELECT COUNT(*) FROM attempts JOIN payments "+
					"ON id = payment_id WHERE "+
					"attempt_id / 10 = payment_index"))
		}
	})
}
