// Package attack builds and runs the tests and benchmarks of the control tower
// with the lnd of a base.
package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/postgres"
	"lnd-once/internal/process"
	"lnd-once/internal/progress"
	"lnd-once/itest/tower/result"
)

const (
	// folder is where the tests are.
	folder = "itest/tower"

	// memoryFolder is the folder of all databases: whether they come
	// through a crash of the machine is not the question here.
	memoryFolder = "/dev/shm"
)

// errNoTest is the error when no test has told what it has found.
var errNoTest = errors.New("no test has run")

// Config says what is attacked.
type Config struct {
	Base *base.Base

	// Stock attacks the lnd without our series, as a control. It is
	// expected to break promises.
	Stock bool

	// Store is the kind of payments database.
	Store string

	// Out gets what the tests print, Log how far we are.
	Out io.Writer
	Log *progress.Log
}

// Build builds the tests and benchmarks with the lnd in a tree.
func Build(ctx context.Context, b *base.Base, log *progress.Log, tree,
	output string) error {

	return gobuild.TestsWith(
		ctx, b, log, tree, output, folder,
		append(slices.Clone(b.Tags), "tower")...,
	)
}

// Histories plays random histories of payments on the patched lnd. The result is
// there, too, if the error is that a promise was broken. Without a seed there is
// one by the clock.
func Histories(ctx context.Context, cfg Config, count int,
	seed uint64) (*result.Result, error) {

	return cfg.histories(ctx, "histories", "TestHistories", count, seed)
}

// DisturbedHistories plays such histories while calls to the database fail.
func DisturbedHistories(ctx context.Context, cfg Config, count int,
	seed uint64) (*result.Result, error) {

	return cfg.histories(
		ctx, "disturbed", "TestDisturbedHistories", count, seed,
	)
}

// histories plays random histories in a test.
func (c *Config) histories(ctx context.Context, what, test string, count int,
	seed uint64) (*result.Result, error) {

	switch {
	case c.Stock:
		return nil, failure.Usage("histories need a patched lnd: on " +
			"stock there are crashes alone")

	case count < 1:
		return nil, failure.Usage("%d is no number of histories", count)
	}

	return c.run(ctx, what, "-test.run", "^"+test+"$",
		"-tower.histories", strconv.Itoa(count),
		"-rapid.seed", strconv.FormatUint(seed, 10))
}

// Crashes lets the sender of payments die wherever that makes a difference, so
// many times at most. On stock, flows that outlive their time-out are what breaks
// first; that nothing is broken is an error there.
func Crashes(ctx context.Context, cfg Config, deaths int) (*result.Result,
	error) {

	if deaths < 1 || deaths > 9 {
		return nil, failure.Usage("%d is no number of crashes, there "+
			"can be 1 to 9", deaths)
	}
	args := []string{
		"-test.run", "^Test(Crash|ShardOfAnother|UnknownReason)$",
		"-tower.crashes", strconv.Itoa(deaths),
	}
	if cfg.Stock {
		args[1] = "^TestCrash$/db=/^pay$/^timeout"
		args = append(args, "-tower.breaks", "-tower.patience=2s")
	}

	return cfg.run(ctx, "crashes", args...)
}

// Faults lets calls fail that make payments or go on with them after a crash, so
// many in a payment's course at most. With deaths 0 no sender crashes besides.
// That nothing is broken on stock is an error.
func Faults(ctx context.Context, cfg Config, faults,
	deaths int) (*result.Result, error) {

	if faults < 1 || faults > 2 || deaths < 0 || deaths > 1 {
		return nil, failure.Usage("%d faults and %d crashes are not "+
			"tried, there can be 1 or 2 and up to one", faults,
			deaths)
	}
	args := []string{
		"-test.run", "^TestFault$",
		"-tower.faults", strconv.Itoa(faults),
		"-tower.crashes", strconv.Itoa(deaths),
	}
	if cfg.Stock {
		args[1] = "^TestFault$/db=/^pay$/^(fails|settles)$"
		args = append(args, "-tower.breaks", "-tower.patience=2s")
	}

	return cfg.run(ctx, "faults", args...)
}

