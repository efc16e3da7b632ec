package undo

import (
	"context"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/internal/harness"
	"lnd-once/internal/progress"
	"lnd-once/itest/expect"
)

// OnHarness returns a function that tries test cases of lnd's harness. They run
// on stock, which has violations that our scenarios must find: with nothing
// undone they do, and so they pass.
func OnHarness(b *base.Base, log io.Writer) Try {
	return func(ctx context.Context, tree, name string,
		tests []string) ([]Tried, error) {

		binaries, err := harness.Build(
			ctx, b, progress.New(log, "undo"), tree, b.Stock(),
			harness.Btcd,
		)
		if err != nil {
			return all(tests, name, Unbuilt), ctx.Err()
		}
		known, err := expect.Load(b)
		if err != nil {
			return nil, err
		}
		verdicts, err := harness.Run(ctx, harness.Config{
			Binaries: binaries, Store: "bbolt", Log: log,
			Known:   known,
			Run:     "^(" + strings.Join(tests, "|") + ")$",
			Timeout: "15m",
			Logs:    filepath.Join(filepath.Dir(tree), "nodes"),
		})
		if err != nil {
			return nil, err
		}

		return judgeCases(verdicts, name, tests), nil
	}
}

// all returns the same verdict on all tests.
func all(tests []string, name string, verdict Verdict) []Tried {
	tried := make([]Tried, 0, len(tests))
	for _, test := range tests {
		tried = append(tried, Tried{test, name, verdict})
	}

	return tried
}

// judgeCases returns what became of test cases. One that lnd does not know of,
// when nothing else is wrong, has failed: so it is noticed that it is missing.
func judgeCases(verdicts gotest.Verdicts, name string,
	tests []string) []Tried {

	var tried []Tried
	for _, test := range tests {
		verdict := Judge(ofCase(verdicts, test))
		if verdict == Absent && len(verdicts.Of(gotest.Failed)) == 0 {
			verdict = Failed
		}
		tried = append(tried, Tried{test, name, verdict})
	}

	return tried
}

// ofCase returns the verdicts on a test case, which a regular expression names.
func ofCase(verdicts gotest.Verdicts, test string) gotest.Verdicts {
	pattern := regexp.MustCompile("/" + test + "(/|$)")

	return slices.DeleteFunc(slices.Clone(verdicts),
		func(v gotest.Verdict) bool {
			return !pattern.MatchString(v.Test)
		})
}
