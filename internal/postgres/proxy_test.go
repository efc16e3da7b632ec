package postgres

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestProxyFailsCommits checks that a commit which is cut happens or not as was
// asked for, that no other one fails, and that the next connection works.
func TestProxyFailsCommits(t *testing.T) {
	t.Parallel()

	server := start(t, Config{})
	proxy, err := NewProxy(server, "chosen")
	require.NoError(t, err)
	t.Cleanup(proxy.Close)
	db, err := sql.Open("pgx", proxy.URL("postgres"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("CREATE TABLE rows (what text)")
	require.NoError(t, err)

	// add adds a row in a transaction of its own.
	add := func(what string) error {
		tx, err := db.Begin()
		require.NoError(t, err)
		_, err = tx.Exec("INSERT INTO rows VALUES ($1)", what)
		require.NoError(t, err)

		return tx.Commit()
	}
	has := func(what string) bool {
		var count int
		err := db.QueryRow("SELECT count(*) FROM rows WHERE what = $1",
			what).Scan(&count)
		require.NoError(t, err)

		return count > 0
	}
	closed := func(done <-chan struct{}) bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}

	for _, tc := range []struct {
		cut     Cut
		what    string
		happens bool
	}{
		{BeforeCommit, "chosen and lost", false},
		{AfterCommit, "chosen and kept", true},
	} {
		done := proxy.Order(tc.cut, false)
		require.NoError(t, add("another"))
		require.False(t, closed(done))
		require.Error(t, add(tc.what))
		require.True(t, closed(done))
		require.Equal(t, tc.happens, has(tc.what))
		require.NoError(t, add("chosen"))
	}

	require.False(t, closed(proxy.Order(DuringCommit, true)))
	require.Error(t, add("any"))

	proxy.Order(SlowCommit, true)
	begin := time.Now()
	require.NoError(t, add("slow"))
	require.GreaterOrEqual(t, time.Since(begin), slow)
	require.True(t, has("slow"))

	// A statement that was prepared before counts as well.
	prepared, err := db.Prepare("INSERT INTO rows VALUES ('chosen')")
	require.NoError(t, err)
	defer prepared.Close()
	done := proxy.Order(BeforeCommit, false)
	tx, err := db.Begin()
	require.NoError(t, err)
	_, err = tx.Stmt(prepared).Exec()
	require.NoError(t, err)
	require.Error(t, tx.Commit())
	require.True(t, closed(done))

	proxy.Away(true)
	require.Error(t, db.Ping())
	proxy.Away(false)
	require.NoError(t, db.Ping())
}
