package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"lnd-once/itest/scenario"
)

// printTable prints what the scenarios showed, and all violations that were not
// to be expected. It returns whether there were none: each side broke exactly
// what it is known to break.
func printTable(out io.Writer, sides []*side) bool {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tlnd\tupdates received\tstored "+
		"(ListPayments)\tverdict")

	var unexpected []string
	for i := range played {
		fmt.Fprintln(w, "\t\t\t\t")
		for _, s := range sides {
			r := s.results[i]
			err := s.known.Judge(r.Shown())
			printResult(w, s.label(), r, err == nil)

			if err != nil {
				unexpected = append(unexpected, fmt.Sprintf(
					"%s: %v:\n%s", s.label(), err,
					strings.Join(r.Shown().Violations,
						"\n"),
				))
			}
		}
	}
	_ = w.Flush()

	// The table writer fills up empty cells.
	for _, line := range strings.Split(table.String(), "\n") {
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
	for _, text := range unexpected {
		fmt.Fprintf(out, "%s\n\n", text)
	}

	return len(unexpected) == 0
}

// printResult prints the rows of one scenario on one side: a row for every
// update that a client of terminal updates alone got, the first of them with
// all the rest.
func printResult(w io.Writer, side string, r *scenario.Result, expected bool) {
	// The scenario is named where its first side is.
	label := ""
	if side == stock {
		number, _, _ := strings.Cut(r.Scenario.Name, " ")
		label = number + " " + r.Scenario.Title
	}

	verdict := r.Verdict()
	if !expected {
		verdict += " (unexpected)"
	}

	updates := r.Shown().Updates
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", label, side, updates[0],
		scenario.Outcome(r.Stored), verdict)
	for _, update := range updates[1:] {
		fmt.Fprintf(w, "\t\t%s\t\t\n", update)
	}
}
