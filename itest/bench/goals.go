package bench

import (
	"errors"
	"fmt"
	"time"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
)

// goalsFile is the file in a base's folder that says what is to be reached.
const goalsFile = "goals.yaml"

// Goals are the numbers that lnd-once is to reach on a base.
type Goals struct {
	// Slack is what patched may take of stock's time where it is not to be
	// slower.
	Slack float64 `yaml:"slack"`

	// Commits are the most that a payment of one attempt takes.
	Commits struct {
		SendToRoute float64 `yaml:"SendToRoute"`
		SendPayment float64 `yaml:"SendPayment"`
	} `yaml:"commits"`

	// Failing is what patched may take of stock's time in the database for
	// a payment that fails at its first attempt.
	Failing float64 `yaml:"failing"`

	// Load is how many times the throughput of stock a store is to have
	// with 500 payments at a time.
	Load map[string]float64 `yaml:"load"`

	// Subscription is how long the first update of a subscription may take
	// on a large node, and how many times faster than stock it is to be.
	Subscription struct {
		Under time.Duration `yaml:"under"`
		Times float64       `yaml:"times"`
	} `yaml:"subscription"`

	// Stalled is how many bytes a subscriber who does not read may take.
	Stalled float64 `yaml:"stalled"`
}

// LoadGoals reads the goals of a base.
func LoadGoals(b *base.Base) (*Goals, error) {
	g := &Goals{}
	if err := b.Read(goalsFile, g); err != nil {
		return nil, err
	}

	for _, store := range b.Stores {
		if g.Load[store] <= 0 {
			return nil, failure.Usage("%s of base %s: load has "+
				"no number above 0 for %s", goalsFile, b.Name,
				store)
		}
	}
	for _, field := range []struct {
		name  string
		value float64
	}{
		{"slack", g.Slack},
		{"commits: SendToRoute", g.Commits.SendToRoute},
		{"commits: SendPayment", g.Commits.SendPayment},
		{"failing", g.Failing},
		{"subscription: under", g.Subscription.Under.Seconds()},
		{"subscription: times", g.Subscription.Times},
		{"stalled", g.Stalled},
	} {
		if field.value <= 0 {
			return nil, failure.Usage("%s of base %s: %s is %v, "+
				"but must be above 0", goalsFile, b.Name,
				field.name, field.value)
		}
	}

	return g, nil
}

// verdict tells whether a goal is reached, and by what numbers.
type verdict struct {
	goal, measured string
	reached        bool
}

// goal is a number to reach. Its check returns an error if something that it
// needs was not measured.
type goal struct {
	text  string
	check func(r *Results) (bool, string, error)
}

// list returns the goals in the order of the report.
func (g *Goals) list() []goal {
	return []goal{
		{fmt.Sprintf("SendToRoute, fails or succeeds: at most %v "+
			"commits", g.Commits.SendToRoute),
			commitsAtMost("SendToRoute", g.Commits.SendToRoute)},
		{fmt.Sprintf("SendPayment, fails or succeeds: at most %v "+
			"commits", g.Commits.SendPayment),
			commitsAtMost("SendPayment", g.Commits.SendPayment)},
		{fmt.Sprintf("failing SendToRoute, bbolt, one at a time, "+
			"control tower's time in its database: at most %v "+
			"of stock", g.Failing), failsWithin(g.Failing)},
		{fmt.Sprintf("subscription, 1,000,000 payments: under %v, "+
			"and %s times faster than stock", g.Subscription.Under,
			FormatCount(g.Subscription.Times)), g.subscribesFast},
		{"subscription: no slower with 1,000,000 payments than " +
			"with 1,000", g.subscribesAlike},
		{"scan at startup: not slower than stock",
			g.notSlower("Subscription", "what=startup")},
		{"1 to 500 at a time: throughput not below stock",
			g.notSlower("Load", "")},
		{"500 at a time: throughput at least so many times that of " +
			"stock", g.sharesCommits},
		{"fan-out: not slower than stock", g.notSlower("Fanout", "")},
		{"stalled subscriber, live payments: memory bounded",
			g.boundedMemory},
	}
}

// judge tells which goals are reached. The error is about those that cannot be
// judged, because something was not measured.
func (g *Goals) judge(r *Results) ([]verdict, error) {
	var (
		verdicts []verdict
		errs     []error
	)
	for _, goal := range g.list() {
		reached, measured, err := goal.check(r)
		if err != nil {
			errs = append(errs, err)

			continue
		}
		verdicts = append(verdicts, verdict{
			goal: goal.text, measured: measured, reached: reached,
		})
	}

	return verdicts, errors.Join(errs...)
}
