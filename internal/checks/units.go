package checks

import (
	"context"
	"errors"
	"io"
	"slices"

	"lnd-once/internal/base"
	"lnd-once/internal/lndtest"
)

const (
	// lndSwitch is lnd's package with the switch. All of its tests take
	// minutes, so that only those are run that are about what a series
	// changes there.
	lndSwitch = "./htlcswitch"

	// switchTests are those tests.
	switchTests = "Circuit|GetAttemptResult|Local|Restart"
)

// units are the unit tests of lnd that are about what a series changes.
type units struct {
	// race has the race detector watch them, for which all of lnd is
	// compiled once more.
	race bool
}

// testTouched runs the unit tests of the packages that the series changes, but
// for the switch.
func (u units) testTouched(ctx context.Context, b *base.Base,
	out io.Writer) (Tally, error) {

	packages, err := touched(ctx, b)
	if err != nil {
		return Tally{}, err
	}

	return u.test(ctx, b, "", out, packages...)
}

// testNative runs those of them that test tables in SQLite.
func (u units) testNative(ctx context.Context, b *base.Base,
	out io.Writer) (Tally, error) {

	packages, err := touched(ctx, b)
	if err != nil {
		return Tally{}, err
	}
	packages, err = lndtest.WithSQL(b.Tree(), packages)
	if err != nil {
		return Tally{}, err
	}
	if len(packages) == 0 {
		return Tally{}, errors.New("the series changes no package " +
			"with tests of native SQL, although this lnd has it")
	}

	return u.test(ctx, b, lndtest.SQLTag, out, packages...)
}

// testSwitch runs the unit tests of the switch that are about what the series
// changes there.
func (u units) testSwitch(ctx context.Context, b *base.Base,
	out io.Writer) (Tally, error) {

	return u.test(ctx, b, "", out, "-run", switchTests, lndSwitch)
}

// touched returns the packages that the series changes, but for the switch.
func touched(ctx context.Context, b *base.Base) ([]string, error) {
	packages, err := lndtest.Touched(ctx, b.Tree())
	if err != nil {
		return nil, err
	}
	packages = slices.DeleteFunc(packages, func(name string) bool {
		return name == lndSwitch
	})
	if len(packages) == 0 {
		return nil, errors.New("the series changes no package of lnd")
	}

	return packages, nil
}

// test runs unit tests with a tag.
func (u units) test(ctx context.Context, b *base.Base, tag string,
	out io.Writer, args ...string) (Tally, error) {

	env := []string{"CGO_ENABLED=0"}
	if u.race {
		env = []string{raceNeeds}
		args = append([]string{"-race"}, args...)
	}
	verdicts, err := lndtest.Run(ctx, lndtest.Config{
		Tree: b.Tree(), Tag: tag, Env: env, Out: out,
		Args: append([]string{"-timeout=30m"}, args...),
	})

	return Count(verdicts), err
}
