package bench

import (
	"fmt"
	"regexp"
	"strings"

	"lnd-once/internal/failure"
)

// group is what can be measured by itself, and a part of the report.
type group struct {
	// name is what the group is chosen by, and function the benchmark
	// whose results it shows.
	name, function string

	// rounds is in how many rounds it is measured at most, if not in all:
	// what does not vary needs no more than one.
	rounds int

	// runs are the benchmarks that the group consists of.
	runs []run

	// title and text are what its part of the report begins with.
	title, text string

	// units are what its table shows, and what it calls them.
	units []unit

	// pivot is true if the table has a column for every store and the
	// values of both sides in a cell.
	pivot bool
}

// run is a benchmark of the control tower, by a pattern of its name, and the
// time or the number of operations that it takes.
type run struct {
	pattern, time string

	// stores is true if it is run on every store, each in a process of its
	// own, since some settings are a process's. On bbolt it takes the time
	// in bbolt, if there is one.
	stores bool
	bbolt  string
}

// unit is something measured, as benchfmt calls it and as we do.
type unit struct {
	name, caption string
}

// probes is the name of the group that is measured on real nodes, by a program
// of its own.
const probes = "probe"

// groups lists all groups in the order in which they are measured and shown.
var groups = []group{{
	name: "commits", function: "Commits", rounds: 1,
	runs:  []run{{pattern: "Commits$", time: "3x", stores: true}},
	title: "Commits",
	text: "Read-write transactions that the store committed, per " +
		"payment, counted in the store. `SendToRoute` has no timeout.",
	units: []unit{{"commits/op", "commits"}}, pivot: true,
}, {
	name: "latency", function: "Latency",
	// bbolt is what most nodes use, and there is a goal for it.
	runs: []run{{
		pattern: "Latency$", time: "200ms", stores: true, bbolt: "1s",
	}},
	title: "Latency, one payment at a time",
	text: "From the sender's call to its return, and the part of it " +
		"that the control tower spends in its database. Of the rest " +
		"most is for the onion; where a payment times out, its " +
		"recipient holds the HTLC for 300 ms.",
	units: []unit{{"sec/op", "payment"}, {"db-sec/op", "in database"}},
}, {
	name: "load", function: "Load",
	runs:  []run{{pattern: "Load$", time: "500x", stores: true}},
	title: "Load, 1 to 500 payments at a time",
	text: "Time per payment is the inverse of the throughput. The 99th " +
		"percentile is of the time that a payment takes from its " +
		"sender's call to its return, waiting for others included. " +
		"Commits are per payment, and fewer where several are put " +
		"into one. Retries are transactions run once more " +
		"because they met others; no line is none. Errors are " +
		"payments on which the database gave up. These two cases " +
		"stand for all, one for each way to send and to end: on " +
		"PostgreSQL stock takes up to 20 s for each of their runs, " +
		"and would take minutes for the others. A timeout could " +
		"pass before the HTLC has left, which is another case.",
	units: []unit{
		{"sec/op", "time per payment"},
		{"payments/s", "payments per second"},
		{"p99-sec/op", "99th percentile"},
		{"commits/op", "commits per payment"},
		{retries, "retries per payment"},
		{errorsPerOp, "errors per payment"},
	},
}, {
	name: "subscription", function: "Subscription",
	runs:  []run{{pattern: "Subscription$", time: "300ms"}},
	title: "Subscription",
	text: "With that many payments stored, 10 of them in flight, on " +
		"bbolt. Beside subscriptions: while one starts after the " +
		"other.",
	units: []unit{
		{"sec/op", "time"}, {"B/op", "memory allocated"},
		{"max-sec", "longest"},
	},
}, {
	name: "fanout", function: "Fanout",
	runs:  []run{{pattern: "Fanout$", time: "2000x"}},
	title: "Fan-out",
	text: "Time per update until all subscribers that read have it. " +
		"Stalled ones do not read.",
	units: []unit{
		{"sec/op", "time per update"},
		{"updates/s", "updates per second"},
	},
}, {
	name: "stalled", function: "Stalled", rounds: 1,
	runs:  []run{{pattern: "Stalled$", time: "200000x"}},
	title: "Memory under a stalled subscriber",
	text: "By how much the heap grew at most while one subscriber did " +
		"not read 200,000 updates. Live: of 500 payments that stay " +
		"live. Ending: of payments that end, half of them terminal.",
	units: []unit{{"peak-B", "heap"}},
}, {
	// No goal depends on them.
	name: probes, function: "Probe", rounds: 2,
	title: "Failing probes on real nodes",
	text:  "Through `SendToRouteV2`, that many in parallel.",
	units: []unit{
		{"probes/s", "probes per second"},
		{"p50-sec/op", "median latency"},
		{"p99-sec/op", "99th percentile"},
	},
}}

// choose returns the groups whose name the pattern matches.
func choose(pattern string) ([]group, error) {
	matches, err := regexp.Compile(pattern)
	if err != nil {
		return nil, failure.Usage("GROUP is no regular expression: %w",
			err)
	}

	var (
		chosen []group
		names  []string
	)
	for _, g := range groups {
		names = append(names, g.name)
		if matches.MatchString(g.name) {
			chosen = append(chosen, g)
		}
	}
	if len(chosen) == 0 {
		return nil, failure.Usage("no group matches GROUP='%s'; there "+
			"are: %s", pattern, strings.Join(names, " "))
	}

	return chosen, nil
}

// benchmark returns the pattern of the run on a store, as a test binary takes
// it, and the time that it takes there. No store is one that does not matter.
func (r run) benchmark(store string) (string, string) {
	pattern, time := "^Benchmark"+r.pattern, r.time
	if store != "" {
		pattern += fmt.Sprintf("/db=%s$", store)
	}
	if store == "bbolt" && r.bbolt != "" {
		time = r.bbolt
	}

	return pattern, time
}
