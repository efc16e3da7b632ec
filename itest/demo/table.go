package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"lnd-once/itest/scenario"
	"lnd-once/lnrpc/paymentcontract"
)

// printTable prints what the scenarios showed, and all violations that were not
// to be expected. It returns whether there were none: stock broke exactly what
// it is known to break, and patched nothing.
func printTable(out io.Writer, sides []*side,
	known map[string][]paymentcontract.Guarantee) bool {

	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tlnd\tupdates received\tstored "+
		"(ListPayments)\tverdict")

	var unexpected []string
	for i, sc := range scenario.All {
		fmt.Fprintln(w, "\t\t\t\t")
		for _, s := range sides {
			// Only stock is known for anything.
			var want []paymentcontract.Guarantee
			if s.name == stock {
				want = known[sc.Name]
			}

			r := s.results[i]
			expected := slices.Equal(r.Broken(), want)
			printResult(w, s.name, r, expected)

			if !expected {
				unexpected = append(unexpected, fmt.Sprintf(
					"%s on %s should break %v and did "+
						"break %v:\n%v", sc.Name,
					s.name, want, r.Broken(), r.Err))
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
// update, the first of them with all the rest.
func printResult(w io.Writer, side string, r *scenario.Result, expected bool) {
	// The scenario is named where its first side is.
	label := r.Name + " " + r.Title
	if side != stock {
		label = ""
	}

	verdict := r.Verdict()
	if !expected {
		verdict += " (unexpected)"
	}

	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", label, side,
		scenario.Outcome(r.Updates[0]), scenario.Outcome(r.Stored),
		verdict)
	for _, p := range r.Updates[1:] {
		fmt.Fprintf(w, "\t\t%s\t\t\n", scenario.Outcome(p))
	}
}
