// Package nodes tests real nodes, those of a base, stock and patched, with
// clients of our own: paymentwatch, the program, and clients that audit every
// outcome, send nonsense or vanish. The tests are in its test files, behind the
// build tag nodes; Run builds and runs them.
//
// The tests are built as an ordinary part of this module, and so is the
// program: lnd's RPC messages are the same on the wire for all versions, so one
// build drives the nodes of every base, and what it needs of lnd has been
// compiled for the other packages already.
package nodes

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
	"lnd-once/internal/staging"
)

const (
	// Tag is the build tag of the tests.
	Tag = "nodes,kvdb_sqlite"

	// MovingUp is the test that needs the older bases, too, and ClockBack
	// the one that needs an lnd with a clock of its own.
	MovingUp  = "TestMovingUp"
	ClockBack = "TestOutcomesClockBack"

	// clockProgram is the name of that lnd's program.
	clockProgram = "lnd-clock"

	// timeout is how long all tests together may take, but for a soak.
	timeout = 90 * time.Minute
)

// Config says what is tested.
type Config struct {
	// Base is the base whose nodes are tested.
	Base *base.Base

	// Case is a regular expression that picks tests by their names.
	Case string

	// Kills is how often to kill the node, and the monitors, on each side,
	// or to attack the node's database.
	Kills int

	// Seed makes the random choices those of an earlier run. Without one
	// they are new.
	Seed uint64

	// History is how many payments there are to catch up with. Without any,
	// the rate of that is not measured.
	History int

	// Soak is how long a node is soaked. Without any it is not.
	Soak time.Duration

	// Store is the database of the node in the tests that let one choose.
	Store string

	// Progress tells the user how far we are. Out is told what the tests
	// have found, in words, and what those say that failed, Log all that
	// they say; both may be nil.
	Progress *progress.Log
	Out, Log io.Writer
}

// Report is what tests have shown.
type Report struct {
	// Found is what those that attack a node have found.
	Found []Found

	// Verdicts say what became of each.
	Verdicts gotest.Verdicts
}

// Run builds what the tests need and runs those that are picked. It returns what
// they have shown, and an error as well if one has failed.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	binary, err := build(ctx, cfg.Base, cfg.Progress)
	if err != nil {
		return nil, err
	}
	moves, err := regexp.MatchString(cfg.Case, MovingUp)
	if err != nil {
		return nil, failure.Usage("-case: %w", err)
	}
	if moves {
		if err := buildOlder(ctx, cfg.Base, cfg.Progress); err != nil {
			return nil, err
		}
	}

	if cfg.clock() {
		err := gobuild.LndWithClock(
			ctx, cfg.Base, cfg.Progress, cfg.Base.Tree(),
			filepath.Join(cfg.Base.Bin(), clockProgram),
		)
		if err != nil {
			return nil, err
		}
	}

	cfg.Progress.Say("testing the nodes of %s", cfg.Base.Name)
	verdicts, err := gotest.Run(ctx, gotest.Config{
		Dir: cfg.Base.Root, Binary: binary,
		Package: "lnd-once/itest/nodes", Args: cfg.flags(),
		Out: cfg.Out, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	report := &Report{Verdicts: verdicts}
	report.Found, err = readFound(resultsDir(cfg.Base))
	if err != nil {
		return nil, err
	}
	words, err := readWords(resultsDir(cfg.Base))
	if err != nil {
		return nil, err
	}
	if cfg.Out != nil {
		fmt.Fprint(cfg.Out, words)
	}

	switch {
	case len(verdicts.Of(gotest.Failed)) > 0:
		return report, fmt.Errorf("the nodes of %s have failed; their "+
			"logs are in %s", cfg.Base.Name, Dir(cfg.Base))

	case len(verdicts.Of(gotest.Passed)) == 0:
		return nil, failure.Usage("no test of nodes matches '%s', or "+
			"all of them were skipped", cfg.Case)
	}

	return report, nil
}

// check returns an error if the tests cannot do what they are asked to.
func (c *Config) check() error {
	switch {
	case c.Kills <= 0:
		return failure.Usage("%d kills would test nothing", c.Kills)

	case c.History < 0:
		return failure.Usage("there cannot be %d payments of history",
			c.History)

	case c.Soak < 0:
		return failure.Usage("a node cannot be soaked for %v", c.Soak)

	case !c.Base.HasStore(c.Store):
		return failure.Usage("lnd %s has no store '%s'; it has %v",
			c.Base.Name, c.Store, c.Base.Stores)
	}

	return nil
}

// clock tells whether an lnd with a clock of its own is needed. It takes long to
// build, so one has to name the test.
func (c *Config) clock() bool {
	return strings.HasPrefix(c.Case, ClockBack)
}

// flags returns the flags of the test binary.
func (c *Config) flags() []string {
	return []string{
		"-test.timeout", (timeout + c.Soak).String(),
		"-test.run", c.Case, "-soak", c.Soak.String(),
		"-base", c.Base.Name, "-db", c.Store,
		"-kills", strconv.Itoa(c.Kills),
		"-seed", strconv.FormatUint(c.Seed, 10),
		"-history", strconv.Itoa(c.History),
		"-clock=" + strconv.FormatBool(c.clock()),
	}
}

// Older returns the bases of versions before that of a base, the oldest first.
func Older(b *base.Base) ([]*base.Base, error) {
	all, err := base.All(b.Root)

	return slices.DeleteFunc(all, func(other *base.Base) bool {
		return semver.Compare(other.Version, b.Version) >= 0
	}), err
}

// buildOlder builds both sides of all older bases.
func buildOlder(ctx context.Context, b *base.Base, log *progress.Log) error {
	bases, err := Older(b)
	if err != nil {
		return err
	}
	for _, old := range bases {
		if err := staging.Stage(ctx, old, log); err != nil {
			return err
		}
		_, err := gobuild.Lnd(ctx, old, log, old.Tree(), "lnd")
		if err != nil {
			return err
		}
		if _, err := gobuild.Stock(ctx, old, log); err != nil {
			return err
		}
	}

	return nil
}

// build builds all programs that the tests run, and the tests.
func build(ctx context.Context, b *base.Base, log *progress.Log) (string,
	error) {

	_, err := gobuild.Lnd(ctx, b, log, b.Tree(), "lnd", "lncli")
	if err != nil {
		return "", err
	}
	if _, err := gobuild.Stock(ctx, b, log); err != nil {
		return "", err
	}
	if err := buildPeer(ctx, b.Root, log); err != nil {
		return "", err
	}
	if _, err := gobuild.Btcd(ctx, b, log); err != nil {
		return "", err
	}
	err = gobuild.Build(ctx, log, gobuild.Job{
		Dir: b.Root, Package: "./cmd/paymentwatch",
		Output: filepath.Join(b.Bin(), "paymentwatch"),
	})
	if err != nil {
		return "", err
	}

	binary := filepath.Join(b.Bin(), "nodes.test")

	return binary, gobuild.Build(ctx, log, gobuild.Job{
		Dir: b.Root, Package: "./itest/nodes", Output: binary,
		Test: true, Tags: Tag,
	})
}
