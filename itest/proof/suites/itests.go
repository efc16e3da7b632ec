package suites

import (
	"context"
	"errors"
	"strings"

	"lnd-once/internal/gotest"
	"lnd-once/internal/progress"
)

const (
	// paymentCases matches the names of lnd's integration tests of payments.
	paymentCases = "payment|invoice|amp|keysend|send_?to_?route|blind|" +
		"switch|htlc_path|htlc_error|query_?routes|route_fee|" +
		"private_channels"

	// ourCases matches those of our scenarios, which are run elsewhere.
	ourCases = "^payment_outcome"

	// caseDepth is where, in the name of a test of lnd's harness, the name
	// of the test case stands.
	caseDepth = 4
)

// Harness runs, in the lnd of a side, the test cases of lnd's harness whose
// names match the one and not the other regular expression. It stops at the
// first that fails.
type Harness func(ctx context.Context, side, run, skip string) (gotest.Verdicts,
	error)

// Itests are lnd's integration tests of payments.
type Itests struct {
	// Harness runs them.
	Harness Harness

	// Progress tells how far they are.
	Progress *progress.Log
}

// All runs all integration tests. It goes on behind a test that failed.
func (i *Itests) All(ctx context.Context, side string) ([]Tried, error) {
	var all []Tried
	skip := ourCases
	for {
		i.Progress.Say("integration tests on %s, %d have run", side,
			len(all))
		verdicts, err := i.Harness(ctx, side, "("+paymentCases+")",
			"("+skip+")")
		if err != nil {
			return nil, err
		}
		cases := byCase(verdicts)
		all = append(all, cases...)
		if len(verdicts.Of(gotest.Failed)) == 0 {
			break
		}
		if len(cases) == 0 {
			return nil, errors.New("the harness failed before it " +
				"ran a test case")
		}
		for _, test := range cases {
			skip += "|^" + test.Test + "$"
		}
	}
	if len(all) == 0 {
		return nil, errors.New("no integration test has run")
	}

	return all, nil
}

// Alone runs a test by itself.
func (i *Itests) Alone(ctx context.Context, side string, test Tried) ([]Tried,
	error) {

	verdicts, err := i.Harness(ctx, side, "^"+test.Test+"$", ourCases)

	return byCase(verdicts), err
}

// byCase turns the verdicts on tests and their subtests into one for each test
// case.
func byCase(verdicts gotest.Verdicts) []Tried {
	var cases []Tried
	index := make(map[string]int)
	for _, v := range verdicts {
		path := strings.Split(v.Test, "/")
		if len(path) <= caseDepth {
			continue
		}
		v.Test = path[caseDepth]
		at, ok := index[v.Test]
		if !ok {
			index[v.Test] = len(cases)
			cases = append(cases, Tried{Verdict: v})
			continue
		}

		c := &cases[at]
		c.Seconds += v.Seconds
		if v.Result != gotest.Passed && c.Result != gotest.Failed {
			c.Result, c.Reason = v.Result, v.Reason
		}
	}

	return cases
}