// Benchmarks runs those that need no data set, for a few payments. It finds
// nothing, but an error if they do not run to their end.
func Benchmarks(ctx context.Context, cfg Config) error {
	binary, err := cfg.build(ctx)
	if err != nil {
		return err
	}
	onStore := "^Benchmark(Commits|Latency|Load)$/db=" + cfg.Store + "$"
	for _, run := range []struct{ pattern, count string }{
		{onStore, "3x"}, {"^Benchmark(Fanout|Stalled)$", "1001x"},
	} {
		err := inMemory(ctx, binary, cfg.Out, "-test.run", "^$",
			"-test.bench", run.pattern, "-test.benchtime", run.count)
		if err != nil {
			return fmt.Errorf("benchmarks of lnd %s failed, see "+
				"above: %w", cfg.Base.Name, err)
		}
	}

	return nil
}

// side returns the name of what is attacked, and the folder of its source.
func (c *Config) side() (string, string) {
	if c.Stock {
		return "stock", c.Base.Stock()
	}

	return "patched", c.Base.Tree()
}

// check returns an error if what is asked for cannot be done here.
func (c *Config) check() error {
	_, tree := c.side()
	if _, err := os.Stat(tree); err != nil {
		return failure.Usage("lnd %s is not staged: lnd-once stage "+
			"--base %s", c.Base.Name, c.Base.Name)
	}
	if !c.Base.HasStore(c.Store) {
		return failure.Usage("lnd %s has no store '%s'; there are: %s",
			c.Base.Name, c.Store, strings.Join(c.Base.Stores, " "))
	}
	if strings.HasSuffix(c.Store, "postgres") {
		return postgres.Available()
	}

	return nil
}

// build builds the tests, and returns the path of their program.
func (c *Config) build(ctx context.Context) (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	side, tree := c.side()
	binary := filepath.Join(c.Base.Bin(), "tower-"+side+".test")

	return binary, Build(ctx, c.Base, c.Log, tree, binary)
}

// run builds the tests and runs them with flags.
func (c *Config) run(ctx context.Context, what string,
	flags ...string) (*result.Result, error) {

	binary, err := c.build(ctx)
	if err != nil {
		return nil, err
	}

	side, _ := c.side()
	name := strings.Join([]string{what, c.Store, side}, "-")
	file := filepath.Join(c.Base.Build(), "tower", name+".json")
	flags = append(flags, "-tower.db", c.Store)
	found, err := runTests(ctx, binary, file, c.Out, flags...)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)

	case err != nil && found != nil && len(found.Violations) > 0 &&
		!c.Stock:

		first := found.Violations[0]
		err = fmt.Errorf("%s of lnd %s on %s: %d promises were "+
			"broken; the first one, in %s:\n%s\nto run it "+
			"again:\n%s", what, c.Base.Name, c.Store,
			len(found.Violations), first.Test, first.Text,
			first.Again)

	case err != nil:
		err = fmt.Errorf("%s of %s lnd %s on %s failed, see above: %w",
			what, side, c.Base.Name, c.Store, err)
	}

	return found, err
}

// runTests runs tests of a binary with databases in memory. It returns what they
// have found, nil if they have not come to tell, and whether they have failed.
func runTests(ctx context.Context, binary, file string, out io.Writer,
	flags ...string) (*result.Result, error) {

	// What an earlier run has found must not be taken for ours.
	if err := os.RemoveAll(file); err != nil {
		return nil, err
	}
	err := inMemory(ctx, binary, out, append(flags, "-tower.result", file)...)
	found, readErr := result.Read(file)
	switch {
	case err != nil:
		return found, err

	case readErr != nil:
		return nil, fmt.Errorf("%w: %w", errNoTest, readErr)
	}

	return found, nil
}

// inMemory runs a binary of tests, whose databases are in memory.
func inMemory(ctx context.Context, binary string, out io.Writer,
	flags ...string) error {

	memory, err := os.MkdirTemp(memoryFolder, "lnd-once-tower.")
	if err != nil {
		return failure.Usage("%s is needed for databases in memory: %w",
			memoryFolder, err)
	}
	defer os.RemoveAll(memory)

	// The user of a PostgreSQL server has to reach its folder.
	if err := os.Chmod(memory, 0711); err != nil {
		return err
	}

	return process.Run(ctx, process.Config{
		Path:   binary,
		Args:   append([]string{"-test.timeout", "0"}, flags...),
		Env:    append(os.Environ(), "TMPDIR="+memory),
		Stdout: out, Stderr: out,
	})
}
