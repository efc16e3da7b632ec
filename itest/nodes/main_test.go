//go:build nodes

// Package nodetest holds the tests on real nodes, those of a base, stock and
// patched, whose clients are our own: paymentwatch, the program, and clients
// that audit every outcome, send nonsense or vanish. "make watch-test" runs those
// of paymentwatch, "make test" a short form of them, and "make prove" the others;
// see run.sh.
//
// The tests are built as an ordinary part of this module, and so is the
// program: lnd's RPC messages are the same on the wire for all versions, so one
// build drives the nodes of every base, and what it needs of lnd has been
// compiled for the other packages already.
package nodetest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"lnd-once/internal/postgres"
	"lnd-once/itest/regtest"

	"github.com/stretchr/testify/require"
)

// binFolder is the variable that names the folder with lnd, lnd-stock, btcd and
// paymentwatch.
const binFolder = "LND_ONCE_BIN"

var (
	// kills is how often TestWatchKilled kills the node, and the monitors.
	kills = flag.Int("kills", 30, "how many times to kill the node, and "+
		"the monitors, at least")

	// seed makes the random choices of a run those of an earlier one. What
	// the nodes do meanwhile is not repeated by it.
	seed = flag.Uint64("seed", 0, "seed of the random choices; 0 for one "+
		"that is new every time")

	// history is how many payments TestWatchHistory has to catch up with.
	history = flag.Int("history", 0, "how many payments of history to "+
		"catch up with; 0 skips that test")

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

	if err := postgres.Available(); err != nil {
		fmt.Printf("NOT TESTED with PostgreSQL: %v\n", err)
	} else {
		// What is lost with the machine's power is no loss here.
		server, err = postgres.Start(
			context.Background(), postgres.Config{
				Settings: []string{"fsync=off"},
			},
		)
		if err != nil {
			fmt.Printf("%v\n", err)
			os.Exit(1)
		}
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

// end stops the server that the tests share, and exits.
func end(code int) {
	if server != nil {
		server.Stop()
	}
	os.Exit(code)
}

// programPath returns the path of a program that the tests need.
func programPath(t *testing.T, name string) string {
	t.Helper()

	folder := os.Getenv(binFolder)
	if folder == "" {
		t.Fatalf("%s must name the folder with lnd, lnd-stock, btcd "+
			"and paymentwatch",
			binFolder)
	}
	path, err := filepath.Abs(filepath.Join(folder, name))
	require.NoError(t, err)

	return path
}

// workDir returns the folder of a test, beside the programs. It stays for the
// logs in it.
func workDir(t *testing.T) string {
	t.Helper()

	dir := filepath.Join(programPath(t, ".."), "watch", t.Name())
	t.Logf("logs: %s", filepath.Join(dir, "*.log"))

	return dir
}

// startNetwork starts a network whose sender runs the given lnd, with flags
// beside the usual ones. The recipient is stock all the time.
func startNetwork(t *testing.T, dir, lnd string,
	flags ...string) *regtest.Network {

	t.Helper()

	net, err := regtest.Start(context.Background(), regtest.Config{
		Dir:         dir,
		Btcd:        programPath(t, "btcd"),
		Sender:      programPath(t, lnd),
		SenderFlags: flags,
		Recipient:   programPath(t, "lnd-stock"),
		Log:         func(step string) { t.Log(step) },
	})
	require.NoError(t, err)
	t.Cleanup(net.Stop)

	return net
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
