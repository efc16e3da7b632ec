package suites

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/lndtest"
	"lnd-once/internal/progress"
)

// unitFolders are the folders of lnd that a payment passes through, besides the
// top one. Not every lnd has all of them.
var unitFolders = []string{
	"routing", "channeldb", "payments", "lnrpc/routerrpc", "htlcswitch",
}

// Units are the unit tests of the packages that a payment passes through.
type Units struct {
	// Base is whose tests are run.
	Base *base.Base

	// Folders, if there are any, are the folders in lnd whose tests are run,
	// without those below them. Otherwise these are all of the packages.
	Folders []string

	// Overlay, if it is set, is a file for go's -overlay on the patched side.
	Overlay string

	// Log is told all that the tests print, Progress how far they are.
	Log      io.Writer
	Progress *progress.Log
}

// All runs all unit tests. Where a store of payments has tests for its tables in
// SQLite, these run as well.
func (u *Units) All(ctx context.Context, side string) ([]Tried, error) {
	tree := Tree(u.Base, side)
	packages := u.packages(tree)
	withSQL, err := lndtest.WithSQL(tree, packages)
	if err != nil {
		return nil, err
	}

	tests, err := u.run(ctx, side, "", packages...)
	if err != nil || len(withSQL) == 0 {
		return tests, err
	}
	more, err := u.run(ctx, side, lndtest.SQLTag, withSQL...)

	return append(tests, more...), err
}

// packages returns the packages in a tree whose tests are run, as go names them.
func (u *Units) packages(tree string) []string {
	var packages []string
	for _, folder := range u.Folders {
		packages = append(packages, "./"+folder)
	}
	if len(packages) > 0 {
		return packages
	}

	packages = []string{"."}
	for _, folder := range unitFolders {
		_, err := os.Stat(filepath.Join(tree, folder))
		if err == nil {
			packages = append(packages, "./"+folder+"/...")
		}
	}

	return packages
}

// Alone runs a test by itself.
func (u *Units) Alone(ctx context.Context, side string, test Tried) ([]Tried,
	error) {

	top, _, _ := strings.Cut(test.Test, "/")
	pattern := "^" + regexp.QuoteMeta(top) + "$"
	if top == "" {
		pattern = "."
	}

	return u.run(ctx, side, test.Tag, "-run", pattern, test.Package)
}

// run runs tests with a tag.
func (u *Units) run(ctx context.Context, side, tag string,
	args ...string) ([]Tried, error) {

	u.Progress.Say("unit tests on %s: %s %s", side,
		strings.Join(args, " "), tag)
	if u.Overlay != "" && side == Patched {
		args = append([]string{"-overlay", u.Overlay}, args...)
	}
	verdicts, err := lndtest.Run(ctx, lndtest.Config{
		Tree: Tree(u.Base, side), Tag: tag, Log: u.Log,
		Args: append([]string{
			"-vet=off", "-count=1", "-timeout=40m",
		}, args...),
	})
	if err != nil {
		return nil, err
	}

	tried := make([]Tried, 0, len(verdicts))
	for _, v := range verdicts {
		tried = append(tried, Tried{Verdict: v, Tag: tag})
	}

	return tried, nil
}
