package sink

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// theirs is another node that has the same sink.
var theirs = Identity{PubKey: strings.Repeat("03", 33), Network: "regtest"}

// openOf opens the sink of a node and closes it after the test.
func openOf(t *testing.T, url string, identity Identity) Sink {
	t.Helper()

	s, err := Open(context.Background(), url, identity)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })

	return s
}

// rowsOf returns how many payments a sink has of a node.
func rowsOf(t *testing.T, url, pubKey string) int {
	t.Helper()

	rows, ctx := 0, context.Background()
	require.NoError(t, Read(ctx, url, pubKey, func(r *Reader) error {
		return r.Payments(ctx, Period{}, func(*Payment) { rows++ })
	}))

	return rows
}

// TestNodesShareADatabase lets two nodes deliver at the same time, among others
// the same payment. Each has its own rows and its own position, and whoever reads
// the rows above the last id meanwhile sees all of them.
func TestNodesShareADatabase(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		const deliveries, payments = 40, 3
		nodes := []Identity{ours, theirs}
		var sinks []Sink
		for _, node := range nodes {
			sinks = append(sinks, openOf(t, url, node))
		}
		var writers sync.WaitGroup
		for _, s := range sinks {
			writers.Go(func() {
				deliverMany(t, s, deliveries, payments)
			})
		}
		done := make(chan struct{})
		go func() {
			writers.Wait()
			close(done)
		}()
		require.Equal(t, len(nodes)*deliveries*payments,
			readAlong(t, behind(t, url), done))

		for _, node := range nodes {
			require.Equal(t, deliveries*payments,
				rowsOf(t, url, node.PubKey))
			require.NoError(t, Read(context.Background(), url,
				node.PubKey[:2], func(r *Reader) error {
					require.Equal(t, node, r.Identity)
					require.Equal(t, at(deliveries*payments+1),
						*r.Position)

					return nil
				}))
		}
	})
}

// deliverMany makes deliveries of some payments each.
func deliverMany(t *testing.T, s Sink, deliveries, payments uint64) {
	for d := range deliveries {
		var outcomes []*watcher.Outcome
		for i := range payments {
			outcomes = append(outcomes, pay(
				d*payments+i+1, succeeded, none,
			))
		}
		if err := s.Deliver(context.Background(), outcomes,
			at((d+1)*payments+1)); err != nil {

			t.Error(err)
		}
	}
}

// readAlong reads the rows above the last id that it has seen until all writers
// are done, and returns how many it has seen.
func readAlong(t *testing.T, db *sql.DB, done <-chan struct{}) int {
	t.Helper()

	seen, last := 0, int64(0)
	for ended := false; ; {
		var count int
		var highest sql.NullInt64
		require.NoError(t, db.QueryRow("SELECT COUNT(*), MAX(id) FROM "+
			"payments WHERE id > $1", last).Scan(&count, &highest))
		seen += count
		last = max(last, highest.Int64)
		if ended {
			return seen
		}
		select {
		case <-done:
			ended = true
		default:
		}
	}
}

// TestNodesHaveOneWriterEach checks that another node's writer is let in and a
// second one of the same node is not, and what only one of them holds.
func TestNodesHaveOneWriterEach(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		first, second := open(t, url), openOf(t, url, theirs)
		for _, node := range []Identity{ours, theirs} {
			_, err := Open(ctx, url, node)
			require.ErrorIs(t, err, ErrInUse)
		}
		outcome := []*watcher.Outcome{pay(1, succeeded, none)}
		require.NoError(t, first.Deliver(ctx, outcome, at(2)))

		runs := []watcher.Run{watcher.RunOf(outcome[0].Payment)}
		for s, want := range map[Sink]bool{first: true, second: false} {
			held, err := s.Holds(ctx, runs)
			require.NoError(t, err)
			require.Equal(t, []bool{want}, held)
		}
		position, err := second.Position(ctx)
		require.NoError(t, err)
		require.Nil(t, position)
		require.NoError(t, second.Deliver(ctx, outcome, at(3)))
		require.ErrorIs(t, second.Deliver(ctx, outcome, at(3)),
			ErrDuplicate)
		position, err = first.Position(ctx)
		require.NoError(t, err)
		require.Equal(t, at(2), *position)

		require.NoError(t, first.Close())
		open(t, url)
	})
}

// TestReadOfSeveralNodesNamesOne checks what is said if a reader does not.
func TestReadOfSeveralNodesNamesOne(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		open(t, url)
		openOf(t, url, theirs)
		err := Read(ctx, url, "", nil)
		require.ErrorIs(t, err, ErrSeveralNodes)
		require.ErrorContains(t, err, ours.PubKey+", "+theirs.PubKey)
		err = Read(ctx, url, "05", nil)
		require.ErrorIs(t, err, ErrOtherNode)
		require.ErrorContains(t, err, ours.PubKey+", "+theirs.PubKey)
	})
}

// TestOpenWaitsForAMigration opens a sink while another session brings its tables
// up to date, first for long, then for a moment.
func TestOpenWaitsForAMigration(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		var unlock func()
		scheme, path := split(url)
		if scheme == sqliteScheme {
			var err error
			unlock, err = lockFile(ctx, path+"-lock")
			require.NoError(t, err)
		} else {
			db := behind(t, url)
			_, err := db.Exec(lockSchema)
			require.NoError(t, err)
			unlock = func() { _ = db.Close() }
		}
		_, err := Open(ctx, url, ours)
		require.ErrorIs(t, err, errSchemaLocked)
		require.ErrorIs(t, err, ErrUnavailable)
		require.NotErrorIs(t, err, ErrInUse)
		begin := time.Now()
		time.AfterFunc(10*lockRetry, unlock)
		open(t, url)
		require.Greater(t, time.Since(begin), 9*lockRetry)
	})
}

// TestPostgresIDsAreInTheOrderOfCommits lets a transaction store a row and wait:
// another node's row has to come after it.
func TestPostgresIDsAreInTheOrderOfCommits(t *testing.T) {
	t.Parallel()

	url, ctx := postgresURL(t), context.Background()
	s := open(t, url)
	tx, err := behind(t, url).Begin()
	require.NoError(t, err)
	_, err = tx.Exec(orderRows)
	require.NoError(t, err)

	delivered := make(chan error, 1)
	go func() {
		delivered <- s.Deliver(ctx, []*watcher.Outcome{
			pay(1, succeeded, none),
		}, at(2))
	}()
	require.Eventually(t, func() bool {
		return query(t, url, "SELECT COUNT(*) > 0 FROM pg_locks JOIN "+
			"pg_stat_activity USING (pid) WHERE NOT granted AND "+
			fmt.Sprintf("query = $q$%s$q$", orderRows)) == "true"
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, insertPayments(ctx, postgresDialect, tx,
		theirs.PubKey, []*Payment{
			NewPayment(pay(1, succeeded, none).Payment, at0),
		}))
	require.NoError(t, tx.Commit())
	require.NoError(t, <-delivered)
	require.Equal(t, ours.PubKey, query(t, url,
		"SELECT node_pubkey FROM payments WHERE id = 2"))
}
