//go:build nodes

package nodes

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/postgres"
	"lnd-once/itest/regtest"

	"github.com/stretchr/testify/require"
)

var (
	// baseName says whose nodes are tested, and lndBase is that base.
	baseName = flag.String("base", "", "lnd version, a folder of patches/")
	lndBase  *base.Base

	// kills is how often TestWatchKilled kills the node, and the monitors.
	kills = flag.Int("kills", 30, "how many times to kill the node, and "+
		"the monitors, at least, or to attack its database")

	// seed makes the random choices of a run those of an earlier one. What
	// the nodes do meanwhile is not repeated by it.
	seed = flag.Uint64("seed", 0, "seed of the random choices; 0 for one "+
		"that is new every time")

	// history is how many payments TestWatchHistory has to catch up with.
	history = flag.Int("history", 0, "how many payments of history to "+
		"catch up with; 0 skips that test")

	// soak is how long TestSoak soaks a node.
	soak = flag.Duration("soak", 0, "how long to soak a node; 0 skips "+
		"that test")

	// server is the PostgreSQL of the tests, nil if there is none.
	server *postgres.Server
)

// TestMain starts the PostgreSQL server that the tests share. Without one they
// have nothing but SQLite, and say so.
func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}

	err := findBase()
	if err == nil {
		err = startServer()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}

	// What a test has started ends with us, but for what the server has
	// on the disk.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stop
		end(1)
	}()

	end(m.Run())
}

// findBase finds the base that the flag names, and has its folder of results to
// ourselves, empty.
func findBase() error {
	root, err := base.Root()
	if err != nil {
		return err
	}
	if lndBase, err = base.Load(root, *baseName); err != nil {
		return err
	}

	// The lock is gone when we are.
	if _, err := regtest.Lock(Dir(lndBase)); err != nil {
		return err
	}
	if err := os.RemoveAll(resultsDir(lndBase)); err != nil {
		return err
	}

	return os.Mkdir(resultsDir(lndBase), 0o755)
}

// startServer starts PostgreSQL, if there is one here.
func startServer() error {
	if err := postgres.Available(); err != nil {
		fmt.Printf("NOT TESTED with PostgreSQL: %v\n", err)

		return nil
	}

	// What is lost with the machine's power is no loss here.
	var err error
	server, err = postgres.Start(context.Background(), postgres.Config{
		Settings: []string{"fsync=off"},
	})

	return err
}

// end stops the server that the tests share, and exits.
func end(code int) {
	if server != nil {
		server.Stop()
	}
	os.Exit(code)
}

// programPath returns the path of a program that the tests need. One of another
// base has a path already.
func programPath(name string) string {
	if filepath.IsAbs(name) {
		return name
	}

	return filepath.Join(lndBase.Bin(), name)
}

// workDir returns the folder of a test. It stays for the logs in it.
func workDir(t *testing.T) string {
	t.Helper()

	dir := filepath.Join(Dir(lndBase), t.Name())
	t.Logf("logs: %s", filepath.Join(dir, "*.log"))

	return dir
}

// writeResult writes down what a test that began at some time has found.
func writeResult(t *testing.T, begin time.Time, found Found) {
	t.Helper()

	found.Seconds = time.Since(begin).Seconds()
	text, err := json.MarshalIndent(found, "", "\t")
	require.NoError(t, err)
	leave(t, ".json", string(text))
}

// leave leaves a file of a test for whoever has started us.
func leave(t *testing.T, ending, text string) {
	t.Helper()

	t.Log(text)
	require.NoError(t, os.WriteFile(filepath.Join(
		resultsDir(lndBase), url.PathEscape(t.Name())+ending,
	), []byte(text), 0o644))
}

// startNetwork starts a network whose sender runs the given lnd, with flags
// beside the usual ones. The recipient is stock all the time.
func startNetwork(t *testing.T, dir, lnd string,
	flags ...string) *regtest.Network {

	t.Helper()

	return start(t, regtest.Config{
		Dir: dir, Sender: programPath(lnd), SenderFlags: flags,
		Recipient: programPath("lnd-stock"),
	})
}

// start starts a network, given all but what is the same in all tests.
func start(t *testing.T, cfg regtest.Config) *regtest.Network {
	t.Helper()

	cfg.Btcd = programPath("btcd")
	cfg.Log = func(step string) { t.Log(step) }
	net, err := regtest.Start(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(net.Stop)

	return net
}

// peerProgram returns the path of the lnd that the sender's peers run where they,
// or it, are killed.
func peerProgram(t *testing.T) string {
	t.Helper()

	b, err := peerBase(lndBase.Root)
	require.NoError(t, err)

	return filepath.Join(b.Bin(), peerName)
}

// eventually waits until a condition holds. It fails the test with the last
// error of the condition if that takes too long.
func eventually(t *testing.T, limit time.Duration, what string,
	condition func() error) {

	t.Helper()

	for end := time.Now().Add(limit); ; time.Sleep(pollInterval) {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s: %v", limit, what, err)
		}
	}
}

// within returns whether a condition holds before a time is over.
func within(limit time.Duration, condition func() error) bool {
	for end := time.Now().Add(limit); condition() != nil; {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(pollInterval)
	}

	return true
}

// pollInterval is the time between two looks at a condition.
const pollInterval = 50 * time.Millisecond
