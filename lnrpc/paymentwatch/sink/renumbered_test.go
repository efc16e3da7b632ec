package sink

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
)

// archive is an lnd that has made all its payments.
type archive struct {
	payments []*paymentrpc.Payment
}

// ListPayments returns a page of them.
func (a *archive) ListPayments(_ context.Context,
	in *paymentrpc.ListPaymentsRequest, _ ...grpc.CallOption) (
	*paymentrpc.ListPaymentsResponse, error) {

	var page []*paymentrpc.Payment
	for _, p := range a.payments {
		above := p.PaymentIndex > in.IndexOffset
		if in.Reversed {
			above = in.IndexOffset == 0 ||
				p.PaymentIndex < in.IndexOffset
		}
		if above {
			page = append(page, p)
		}
	}
	if extra := len(page) - int(in.MaxPayments); extra > 0 && in.Reversed {
		page = page[extra:]
	} else if extra > 0 {
		page = page[:in.MaxPayments]
	}

	return &paymentrpc.ListPaymentsResponse{Payments: page}, nil
}

// quiet is a stream without updates.
type quiet struct {
	paymentrpc.UpdateStream

	ctx context.Context
}

// Recv waits for the end of the stream.
func (q quiet) Recv() (*paymentrpc.Payment, error) {
	<-q.ctx.Done()

	return nil, q.ctx.Err()
}

// TrackPayments begins a stream.
func (a *archive) TrackPayments(ctx context.Context,
	_ *paymentrpc.TrackPaymentsRequest, _ ...grpc.CallOption) (
	paymentrpc.UpdateStream, error) {

	return quiet{ctx: ctx}, nil
}

// migrate moves the payments to lnd's native SQL tables: they get new indexes,
// without a gap, and times without what PostgreSQL does not keep.
func (a *archive) migrate() {
	for i, p := range a.payments {
		p.PaymentIndex = uint64(i + 1)
		p.CreationTimeNs -= p.CreationTimeNs % 1000
	}
}

// follow lets a watcher deliver all payments that have ended to a sink.
func (a *archive) follow(t *testing.T, url string) {
	t.Helper()

	s, err := Open(context.Background(), url, ours)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = watcher.New(watcher.Config{
		Payments: a, Router: a, Sink: s,
		OnState: func(s watcher.State) {
			if s.Phase == watcher.Live {
				cancel()
			}
		},
	}).Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Close())
}

// TestRenumberedPaymentsAreStoredOnce lets lnd number its payments anew while the
// watcher is away: those that the sink has are not stored again, and none of the
// others is taken for one of them.
func TestRenumberedPaymentsAreStoredOnce(t *testing.T) {
	t.Run("sql", func(t *testing.T) {
		eachSQL(t, func(t *testing.T, url string) {
			testRenumbered(t, url)
			require.Equal(t, "7 7", query(t, url, "SELECT "+
				"COUNT(*) || ' ' || COUNT(DISTINCT "+
				"payment_hash) FROM payments"))
		})
	})
	t.Run("jsonl", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "out.jsonl")
		testRenumbered(t, "jsonl:"+path)
		payments, others := lines(t, path)
		require.Len(t, payments, 7)
		require.Zero(t, others)
	})
}

// testRenumbered delivers payments before and after they are numbered anew.
func testRenumbered(t *testing.T, url string) {
	// The indexes of a node that was started again have gaps of a thousand.
	a := &archive{}
	for _, index := range []uint64{3, 5, 1001, 1002, 2001, 2004} {
		status, reason := succeeded, none
		if index%2 == 0 {
			status, reason = failed, timeout
		}
		a.payments = append(a.payments, pay(
			index, status, reason,
		).Payment)
	}

	// One is in flight from early on. Another was made in the same moment as
	// the last one that is delivered, which gets the index of the first.
	open, late := a.payments[1], a.payments[5]
	late.CreationTimeNs = a.payments[4].CreationTimeNs - 2000
	open.Status, late.Status = paymentrpc.Payment_IN_FLIGHT,
		paymentrpc.Payment_IN_FLIGHT
	a.follow(t, url)

	a.migrate()
	open.Status, late.Status = succeeded, succeeded
	added := pay(3000, succeeded, none).Payment
	added.PaymentIndex = 7
	a.payments = append(a.payments, added)
	a.follow(t, url)
	a.follow(t, url)
}

// TestSinkOfTheVersionBeforeKnowsRenumbering goes on with a sink whose position
// names no payment, and whose node has numbered them anew meanwhile.
func TestSinkOfTheVersionBeforeKnowsRenumbering(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		a := &archive{}
		for _, index := range []uint64{3, 5, 1001} {
			a.payments = append(a.payments, pay(
				index, succeeded, none,
			).Payment)
		}
		a.follow(t, url)
		exec(t, url, "DROP TABLE position_runs")
		exec(t, url, "DROP TABLE position_begin")
		exec(t, url, "UPDATE "+migrationsTable+" SET version = 1")

		a.migrate()
		added := pay(3000, succeeded, none).Payment
		added.PaymentIndex = 4
		a.payments = append(a.payments, added)
		a.follow(t, url)
		require.Equal(t, "4", query(t, url,
			"SELECT COUNT(*) FROM payments"))
	})
}

// TestHolds asks each sink for payments that it has, has as another run of the
// hash, and does not have.
func TestHolds(t *testing.T) {
	test := func(t *testing.T, url string) {
		ctx, s := context.Background(), open(t, url)
		var outcomes []*watcher.Outcome
		for index := range uint64(150) {
			outcomes = append(outcomes, pay(
				index+1, succeeded, none,
			))
		}
		require.NoError(t, s.Deliver(ctx, outcomes, at(151)))

		var runs []watcher.Run
		var want []bool
		for _, o := range append(outcomes, pay(200, failed, timeout)) {
			r := watcher.Run{
				Hash:    o.Payment.PaymentHash,
				Created: o.Payment.CreationTimeNs - 7,
			}
			held := o.Payment.PaymentIndex <= 150
			runs, want = append(runs, r), append(want, held)
			r.Created += int64(time.Second)
			runs, want = append(runs, r), append(want, false)
		}
		held, err := s.Holds(ctx, runs)
		require.NoError(t, err)
		require.Equal(t, want, held)

		held, err = s.Holds(ctx, nil)
		require.NoError(t, err)
		require.Empty(t, held)
		require.NoError(t, s.Close())
		_, err = s.Holds(ctx, runs)
		require.ErrorIs(t, err, ErrClosed)
	}
	t.Run("sql", func(t *testing.T) { eachSQL(t, test) })
	t.Run("jsonl", func(t *testing.T) {
		t.Parallel()
		test(t, "jsonl:"+filepath.Join(t.TempDir(), "out.jsonl"))
	})
}

// TestPrintedLinesHoldNothing asks for what was printed: nobody can read it again.
func TestPrintedLinesHoldNothing(t *testing.T) {
	t.Parallel()

	dir, ctx := t.TempDir(), context.Background()
	out, err := os.Create(filepath.Join(dir, "out"))
	require.NoError(t, err)
	defer out.Close()
	s := printLines(t, out, filepath.Join(dir, "position"))
	o := pay(1, succeeded, none)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{o}, at(2)))
	held, err := s.Holds(ctx, []watcher.Run{{
		Hash: o.Payment.PaymentHash, Created: o.Payment.CreationTimeNs,
	}})
	require.NoError(t, err)
	require.Equal(t, []bool{false}, held)
	require.NoError(t, s.Close())
}
