package main

import (
	"errors"
	"fmt"
	"strings"
)

// slack is what may still be noise where something is not to be slower: of some
// dozen comparisons, one or the other shows a difference that is none.
const slack = 1.1

// goal is a number that lnd-once is to reach.
type goal struct {
	text string

	// check tells whether it is reached, and by what numbers. It returns an
	// error if something it needs was not measured.
	check func(r *report) (bool, string, error)
}

// goals lists the goals for a base.
func goals(base string) []goal {
	latency := 0.6
	if strings.HasPrefix(base, "v0.18.") {
		latency = 0.5
	}

	return []goal{
		{"SendToRoute, fails or succeeds: at most 2 commits",
			commitsAtMost("SendToRoute", 2)},
		{"SendPayment, fails or succeeds: at most 3 commits",
			commitsAtMost("SendPayment", 3)},
		{fmt.Sprintf("failing SendToRoute, bbolt, one at a time, "+
			"control tower's time in its database: at most %.1f "+
			"of stock", latency), failsWithin(latency)},
		{"subscription, 1,000,000 payments: under 1 ms, and 1,000 " +
			"times faster than stock", subscribesFast},
		{"subscription: no slower with 1,000,000 payments than " +
			"with 1,000", subscribesAlike},
		{"scan at startup: not slower than stock",
			notWorse("Subscription", "sec/op", "what=startup")},
		{"500 at a time: throughput not below stock",
			notWorse("Load", "sec/op", "")},
		{"fan-out: not slower than stock",
			notWorse("Fanout", "sec/op", "")},
		{"stalled subscriber, live payments: memory bounded",
			boundedMemory},
	}
}

// commitsAtMost checks the commits of payments of one attempt on every store.
func commitsAtMost(pay string, most float64) func(*report) (bool, string,
	error) {

	return func(r *report) (bool, string, error) {
		checked, over, highest := 0, 0, 0.0
		for _, bench := range r.benches("Commits", "commits/op") {
			if !strings.Contains(bench, "pay="+pay+"/") ||
				!strings.HasSuffix(bench, "/end=fails") &&
					!strings.HasSuffix(bench, "=succeeds") {

				continue
			}

			p, err := r.pair(bench, "commits/op")
			if err != nil {
				return false, "", err
			}
			checked++
			highest = max(highest, p.patched.high)
			if p.patched.high > most {
				over++
			}
		}
		if checked == 0 {
			return false, "", errMissing{
				"Commits/pay=" + pay, "commits/op",
			}
		}

		return over == 0, fmt.Sprintf("at most %.3g; more than "+
			"that goal in %d of %d cases", highest, over,
			checked), nil
	}
}

// failsWithin checks the ratio of patched to stock of a payment that fails at
// its first attempt through SendToRoute, in the part of its time that lnd-once
// is about. The other ratios are told beside it, so that none is taken for
// another.
func failsWithin(most float64) func(*report) (bool, string, error) {
	const bench = "Latency/db=bbolt/pay=%s/end=fails"
	route := fmt.Sprintf(bench, "SendToRoute")
	pay := fmt.Sprintf(bench, "SendPayment")

	return func(r *report) (bool, string, error) {
		p, err := r.pair(route, "db-sec/op")
		call, err1 := r.pair(route, "sec/op")
		other, err2 := r.pair(pay, "db-sec/op")
		otherCall, err3 := r.pair(pay, "sec/op")

		return p.ratio() <= most, fmt.Sprintf("%s; not judged: the "+
				"whole call %.3g, SendPayment %.3g, its "+
				"whole call %.3g", compared(p, "db-sec/op"),
				call.ratio(), other.ratio(), otherCall.ratio()),
			errors.Join(err, err1, err2, err3)
	}
}

// compared renders the numbers of both sides.
func compared(p pair, unit string) string {
	return fmt.Sprintf("stock %s, patched %s, ratio %.3g",
		formatValue(p.stock.median, unit),
		formatValue(p.patched.median, unit), p.ratio())
}

// subscribe names the benchmark of a subscription with that many payments.
func subscribe(payments int) string {
	return fmt.Sprintf("Subscription/payments=%d/what=subscribe", payments)
}

// subscribesFast checks a subscription's time on a large node.
func subscribesFast(r *report) (bool, string, error) {
	p, err := r.pair(subscribe(1_000_000), "sec/op")

	return p.patched.median < 1e-3 && p.ratio() <= 1e-3,
		compared(p, "sec/op"), err
}

// subscribesAlike checks that a subscription does not care about the number of
// stored payments: with many it may be slower only as far as noise goes.
func subscribesAlike(r *report) (bool, string, error) {
	_, err1 := r.pair(subscribe(1_000), "sec/op")
	_, err2 := r.pair(subscribe(1_000_000), "sec/op")
	if err := errors.Join(err1, err2); err != nil {
		return false, "", err
	}

	p := newPair(r.patched[key{subscribe(1_000), "sec/op"}],
		r.patched[key{subscribe(1_000_000), "sec/op"}])

	return !p.worse(), fmt.Sprintf("%s and %s", p.stock.format("sec/op"),
		p.patched.format("sec/op")), nil
}

// notWorse checks that patched needs no more than stock in any benchmark of a
// group whose name contains the filter, but for noise.
func notWorse(group, unit, filter string) func(*report) (bool, string,
	error) {

	return func(r *report) (bool, string, error) {
		var worse []string
		checked, highest := 0, 0.0
		for _, bench := range r.benches(group, unit) {
			if !strings.Contains(bench, filter) {
				continue
			}

			p, err := r.pair(bench, unit)
			if err != nil {
				return false, "", err
			}
			checked++
			highest = max(highest, p.ratio())
			if p.worse() {
				worse = append(worse, fmt.Sprintf("%s: %.3g",
					label(bench), p.ratio()))
			}
		}
		if checked == 0 {
			return false, "", errMissing{group, unit}
		}

		numbers := fmt.Sprintf("highest of %d ratios %.3g", checked,
			highest)
		if len(worse) > 0 {
			numbers += "; worse: " + strings.Join(worse, "; ")
		}

		return len(worse) == 0, numbers, nil
	}
}

// boundedMemory checks that the updates of live payments do not pile up. What is
// kept of 500 payments is far below a megabyte; the rest is for the heap's own
// noise.
func boundedMemory(r *report) (bool, string, error) {
	const most = 5e6
	p, err := r.pair("Stalled/payments=live", "peak-B")

	return p.patched.high < most, compared(p, "peak-B"), err
}

// judge renders whether the goals are reached. It returns an error if something
// was not measured.
func (r *report) judge() (string, error) {
	var (
		b    strings.Builder
		errs []error
	)
	for _, goal := range goals(r.base) {
		reached, numbers, err := goal.check(r)
		if err != nil {
			// Of some groups only few goals can be judged.
			errs = append(errs, err)

			continue
		}

		verdict := "missed"
		if reached {
			verdict = "reached"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", goal.text, verdict,
			numbers)
	}

	return "| goal | verdict | measured |\n|---|---|---|\n" + b.String(),
		errors.Join(errs...)
}
