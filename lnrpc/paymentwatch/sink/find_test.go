package sink

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestReadReturnsWhatWasDelivered checks that rows, attempts and position come
// back as they were delivered, and that what is not there is not found.
func TestReadReturnsWhatWasDelivered(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx, s := context.Background(), open(t, url)
		outcomes := []*watcher.Outcome{pay(151, failed, noRoute)}
		for index := range uint64(150) {
			outcomes = append(outcomes, pay(
				index+1, succeeded, none,
			))
		}
		outcomes[7] = pay(7, failed, timeout)
		require.NoError(t, s.Deliver(ctx, outcomes, at(152)))

		hashes := []string{"not there"}
		want := make(map[string]*Payment)
		for _, o := range outcomes {
			p := NewPayment(o.Payment, time.Time{})
			want[p.PaymentHash] = microseconds(p)
			hashes = append(hashes, p.PaymentHash)
		}
		require.NoError(t, Read(ctx, url, "", func(r *Reader) error {
			require.Equal(t, ours, r.Identity)
			require.Equal(t, at(152), *r.Position)

			found, err := r.Find(ctx, hashes)
			require.NoError(t, err)
			require.Len(t, found, len(outcomes))
			for _, p := range found {
				require.WithinDuration(t, time.Now(),
					p.DeliveredAt, time.Minute)
				p.DeliveredAt = time.Time{}
				require.Equal(t, want[p.PaymentHash],
					microseconds(p))
			}

			return nil
		}))
	})
}

// TestReadOfAPeriod reads the payments of a period, and their attempts: from its
// first moment on, and before its last.
func TestReadOfAPeriod(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		var outcomes []*watcher.Outcome
		for index := range uint64(10) {
			outcomes = append(outcomes, pay(
				index+1, succeeded, none,
			))
		}
		require.NoError(t, open(t, url).Deliver(
			context.Background(), outcomes, at(11),
		))

		created := func(index int) time.Time {
			ns := outcomes[index-1].Payment.CreationTimeNs

			return time.Unix(0, ns).Truncate(time.Microsecond)
		}
		for _, tc := range []struct {
			period      Period
			first, last int
		}{
			{Period{}, 1, 10},
			{Period{Since: created(3)}, 3, 10},
			{Period{Until: created(3)}, 1, 2},
			{Period{Since: created(3), Until: created(6)}, 3, 5},
		} {
			var found []int
			attempts := 0
			require.NoError(t, Read(context.Background(), url, "", func(
				r *Reader) error {

				err := r.Payments(context.Background(),
					tc.period, func(p *Payment) {
						found = append(found, int(
							p.PaymentIndex,
						))
					})
				require.NoError(t, err)

				return r.Attempts(context.Background(),
					tc.period, func(a *Attempt) {
						attempts++
						require.Contains(t, found, int(
							a.AttemptID/10,
						))
					})
			}))
			var want []int
			for index := tc.first; index <= tc.last; index++ {
				want = append(want, index)
			}
			require.Equal(t, want, found)
			require.Equal(t, 2*len(want), attempts)
		}
	})
}

// microseconds returns a payment with the times that every database can have.
func microseconds(p *Payment) *Payment {
	p.CreationTime = p.CreationTime.Truncate(time.Microsecond)
	if p.ResolveTime != nil {
		*p.ResolveTime = p.ResolveTime.Truncate(time.Microsecond)
	}
	for _, a := range p.Attempts {
		a.AttemptTime = a.AttemptTime.Truncate(time.Microsecond)
		*a.ResolveTime = a.ResolveTime.Truncate(time.Microsecond)
	}

	return p
}

// TestBeginningIsKept checks that a position of JSON lines says where they began,
// as that in a database does.
func TestBeginningIsKept(t *testing.T) {
	t.Parallel()

	url := "jsonl:" + filepath.Join(t.TempDir(), "lines")
	s := open(t, url)
	require.NoError(t, s.Deliver(context.Background(), nil, at(2)))
	require.NoError(t, s.Close())
	position, err := open(t, url).Position(context.Background())
	require.NoError(t, err)
	require.Equal(t, at(2).Began, position.Began)
}

// TestReadFromNothing checks what is said where there is no sink.
func TestReadFromNothing(t *testing.T) {
	t.Parallel()

	missing := filepath.Join(t.TempDir(), "sink.db")
	for url, want := range map[string]string{
		"jsonl":             "no database",
		"sqlite:" + missing: "no such file or directory; --sink names",
		postgresURL(t):      "is no sink yet",
	} {
		err := Read(context.Background(), url, "", nil)
		require.ErrorIs(t, err, ErrNoReport)
		require.ErrorContains(t, err, want)
	}
	require.NoFileExists(t, missing)
}
