package main

import (
	"context"
	"fmt"
	"io"

	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli"
)

// runReport prints the totals of a sink.
func runReport(ctx context.Context, c *cli.Context, out io.Writer) error {
	if err := noArguments(c); err != nil {
		return err
	}

	r, err := sink.ReadReport(ctx, sinkURL(c))
	if err != nil {
		if interrupted(ctx) {
			return nil
		}

		return err
	}
	printReport(out, r)

	return nil
}

// printReport prints the totals as tables.
func printReport(out io.Writer, r *sink.Report) {
	fmt.Fprintf(out, "Payments of %v. Amounts are in millisatoshis, days "+
		"in UTC.\n\n", r.Identity)

	outcomes := newTable(out, "status", "reason", "payments", "value",
		"fees")
	for _, t := range r.ByOutcome {
		outcomes.AppendRow(table.Row{
			t.Status, t.Reason, t.Payments, t.ValueMsat, t.FeeMsat,
		})
	}
	outcomes.Render()

	printGroups(out, "created on", r.ByDay)
	printGroups(out, "destination", r.ByDestination)
}

// printGroups prints the totals of days or destinations.
func printGroups(out io.Writer, name string, totals []*sink.GroupTotal) {
	fmt.Fprintln(out)
	groups := newTable(out, name, "succeeded", "failed", "value paid",
		"fees paid")
	for _, t := range totals {
		group := t.Group
		if group == "" {
			group = "unknown"
		}
		groups.AppendRow(table.Row{
			group, t.Succeeded, t.Failed, t.ValueMsat, t.FeeMsat,
		})
	}
	groups.Render()
}

// newTable returns a table with the given columns that is printed when it is
// rendered. Numbers are aligned to the right.
func newTable(out io.Writer, columns ...string) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(out)

	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	t.SetStyle(style)

	header := make(table.Row, 0, len(columns))
	for _, column := range columns {
		header = append(header, column)
	}
	t.AppendHeader(header)

	return t
}
