package bench

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// commitsAtMost checks the commits of payments of one attempt on every store.
func commitsAtMost(pay string, most float64) func(*Results) (bool, string,
	error) {

	return func(r *Results) (bool, string, error) {
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
			return false, "", missingError{
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
func failsWithin(most float64) func(*Results) (bool, string, error) {
	const bench = "Latency/db=bbolt/pay=%s/end=fails"
	route := fmt.Sprintf(bench, "SendToRoute")
	pay := fmt.Sprintf(bench, "SendPayment")

	return func(r *Results) (bool, string, error) {
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
		FormatValue(p.stock.median, unit),
		FormatValue(p.patched.median, unit), p.ratio())
}

// subscribe names the benchmark of a subscription with that many payments.
func subscribe(payments int) string {
	return fmt.Sprintf("Subscription/payments=%d/what=subscribe", payments)
}

// subscribesFast checks a subscription's time on a large node.
func (g *Goals) subscribesFast(r *Results) (bool, string, error) {
	p, err := r.pair(subscribe(1_000_000), "sec/op")
	reached := p.patched.median < g.Subscription.Under.Seconds() &&
		p.ratio() <= 1/g.Subscription.Times

	return reached, compared(p, "sec/op"), err
}

// subscribesAlike checks that a subscription does not care about the number of
// stored payments: with many it may be slower only as far as noise goes.
func (g *Goals) subscribesAlike(r *Results) (bool, string, error) {
	_, err1 := r.pair(subscribe(1_000), "sec/op")
	_, err2 := r.pair(subscribe(1_000_000), "sec/op")
	if err := errors.Join(err1, err2); err != nil {
		return false, "", err
	}

	p := newPair(r.Patched[subscribe(1_000)]["sec/op"],
		r.Patched[subscribe(1_000_000)]["sec/op"])

	return !p.worse(g.Slack), fmt.Sprintf("%s and %s",
		p.stock.format("sec/op"), p.patched.format("sec/op")), nil
}

// notSlower checks that patched takes no more time than stock in any benchmark
// of a function whose name contains the filter, but for noise.
func (g *Goals) notSlower(function, filter string) func(*Results) (bool, string,
	error) {

	return func(r *Results) (bool, string, error) {
		var worse []string
		checked, highest := 0, 0.0
		for _, bench := range r.benches(function, "sec/op") {
			if !strings.Contains(bench, filter) {
				continue
			}

			p, err := r.pair(bench, "sec/op")
			if err != nil {
				return false, "", err
			}
			checked++
			highest = max(highest, p.ratio())
			if p.worse(g.Slack) {
				worse = append(worse, fmt.Sprintf("%s: %.3g",
					label(bench), p.ratio()))
			}
		}
		if checked == 0 {
			return false, "", missingError{function, "sec/op"}
		}

		numbers := fmt.Sprintf("highest of %d ratios %.3g", checked,
			highest)
		if len(worse) > 0 {
			numbers += "; worse: " + strings.Join(worse, "; ")
		}

		return len(worse) == 0, numbers, nil
	}
}

// sharesCommits checks by how much the throughput on each store is above that of
// stock, for many failing payments at a time.
func (g *Goals) sharesCommits(r *Results) (bool, string, error) {
	var (
		reached = true
		numbers []string
	)
	for _, store := range slices.Sorted(maps.Keys(g.Load)) {
		p, err := r.pair(fmt.Sprintf("Load/db=%s/pay=SendToRoute/"+
			"end=fails/at=500", store), "payments/s")
		if err != nil {
			return false, "", err
		}
		reached = reached && p.ratio() >= g.Load[store]
		numbers = append(numbers, fmt.Sprintf("%s %.3g of %v",
			words[store], p.ratio(), g.Load[store]))
	}

	return reached, strings.Join(numbers, ", "), nil
}

// boundedMemory checks that the updates of live payments do not pile up.
func (g *Goals) boundedMemory(r *Results) (bool, string, error) {
	p, err := r.pair("Stalled/payments=live", "peak-B")

	return p.patched.high < g.Stalled, compared(p, "peak-B"), err
}
