package sink

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// TestStoredPaymentsAreAnnounced listens to a database: each payment is announced
// once its row is there, in the order of delivery, and none of a delivery that
// fails, before or after its rows are written.
func TestStoredPaymentsAreAnnounced(t *testing.T) {
	t.Parallel()

	url := postgresURL(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	other := Identity{PubKey: dave, Network: ours.Network}
	s, err := Open(ctx, url, other)
	require.NoError(t, err)
	defer s.Close()
	cfg, err := postgresConfig(url)
	require.NoError(t, err)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(ctx, "LISTEN "+NotifyChannel)
	require.NoError(t, err)

	first, second := pay(1, failed, timeout), pay(2, succeeded, none)
	last := pay(3, succeeded, none)
	require.NoError(t, s.Deliver(
		ctx, []*watcher.Outcome{first, second}, at(3),
	))
	require.ErrorIs(t, s.Deliver(
		ctx, []*watcher.Outcome{last, first}, at(4),
	), ErrDuplicate)
	exec(t, url, "ALTER TABLE position RENAME TO hidden")
	require.Error(t, s.Deliver(ctx, []*watcher.Outcome{last}, at(4)))
	exec(t, url, "ALTER TABLE hidden RENAME TO position")
	require.NoError(t, s.Deliver(ctx, nil, at(3)))
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{last}, at(4)))

	for _, o := range []*watcher.Outcome{first, second, last} {
		// Other tests announce payments in the same database.
		var n Notification
		for n.NodePubKey != other.PubKey {
			heard, err := conn.WaitForNotification(ctx)
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(
				[]byte(heard.Payload), &n,
			))
		}
		want := NewPayment(o.Payment, time.Time{})
		require.Equal(t, Notification{
			NodePubKey: other.PubKey, PaymentHash: want.PaymentHash,
			CreationTimeNs: want.CreationTimeNs,
			Status:         want.Status,
			FailureReason:  want.FailureReason,
		}, n)
		var rows int
		require.NoError(t, conn.QueryRow(ctx, "SELECT COUNT(*) FROM "+
			"payments WHERE payment_hash = $1 AND "+
			"creation_time_ns = $2", n.PaymentHash,
			n.CreationTimeNs).Scan(&rows))
		require.Equal(t, 1, rows)
	}
}
