//go:build nodes

package nodes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lnd-once/internal/process"
	"lnd-once/itest/regtest"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

// liveTimeout is how long a monitor may take to be live. Its longest pause
// between two attempts to connect is 30 seconds.
const liveTimeout = 90 * time.Second

// monitor is a paymentwatch that can be stopped, killed and started again.
type monitor struct {
	// name is the kind of sink, and which node it watches unless that is
	// the sender.
	name string

	// node is the node that it watches.
	node *regtest.Node

	// db reads what the monitor has written, and others with it.
	db *sql.DB

	binary, log, metrics, sinkURL string
	args                          []string
	program                       *process.Process
}

// startMonitors starts a monitor of the sender for each sink there is.
func startMonitors(t *testing.T, net *regtest.Network, dir string,
	args ...string) []*monitor {

	t.Helper()

	var monitors []*monitor
	for _, name := range []string{"sqlite", "postgres"} {
		if name == "postgres" && server == nil {
			continue
		}
		m := newMonitor(t, net, dir, name, args...)
		monitors = append(monitors, m)
		m.start(t)
	}
	for _, m := range monitors {
		m.waitLive(t)
	}

	return monitors
}

// newMonitor prepares a monitor of the sender. Its sink is empty.
func newMonitor(t *testing.T, net *regtest.Network, dir, name string,
	args ...string) *monitor {

	t.Helper()

	driver, source, sinkURL := database(t, dir, name)
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })

	return newMonitorOf(t, net.Sender, dir, name, sinkURL, db, args...)
}

// newMonitorOf prepares a monitor of a node that delivers to a sink, of which db
// tells what has come there.
func newMonitorOf(t *testing.T, node *regtest.Node, dir, name, sinkURL string,
	db *sql.DB, args ...string) *monitor {

	t.Helper()

	address, err := regtest.FreeAddress()
	require.NoError(t, err)
	m := &monitor{
		name: name, node: node, db: db,
		binary:  programPath("paymentwatch"),
		log:     filepath.Join(dir, "paymentwatch-"+name+".log"),
		metrics: address, sinkURL: sinkURL,
		args: append([]string{
			"--rpcserver=" + node.RPCAddr, "--lnddir=" + node.Dir,
			"--network=regtest", "--metrics=" + address,
			"--sink=" + sinkURL,
		}, args...),
	}
	t.Cleanup(func() {
		if m.program != nil {
			m.program.Stop()
		}
	})

	return m
}

// database returns the driver and the source of a new database, and its URL as
// a sink. One of SQLite is a file in the folder, one of PostgreSQL a schema
// that is named after the test.
func database(t *testing.T, dir, name string) (string, string, string) {
	t.Helper()

	if name == "sqlite" {
		return "sqlite", sqliteFile(dir, "paymentwatch"), "sqlite:" +
			filepath.Join(dir, "paymentwatch.db")
	}

	schema := newSchema(t, t.Name())
	sinkURL := server.URL("postgres") + "&search_path=" +
		url.QueryEscape(schema)

	return "pgx", sinkURL, sinkURL
}

// sqliteFile returns the source of an SQLite file. Who finds it locked waits.
func sqliteFile(dir, name string) string {
	return "file:" + filepath.Join(dir, name+".db") +
		"?_pragma=busy_timeout(10000)"
}

// newSchema creates an empty schema with a name that needs no quotes.
func newSchema(t *testing.T, name string) string {
	t.Helper()

	name = schemaName(name)
	db, err := sql.Open("pgx", server.URL("postgres"))
	require.NoError(t, err)
	defer db.Close()
	for _, statement := range []string{
		"DROP SCHEMA IF EXISTS " + name + " CASCADE",
		"CREATE SCHEMA " + name,
	} {
		_, err = db.Exec(statement)
		require.NoError(t, err)
	}

	return name
}

// schemaName turns the name of a test into one that SQL needs no quotes for.
func schemaName(name string) string {
	return strings.ToLower(
		strings.NewReplacer("/", "_", " ", "_").Replace(name),
	)
}

// start starts the monitor.
func (m *monitor) start(t *testing.T) {
	t.Helper()

	var err error
	m.program, err = process.Start(context.Background(), process.Config{
		Name: "paymentwatch " + m.name, Path: m.binary, Args: m.args,
		Log: m.log,
	})
	require.NoError(t, err)
}

// stop stops the monitor in order.
func (m *monitor) stop() {
	m.program.Stop()
}

// kill kills the monitor.
func (m *monitor) kill() {
	m.program.Kill()
}

// waitLive waits until the monitor says that it is live.
func (m *monitor) waitLive(t *testing.T) {
	t.Helper()

	eventually(t, liveTimeout, m.name+" to be live", func() error {
		m.requireAlive(t)

		return m.live()
	})
}

// requireAlive fails the test if the monitor has ended by itself, which nothing
// that a node does may cause.
func (m *monitor) requireAlive(t *testing.T) {
	t.Helper()
	require.NoError(t, m.program.Alive())
}

// live returns an error if the monitor is not live, by its own metrics.
func (m *monitor) live() error {
	resp, err := http.Get("http://" + m.metrics + "/metrics")
	if err != nil {
		return err
	}
	defer resp.Body.Close()

	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !strings.Contains(
		string(body), "paymentwatch_state{state=\"live\"} 1\n",
	) {

		return errors.New("it is not live")
	}

	return nil
}

// memory returns the most memory that the monitor has had so far, in bytes.
func (m *monitor) memory(t *testing.T) int {
	t.Helper()

	status, err := os.ReadFile(
		fmt.Sprintf("/proc/%d/status", m.program.Pid()),
	)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(status), "VmHWM:")
	require.True(t, ok, "the system does not tell the memory")

	var kilobytes int
	_, err = fmt.Sscan(rest, &kilobytes)
	require.NoError(t, err)

	return kilobytes << 10
}
