// Package harness runs test cases on lnd's own test harness, on real nodes.
package harness

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/gotest"
	"lnd-once/internal/postgres"
	"lnd-once/internal/progress"
	"lnd-once/itest/expect"
)

const (
	// cases begins the pattern that picks test cases: all are subtests of
	// one test.
	cases = "TestLightningNetworkDaemon/.*/.*/.*/"

	// postgresPort is where the harness expects PostgreSQL.
	postgresPort = 6432

	// portFile is the file in which the harness looks for the port that it
	// used last. It counts up from there and checks each.
	portFile = "rpctest-port"
)

// Binaries are what the harness needs.
type Binaries struct {
	// Tests is the test binary, Lnd what the nodes run, Btcd the miner.
	Tests, Lnd, Btcd string
}

// Build builds the tests of one tree of a base for a chain backend, to run them on
// the lnd of another, which has all backends.
func Build(ctx context.Context, b *base.Base, log *progress.Log, tests, lnd,
	backend string) (*Binaries, error) {

	var (
		found = &Binaries{}
		err   error
	)
	if found.Lnd, err = gobuild.ItestLnd(ctx, b, log, lnd); err != nil {
		return nil, err
	}
	if found.Btcd, err = gobuild.ItestBtcd(ctx, b, log); err != nil {
		return nil, err
	}
	found.Tests, err = gobuild.Itests(ctx, b, log, tests, backend)

	return found, err
}

// Config says which test cases are run.
type Config struct {
	*Binaries

	// Store is where the nodes keep payments, as bases name it.
	Store string

	// Run and Skip are regular expressions for the names of test cases,
	// which have a _ for each blank. Skip may be empty.
	Run, Skip string

	// Timeout is how long all may take, such as 15m.
	Timeout string

	// Known is what our scenarios must find broken in this lnd: nothing if
	// it is empty.
	Known expect.Cases

	// Logs is the folder for the nodes' logs. It is made anew.
	Logs string

	// Log and Out are told what the tests print; see gotest.
	Log, Out io.Writer
}

// Run runs test cases. The harness stops at the first that fails. Nothing that
// was started survives.
func Run(ctx context.Context, cfg Config) (gotest.Verdicts, error) {
	if err := os.RemoveAll(cfg.Logs); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Logs, 0o755); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "lnd-once-harness.")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)

	// Runs at the same time each begin at a port of their own.
	port := 10000 + os.Getpid()%200*100
	err = os.WriteFile(filepath.Join(temp, portFile),
		fmt.Append(nil, port), 0o600)
	if err != nil {
		return nil, err
	}

	flags, server := database(cfg.Store)
	if server {
		s, err := postgres.Start(ctx, postgres.Config{
			Port: postgresPort, Settings: postgres.LndSettings,
			Log: filepath.Join(cfg.Logs, "postgres.log"),
		})
		if err != nil {
			return nil, err
		}
		defer s.Stop()
	}

	env, err := cfg.environment()
	if err != nil {
		return nil, err
	}

	return gotest.Run(ctx, gotest.Config{
		Dir: temp, Binary: cfg.Tests, Package: "itest",
		Log: cfg.Log, Out: cfg.Out,
		Env:  append(env, "TMPDIR="+temp),
		Args: append(cfg.arguments(), flags...),
	})
}

// arguments returns the flags of the test binary, but for the store.
func (c *Config) arguments() []string {
	args := []string{
		"-test.timeout=" + c.Timeout, "-test.run=" + cases + c.Run,
		"-logoutput", "-logdir=" + c.Logs, "-lndexec=" + c.Lnd,
		"-btcdexec=" + c.Btcd,
	}
	if c.Skip != "" {
		args = append(args, "-test.skip="+cases+c.Skip)
	}

	return args
}

// database returns the flags of the test binary for a store, and whether it needs
// a PostgreSQL server.
func database(store string) ([]string, bool) {
	kind, native := strings.CutPrefix(store, "native")
	flags := []string{"-dbbackend=" + kind}
	if native {
		flags = append(flags, "-nativesql")
	}

	return flags, kind == "postgres"
}
