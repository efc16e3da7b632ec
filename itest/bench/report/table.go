package main

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"
)

// group is a part of the report: the results of one benchmark function.
type group struct {
	bench, title, text string

	// units are what the table shows, and what it calls them.
	units []unit

	// pivot is true if the table has a column for every database and the
	// values of both sides in a cell.
	pivot bool
}

// unit is something measured, as benchfmt calls it and as we do.
type unit struct {
	name, caption string
}

// groups lists the parts of the report in their order.
var groups = []group{{
	bench: "Commits", title: "Commits",
	text: "Read-write transactions that the store committed, per " +
		"payment, counted in the store. `SendToRoute` has no timeout.",
	units: []unit{{"commits/op", "commits"}}, pivot: true,
}, {
	bench: "Latency", title: "Latency, one payment at a time",
	text: "From the sender's call to its return, and the part of it " +
		"that the control tower spends in its database. Of the rest " +
		"most is for the onion; where a payment times out, its " +
		"recipient holds the HTLC for 300 ms.",
	units: []unit{{"sec/op", "payment"}, {"db-sec/op", "in database"}},
}, {
	bench: "Load", title: "Load, 500 payments at a time",
	text: "Time per payment, which is the inverse of the throughput. " +
		"Commits are per payment, and fewer where the database puts " +
		"several into one. Retries are transactions run once more " +
		"because they met others; no line is none. Errors are " +
		"payments on which the database gave up. These two cases " +
		"stand for all, one for each way to send and to end: on " +
		"PostgreSQL stock takes up to 20 s for each of their runs, " +
		"and would take minutes for the others. A timeout could " +
		"pass before the HTLC has left, which is another case.",
	units: []unit{
		{"sec/op", "time per payment"},
		{"payments/s", "payments per second"},
		{"commits/op", "commits per payment"},
		{"retries/op", "retries per payment"},
		{"errors/op", "errors per payment"},
	},
}, {
	bench: "Subscription", title: "Subscription",
	text: "With that many payments stored, 10 of them in flight, on " +
		"bbolt. Beside subscriptions: while one starts after the " +
		"other.",
	units: []unit{
		{"sec/op", "time"}, {"B/op", "memory allocated"},
		{"max-sec", "longest"},
	},
}, {
	bench: "Fanout", title: "Fan-out",
	text: "Time per update until all subscribers that read have it. " +
		"Stalled ones do not read.",
	units: []unit{
		{"sec/op", "time per update"},
		{"updates/s", "updates per second"},
	},
}, {
	bench: "Stalled", title: "Memory under a stalled subscriber",
	text: "By how much the heap grew at most while one subscriber did " +
		"not read. Live: updates, 1,000,000 in all, of 500 payments " +
		"that stay live. Ending: 200,000, half of them terminal.",
	units: []unit{{"peak-B", "heap"}},
}, {
	bench: "Probe", title: "Failing probes on real nodes",
	text: "Through `SendToRouteV2`, that many in parallel.",
	units: []unit{
		{"probes/s", "probes per second"},
		{"p50-sec/op", "median latency"},
		{"p99-sec/op", "99th percentile"},
	},
}}

// tables renders the tables of all groups of which there are results.
func (r *report) tables() string {
	var b strings.Builder
	for _, g := range groups {
		rows := r.table(g)
		if g.pivot {
			rows = r.pivotTable(g)
		}
		if rows != "" {
			fmt.Fprintf(&b, "\n### %s\n\n%s\n\n%s", g.title,
				g.text, rows)
		}
	}

	return b.String()
}

// table renders a group's table with one row for each benchmark and unit, or
// nothing if there are no results.
func (r *report) table(g group) string {
	var rows string
	for _, u := range g.units {
		for _, bench := range r.benches(g.bench, u.name) {
			p, err := r.pair(bench, u.name)

			// That nothing went wrong needs no line.
			quiet := u.name == "errors/op" || u.name == "retries/op"
			if err != nil || quiet &&
				p.stock.high+p.patched.high == 0 {

				continue
			}
			rows += p.row(label(bench), u)
		}
	}
	if rows == "" {
		return ""
	}

	return "| case | what | stock | patched | patched/stock | runs |\n" +
		"|---|---|--:|--:|--:|--:|\n" + rows
}

// pivotTable renders a group's table with one column for each database, or
// nothing if there are no results.
func (r *report) pivotTable(g group) string {
	var (
		unit  = g.units[0].name
		cases []string
		cells = make(map[string]string)
		found = make(map[string]bool)
	)
	for _, bench := range r.benches(g.bench, unit) {
		p, err := r.pair(bench, unit)
		if err != nil {
			continue
		}

		db, name, _ := strings.Cut(label(bench), ", Send")
		if !slices.Contains(cases, name) {
			cases = append(cases, name)
		}
		cells[db+name] = fmt.Sprintf("%.4g → %.4g", p.stock.median,
			p.patched.median)
		found[db] = true
	}
	if len(cases) == 0 {
		return ""
	}

	head, rule := "| stock → patched |", "|---|"
	rows := make([]string, len(cases))
	for _, name := range databases {
		db := words[name]
		if !found[db] {
			continue
		}
		head, rule = head+" "+db+" |", rule+"--:|"
		for i, name := range cases {
			rows[i] += " " + cells[db+name] + " |"
		}
	}
	for i, name := range cases {
		rows[i] = "| Send" + name + " |" + rows[i] + "\n"
	}

	return head + "\n" + rule + "\n" + strings.Join(rows, "")
}

// row renders what was measured on both sides. A ratio that may be chance is
// marked.
func (p pair) row(label string, u unit) string {
	ratio := "–"
	if p.stock.median != 0 {
		ratio = fmt.Sprintf("%.3g", p.ratio())
		if !p.differ && p.ratio() != 1 {
			ratio += " ~"
		}
	}
	runs := fmt.Sprint(p.stock.runs)
	if p.patched.runs != p.stock.runs {
		runs += fmt.Sprintf(", %d", p.patched.runs)
	}

	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", label,
		u.caption, p.stock.format(u.name), p.patched.format(u.name),
		ratio, runs)
}

// format renders the median, and the spread if there is any.
func (s spread) format(unit string) string {
	if s.low == s.high {
		return formatValue(s.median, unit)
	}

	return fmt.Sprintf("%s (%s–%s)", formatValue(s.median, unit),
		formatValue(s.low, unit), formatValue(s.high, unit))
}

// formatValue renders a value with its unit.
func formatValue(value float64, unit string) string {
	scale := func(suffix string) string {
		s := benchunit.Scale(value, benchunit.Decimal)
		number := strings.TrimRight(s, "kMGTnmµ")

		return number + " " + s[len(number):] + suffix
	}

	switch {
	case strings.Contains(unit, "sec"):
		return scale("s")
	case unit == "B/op" || unit == "peak-B":
		return scale("B")
	}

	return fmt.Sprintf("%.4g", value)
}
