//go:build nodes

package nodes

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

// outcomesTable is the table of a monitor that trusts the node: one row for
// each run of a payment hash.
const outcomesTable = `
	CREATE TABLE outcomes (
		payment_hash TEXT NOT NULL,
		creation_time_ns BIGINT NOT NULL,
		status TEXT NOT NULL,
		failure_reason TEXT NOT NULL,
		UNIQUE (payment_hash, creation_time_ns)
	)`

// naive is a monitor as one would write it who trusts the node: what
// TrackPayments tells is inserted into a table.
type naive struct {
	name string
	db   *sql.DB
	net  *regtest.Network

	// err is why the loop has ended, once ended is closed.
	err    error
	cancel func()
	ended  chan struct{}
}

// newNaive returns a naive monitor with an empty table.
func newNaive(t *testing.T, net *regtest.Network, dir, name string) *naive {
	t.Helper()

	driver, source := "sqlite", sqliteFile(dir, "naive")
	if name == "postgres" {
		driver = "pgx"
		source = server.URL("postgres") + "&search_path=" +
			newSchema(t, t.Name()+"_naive")
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.Exec(outcomesTable)
	require.NoError(t, err)

	return &naive{name: name, db: db, net: net}
}

// start runs the loop in the background. It has to be stopped.
func (n *naive) start() {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel, n.ended = cancel, make(chan struct{})

	go func() {
		defer close(n.ended)
		n.err = n.loop(ctx)
	}()
}

// stop ends the loop if it has not ended by itself, and returns the error if it
// has.
func (n *naive) stop() error {
	select {
	case <-n.ended:
		return n.err

	default:
		n.cancel()
		<-n.ended

		return nil
	}
}

// loop inserts every outcome that the node tells of, until the node or the
// database fails.
func (n *naive) loop(ctx context.Context) error {
	stream, err := n.net.Sender.Router.TrackPayments(
		ctx, &routerrpc.TrackPaymentsRequest{NoInflightUpdates: true},
	)
	if err != nil {
		return err
	}

	for {
		p, err := stream.Recv()
		if err != nil {
			return err
		}
		_, err = n.db.ExecContext(ctx, "INSERT INTO outcomes VALUES "+
			"($1, $2, $3, $4)", p.PaymentHash, p.CreationTimeNs,
			p.Status.String(),
			paymentcontract.ReasonName(p.FailureReason))
		if err != nil {
			return err
		}
	}
}

// await waits until the table has a row of the hash. When the loop has ended
// there is nothing to wait for.
func (n *naive) await(hash string, limit time.Duration) error {
	for end := time.Now().Add(limit); ; time.Sleep(pollInterval) {
		select {
		case <-n.ended:
			return nil
		default:
		}

		var count int
		err := n.db.QueryRow("SELECT COUNT(*) FROM outcomes WHERE "+
			"payment_hash = $1", hash).Scan(&count)
		switch {
		case err != nil || count > 0:
			return err

		case time.Now().After(end):
			return fmt.Errorf("naive %s has no row of %s", n.name,
				hash)
		}
	}
}
