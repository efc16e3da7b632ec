package sink

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// makeVersion3 makes a sink as the last version did that had one node in it.
func makeVersion3(t *testing.T, url string) {
	t.Helper()

	d := postgresDialect
	if scheme, path := split(url); scheme == sqliteScheme {
		d = sqliteDialect
		require.NoError(t, createFile(path))
	}
	ctx := context.Background()
	conn, err := behind(t, url).Conn(ctx)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "CREATE TABLE "+migrationsTable+
		" (version BIGINT NOT NULL PRIMARY KEY, dirty BOOLEAN NOT NULL)")
	require.NoError(t, err)
	require.NoError(t, migrate(ctx, d, conn, 3))
	require.NoError(t, conn.Close())

	rows, err := os.ReadFile(filepath.Join("testdata", "version3.sql"))
	require.NoError(t, err)
	exec(t, url, string(rows))
}

// TestSinkOfOneNodeIsBroughtUpToDate opens a sink that was made when sinks had one
// node, also when that was interrupted at its end. All that was there is of that
// node, and another one can be added.
func TestSinkOfOneNodeIsBroughtUpToDate(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		makeVersion3(t, url)
		ctx := context.Background()
		err := Read(ctx, url, "", nil)
		require.ErrorIs(t, err, ErrNoReport)
		require.ErrorContains(t, err, "of an earlier paymentwatch")

		_, err = Open(ctx, url, Identity{
			PubKey: ours.PubKey, Network: "mainnet",
		})
		require.ErrorIs(t, err, ErrOtherNode)
		for range 2 {
			requireVersion3(t, url)
			exec(t, url, "UPDATE "+migrationsTable+
				" SET dirty = true")
		}

		// The other node can have made the same payment.
		outcomes := []*watcher.Outcome{pay(2, succeeded, none)}
		s := openOf(t, url, theirs)
		require.NoError(t, s.Deliver(ctx, outcomes, at(3)))
		require.ErrorIs(t, s.Deliver(ctx, outcomes, at(3)),
			ErrDuplicate)
		require.Equal(t, "4", query(t, url,
			"SELECT MAX(id) FROM payments"))
		requireVersion3(t, url)

		// What a payment has goes with it, and stays with the others.
		exec(t, url, "DELETE FROM payments WHERE id = 2")
		require.Equal(t, "4", query(t, url,
			"SELECT COUNT(*) FROM attempts"))
	})
}

// requireVersion3 fails the test if a sink does not have all that was in it.
func requireVersion3(t *testing.T, url string) {
	t.Helper()

	ctx, s := context.Background(), open(t, url)
	want := at(3, watcher.Range{First: 5, Last: 6})
	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, want, *position)

	outcomes := []*watcher.Outcome{
		pay(2, succeeded, none), pay(5, failed, timeout),
		pay(6, failed, noRoute),
	}
	require.ErrorIs(t, s.Deliver(ctx, outcomes[:1], want), ErrDuplicate)
	require.NoError(t, s.Close())
	require.NoError(t, Read(ctx, url, ours.PubKey, func(r *Reader) error {
		require.Equal(t, ours, r.Identity)
		for _, o := range outcomes {
			p := microseconds(NewPayment(o.Payment, time.Time{}))
			found, err := r.Find(ctx, []string{p.PaymentHash})
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, 2026, found[0].DeliveredAt.Year())
			found[0].DeliveredAt = time.Time{}
			require.Equal(t, p, microseconds(found[0]))
		}

		return nil
	}))
}
