package postgres

import (
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"lnd-once/internal/failure"
)

// start starts a server that ends with the test.
func start(t *testing.T, cfg Config) *Server {
	t.Helper()

	if err := Available(); err != nil {
		t.Skip(err)
	}
	server, err := Start(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(server.Stop)

	return server
}

// setting returns what a server says about one of its settings.
func setting(t *testing.T, url, name string) string {
	t.Helper()

	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	defer db.Close()

	var value string
	require.NoError(t, db.QueryRow("SHOW "+name).Scan(&value))

	return value
}

// TestServerOfLnd checks that a server has the settings that it was given, that
// it is gone with its data once it was stopped, that it says where it listens,
// and that its log is kept.
func TestServerOfLnd(t *testing.T) {
	t.Parallel()

	dir, err := os.MkdirTemp("", "servers")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	log := filepath.Join(t.TempDir(), "log")
	server := start(t, Config{Dir: dir, Log: log, Settings: LndSettings})

	url := server.URL("postgres")
	require.Equal(t, "1500", setting(t, url, "max_connections"))
	require.Equal(t, "off", setting(t, url, "enable_seqscan"))

	server.Stop()
	require.Empty(t, entries(t, dir))
	require.FileExists(t, log)
	_, err = net.Dial("tcp", server.address())
	require.Error(t, err)
	server.Stop()
}

// TestRestartKeepsDataAndPort checks that what was stored is there again.
func TestRestartKeepsDataAndPort(t *testing.T) {
	t.Parallel()

	server := start(t, Config{})
	before := server.URL("postgres")
	db, err := sql.Open("pgx", before)
	require.NoError(t, err)
	_, err = db.Exec("ALTER SYSTEM SET work_mem = '5MB'")
	require.NoError(t, err)
	require.NoError(t, db.Close())

	require.NoError(t, server.Restart(context.Background()))
	require.Equal(t, before, server.URL("postgres"))
	require.Equal(t, "5MB", setting(t, before, "work_mem"))
}

// TestPauseAndResume checks that a server that is paused answers neither old clients
// nor new ones until it goes on, and that it can be stopped.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()

	server := start(t, Config{})
	db, err := sql.Open("pgx", server.URL("postgres"))
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Ping())

	require.NoError(t, server.Pause())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, db.PingContext(ctx), context.DeadlineExceeded)
	ctx, cancel = context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, db.PingContext(ctx), context.DeadlineExceeded)
	require.NoError(t, server.Resume())
	require.NoError(t, db.Ping())

	require.NoError(t, server.Pause())
	server.Stop()
	require.Error(t, db.Ping())
}

// TestHaltKeepsWhatIsCommitted checks that a server that was halted is away and
// that it is back with what was committed, for clients who were there before.
func TestHaltKeepsWhatIsCommitted(t *testing.T) {
	t.Parallel()

	server := start(t, Config{Settings: []string{"fsync=off"}})
	db, err := sql.Open("pgx", server.URL("postgres"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec("CREATE TABLE kept AS SELECT 7 AS number")
	require.NoError(t, err)

	server.Halt()
	require.Error(t, db.Ping())

	require.NoError(t, server.Revive(context.Background()))
	var number int
	err = db.QueryRow("SELECT number FROM kept").Scan(&number)
	require.NoError(t, err)
	require.Equal(t, 7, number)
}

// TestPortInUse checks that nobody's port is taken over, and that nothing is
// left of the server that was to have it.
func TestPortInUse(t *testing.T) {
	t.Parallel()

	dir, err := os.MkdirTemp("", "servers")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	server := start(t, Config{})
	_, err = Start(context.Background(), Config{
		Dir: dir, Port: server.cfg.Port,
	})
	require.ErrorContains(t, err, "in use")
	require.Equal(t, 2, failure.Exit(err))
	require.Empty(t, entries(t, dir))
}

// TestWrongSetting checks that the words of a server that does not start are
// told.
func TestWrongSetting(t *testing.T) {
	t.Parallel()

	if err := Available(); err != nil {
		t.Skip(err)
	}
	_, err := Start(context.Background(), Config{
		Settings: []string{"no_such_setting=1"},
	})
	require.ErrorContains(t, err, "no_such_setting")
}

// entries returns what is in a folder.
func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()

	found, err := os.ReadDir(dir)
	require.NoError(t, err)

	return found
}

// TestAvailableSaysWhatIsMissing checks that without PostgreSQL one learns what
// to install.
func TestAvailableSaysWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := Available()
	require.ErrorContains(t, err, "pg_config")
	require.ErrorContains(t, err, "apt-get install")
	require.Equal(t, 2, failure.Exit(err))
}
