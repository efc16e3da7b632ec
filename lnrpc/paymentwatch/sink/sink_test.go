package sink

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lnd-once/internal/postgres"
	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
)

const (
	succeeded = paymentrpc.Payment_SUCCEEDED
	failed    = paymentrpc.Payment_FAILED

	none    = paymentrpc.PaymentFailureReason_FAILURE_REASON_NONE
	timeout = paymentrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
	noRoute = paymentrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE
)

// ours is the node that the tests are about, and dave is who gets paid.
var (
	ours = Identity{PubKey: strings.Repeat("02", 33), Network: "regtest"}
	dave = strings.Repeat("03", 33)
)

// server is the PostgreSQL of all tests. It is started when one needs it.
var server struct {
	sync.Once
	*postgres.Server
	err     error
	schemas atomic.Int64
}

// TestMain stops the server, if it was started, whatever the tests say.
func TestMain(m *testing.M) {
	code := m.Run()
	if server.Server != nil {
		server.Stop()
	}
	os.Exit(code)
}

// postgresURL returns the URL of an empty schema of the server.
func postgresURL(t testing.TB) string {
	t.Helper()

	if err := postgres.Available(); err != nil {
		t.Skip(err)
	}
	server.Do(func() {
		// What is lost with the machine's power is no loss here.
		server.Server, server.err = postgres.Start(
			context.Background(), postgres.Config{
				Settings: []string{"fsync=off"},
			},
		)
	})
	require.NoError(t, server.err)

	schema := fmt.Sprintf("test%d", server.schemas.Add(1))
	url := server.URL("postgres")
	exec(t, url, "CREATE SCHEMA "+schema)

	return url + "&search_path=" + schema
}

// eachSQL runs a test against an empty database of each kind.
func eachSQL(t *testing.T, test func(t *testing.T, url string)) {
	t.Parallel()

	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "a ?#%.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, postgresURL(t))
	})
}

// behind opens the database of a sink behind the sink's back.
func behind(t testing.TB, sinkURL string) *sql.DB {
	t.Helper()

	var db *sql.DB
	if scheme, path := split(sinkURL); scheme == sqliteScheme {
		var err error
		db, err = sqliteDB(path, url.Values{
			"_pragma": {"busy_timeout(5000)", "foreign_keys(1)"},
		})
		require.NoError(t, err)
	} else {
		cfg, err := postgresConfig(sinkURL)
		require.NoError(t, err)
		db = stdlib.OpenDB(*cfg)
	}
	t.Cleanup(func() { _ = db.Close() })

	return db
}

// exec executes a statement behind the sink's back.
func exec(t testing.TB, sinkURL, statement string) {
	t.Helper()

	db := behind(t, sinkURL)
	_, err := db.Exec(statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// query returns the only value that a query returns, as text.
func query(t testing.TB, sinkURL, query string) string {
	t.Helper()

	var value any
	db := behind(t, sinkURL)
	require.NoError(t, db.QueryRow(query).Scan(&value))
	require.NoError(t, db.Close())

	return fmt.Sprint(value)
}

// open opens a sink of our node and closes it after the test.
func open(t testing.TB, url string) Sink {
	t.Helper()

	s, err := Open(context.Background(), url, ours)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })

	return s
}

// pay returns the outcome of a payment with two attempts, the second of which
// decided it. Payments that failed for want of a route have none.
func pay(index uint64, status paymentrpc.Payment_PaymentStatus,
	reason paymentrpc.PaymentFailureReason) *watcher.Outcome {

	hash := sha256.Sum256([]byte(fmt.Sprint(index)))

	// The payments are five hours apart, and seven nanoseconds.
	created := time.Date(2025, 11, 22, 21, 0, 0, 7, time.UTC).Add(
		time.Duration(index) * 5 * time.Hour,
	)
	p := &paymentrpc.Payment{
		PaymentHash:    hex.EncodeToString(hash[:]),
		PaymentIndex:   index,
		CreationTimeNs: created.UnixNano(),
		Status:         status,
		FailureReason:  reason,
		ValueMsat:      int64(index) * 1000,
	}
	if reason == noRoute {
		return &watcher.Outcome{Payment: p}
	}

	fail := &paymentrpc.Failure{
		Code: paymentrpc.Failure_TEMPORARY_CHANNEL_FAILURE,

		FailureSourceIndex: 1,
	}
	p.Htlcs = []*paymentrpc.HTLCAttempt{
		attempt(index*10, created, fail),
		attempt(index*10+1, created, fail),
	}
	if status == succeeded {
		p.Htlcs[1].Status = paymentrpc.HTLCAttempt_SUCCEEDED
		p.Htlcs[1].Failure = nil
		p.PaymentPreimage = strings.Repeat("07", 32)
		p.FeeMsat = int64(index)
	}

	return &watcher.Outcome{Payment: p}
}

// attempt returns an attempt by way of two hops, which has failed.
func attempt(id uint64, sent time.Time,
	failure *paymentrpc.Failure) *paymentrpc.HTLCAttempt {

	return &paymentrpc.HTLCAttempt{
		AttemptId:     id,
		Status:        paymentrpc.HTLCAttempt_FAILED,
		AttemptTimeNs: sent.Add(time.Second).UnixNano(),
		ResolveTimeNs: sent.Add(2 * time.Second).UnixNano(),
		Failure:       failure,
		Route: &paymentrpc.Route{
			TotalTimeLock: 144, TotalAmtMsat: 2002,
			TotalFeesMsat: 2, Hops: []*paymentrpc.Hop{
				{PubKey: ours.PubKey, ChanId: 1<<63 + 1},
				{PubKey: dave, AmtToForwardMsat: 2000},
			},
		},
	}
}

// at is the position with the given next index.
func at(next uint64, beyond ...watcher.Range) watcher.Position {
	run := watcher.Run{Hash: "00", Created: int64(next), Index: next - 1}

	return watcher.Position{
		Next: next, Beyond: beyond, Newest: int64(next) + 7,
		Whole: int64(next) + 5, Began: 4, Open: []watcher.Run{run},
		Last: []watcher.Run{run, run},
	}
}
