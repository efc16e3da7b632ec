package main

import (
	"bytes"
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/btcsuite/btclog/v2"
	"github.com/stretchr/testify/require"
)

// lagOf returns for how many seconds the sink is behind, as it is served.
func lagOf(t *testing.T, port string) float64 {
	t.Helper()

	found := regexp.MustCompile(`(?m)^paymentwatch_lag_seconds (.*)$`).
		FindStringSubmatch(metricsText(t, port))
	require.Len(t, found, 2)
	lag, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)

	return lag
}

// lock begins a transaction that nobody can write beside, and returns how it is
// ended.
func lock(t *testing.T, driver, source, statement string) func() {
	t.Helper()

	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Exec(statement)
	require.NoError(t, err)

	return func() { require.NoError(t, tx.Rollback()) }
}

// TestStuckSinkIsNotHealthy lets a database stand still in each way that it can
// while the program is live.
func TestStuckSinkIsNotHealthy(t *testing.T) {
	t.Parallel()

	t.Run("sqlite, locked", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "sink.db")
		testStuck(t, "sqlite:"+path, 9, func() func() {
			return lock(t, "sqlite", "file:"+path+
				"?_txlock=immediate", "SELECT 1")
		})
	})
	t.Run("postgres, locked", func(t *testing.T) {
		t.Parallel()
		url := startPostgres(t).URL("postgres")
		testStuck(t, url, 59, func() func() {
			return lock(t, "pgx", url, "LOCK TABLE payments")
		})
	})
	t.Run("postgres, stopped", func(t *testing.T) {
		t.Parallel()
		server := startPostgres(t)
		testStuck(t, server.URL("postgres"), 59, func() func() {
			require.NoError(t, server.Pause())

			return func() { require.NoError(t, server.Resume()) }
		})
	})
}

// testStuck lets payments end while a sink is stuck, and looks at what is told of
// that until the sink is given up, which takes so many seconds at least. When the
// sink goes on it has to get all of them, once.
func testStuck(t *testing.T, url string, seconds float64, stick func() func()) {
	n, port := newFakeNode(t), freePort(t)
	p := start(t, n.flags("--sink", url, "--metrics", port))
	p.errOut.await(t, "Live")
	require.Contains(t, metricsText(t, port),
		"paymentwatch_last_delivery_timestamp_seconds 0\n")
	n.end(pay(1, succeeded, none))
	p.errOut.await(t, "Delivered")
	require.Zero(t, lagOf(t, port))
	require.Regexp(t, `last_delivery_timestamp_seconds \d\.\d+e\+09\n`,
		metricsText(t, port))
	ready := func() bool {
		_, status := ask(t, http.DefaultClient,
			"http://127.0.0.1:"+port+"/readyz")

		return status == http.StatusOK
	}
	require.True(t, ready())

	free := stick()
	stuck := time.Now()
	for index := range uint64(3) {
		n.end(pay(index+2, succeeded, none))
	}

	// It says so before it gives up, and the lag is that of the first
	// payment, whatever the state.
	p.errOut.await(t, "The sink does not answer, still waiting")
	require.Contains(t, metricsText(t, port),
		`paymentwatch_state{state="live"} 1`)
	require.Greater(t, lagOf(t, port), 4.0)
	require.Eventually(t, func() bool { return !ready() }, patience,
		patience/1000)
	require.Eventually(t, func() bool {
		return strings.Contains(p.errOut.String(), "Waiting for the sink")
	}, time.Duration(seconds)*time.Second+patience, patience/1000)
	lag := lagOf(t, port)
	require.Greater(t, lag, seconds)
	require.LessOrEqual(t, lag, time.Since(stuck).Seconds())
	require.False(t, ready())

	free()
	require.Eventually(t, func() bool {
		return lagOf(t, port) == 0 && ready()
	}, 2*time.Minute, patience/1000)
	out, status := auditOf(t, n, url)
	require.Zero(t, status, out)
	require.Regexp(t, `(?m)^ same +4 +in both`, out)
	p.interrupt()
	require.NoError(t, p.wait(t))
}

// TestSlowSinkIsToldOnce waits for a call of the sink that takes long, and for
// one that does not.
func TestSlowSinkIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := &watch{log: btclog.NewSLogger(newConsole(&out).lines(btclog.LevelInfo))}
		require.NoError(t, w.call("deliver", func() error {
			time.Sleep(slowSink - time.Millisecond)

			return nil
		}))
		require.Empty(t, out.String())

		require.ErrorIs(t, w.call("deliver", func() error {
			time.Sleep(time.Minute)

			return context.Canceled
		}), context.Canceled)
		require.NoError(t, w.call("open", func() error {
			time.Sleep(time.Minute)

			return nil
		}))
		lines := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
		require.Len(t, lines, 3)
		require.Contains(t, string(lines[0]), "still waiting")
		require.Contains(t, string(lines[0]), "call=deliver for=5s")
		require.Contains(t, string(lines[1]), "call=open for=5s")
		require.Contains(t, string(lines[2]), "The sink has answered "+
			"call=open after=1m0s")
	})
}

// TestLagIsTheAgeOfTheOldestPayment checks what the lag is in each state, and
// that it does not begin anew when the connection is lost.
func TestLagIsTheAgeOfTheOldestPayment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMetrics()
		lag := func(want time.Duration) {
			t.Helper()
			require.Equal(t, want.Seconds(), m.lag())
		}
		time.Sleep(time.Minute)
		lag(time.Minute)
		old := time.Now().Add(-time.Hour)
		m.follow(func() time.Time { return old })
		m.setPhase(watcher.CatchingUp)
		lag(time.Hour)
		m.setPhase(watcher.Live)
		lag(time.Hour)

		old = time.Time{}
		lag(0)
		old = time.Now()
		time.Sleep(time.Minute)
		lag(time.Minute)
		m.setPhase(watcher.Disconnected)
		m.follow(func() time.Time { return time.Time{} })
		time.Sleep(time.Minute)
		lag(2 * time.Minute)
	})
}

// TestOldFailuresAreNotToldOneByOne catches up with failures that have ended long
// ago, and counts them instead.
func TestOldFailuresAreNotToldOneByOne(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	for index := range uint64(5) {
		n.payments = append(n.payments, pay(index+1, failed, timeout))
	}
	p := start(t, n.flags("--sink", "sqlite:"+filepath.Join(t.TempDir(),
		"sink.db"), "--hold-failures", "1s"))
	p.errOut.await(t, "Live caught_up=5")
	n.end(pay(6, succeeded, none))
	p.errOut.await(t, "Delivered")
	require.Equal(t, 1, bytes.Count([]byte(p.errOut.String()),
		[]byte("Delivered")))
	p.interrupt()
	require.NoError(t, p.wait(t))
}
