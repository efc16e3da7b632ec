package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lnd-once/lnrpc/paymentwatch/report"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli"
)

// usualReports are what a report has if nothing else is asked for.
var usualReports = []string{"reason", "day", "destination"}

// reportFlags are the flags of the command that adds up a sink.
func reportFlags() []cli.Flag {
	return append([]cli.Flag{
		sinkFlag, cli.StringFlag{
			Name: "pubkey",
			Usage: "The node, if the sink has several: its public " +
				"key, or the beginning of it.",
		}, cli.StringFlag{
			Name: "by",
			Usage: "Add up by one of: " + strings.Join(
				report.Groupings, ", ",
			) + ". The last two are about the attempts that " +
				"failed.",
		}, jsonFlag, cli.BoolFlag{
			Name:  "csv",
			Usage: "Print comma-separated values; it takes --by.",
		}, cli.StringFlag{
			Name: "html",
			Usage: "The file to write a page with drawings to, " +
				"which needs nothing else to be shown.",
			TakesFile: true,
		},
	}, periodFlags()...)
}

// runReport prints the totals of a sink.
func runReport(ctx context.Context, c *cli.Context, out io.Writer) error {
	if err := noArguments(c); err != nil {
		return err
	}
	period, err := parsePeriod(c, time.Now())
	if err != nil {
		return err
	}
	if err := checkForms(c); err != nil {
		return err
	}
	r, err := report.Read(ctx, sinkURL(c), c.String("pubkey"), period)
	switch {
	case err == nil:
		return writeReport(out, c, r)

	case interrupted(ctx):
		return nil

	default:
		return err
	}
}

// checkForms returns an error if the flags ask for what does not go together.
func checkForms(c *cli.Context) error {
	forms := 0
	for _, given := range []bool{
		c.Bool("json"), c.Bool("csv"), c.String("html") != "",
	} {
		if given {
			forms++
		}
	}
	switch {
	case forms > 1:
		return errors.New("--json, --csv and --html are three forms " +
			"of a report; ask for one of them")

	case c.Bool("csv") && c.String("by") == "":
		return errors.New("--csv prints one table; say which with --by")

	case c.String("html") != "" && c.String("by") != "":
		return errors.New("--html has all of a report; it takes no --by")
	}

	return nil
}

// writeReport prints a report, or writes it to a file, as the flags say.
func writeReport(out io.Writer, c *cli.Context, r *report.Report) error {
	by := c.String("by")
	if by != "" {
		if err := r.Only(by); err != nil {
			return fmt.Errorf("--by: %w", err)
		}
	}
	switch {
	case c.String("html") != "":
		return writePage(expand(c.String("html")), r)

	case c.Bool("json"):
		return printJSON(out, r)

	case c.Bool("csv"):
		return printCSV(out, r.Table(by))
	}

	fmt.Fprintf(out, "Payments of %v. Times are in UTC.\n", r.Identity)
	parts := usualReports
	if by != "" {
		parts = []string{by}
	}
	for _, part := range parts {
		fmt.Fprintln(out)
		printTable(out, r.Table(part))
	}

	return nil
}

// writePage writes a report as a page. The file has all of it or what it had
// before.
func writePage(path string, r *report.Report) error {
	var page bytes.Buffer
	if err := r.WritePage(&page, time.Now()); err != nil {
		return err
	}
	temp, err := os.CreateTemp(
		filepath.Dir(path), filepath.Base(path)+".*",
	)
	if err != nil {
		return fmt.Errorf("--html: %w", err)
	}

	// After the rename there is nothing to remove.
	defer func() { _ = os.Remove(temp.Name()) }()

	_, err = temp.Write(page.Bytes())
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("--html: %w", err)
	}

	return os.Rename(temp.Name(), path)
}

// printCSV prints a table as comma-separated values.
func printCSV(out io.Writer, t *report.Table) error {
	w := csv.NewWriter(out)
	_ = w.Write(t.Columns)
	for _, row := range t.Rows {
		var fields []string
		for _, field := range row {
			fields = append(fields, fmt.Sprint(field))
		}
		_ = w.Write(fields)
	}
	w.Flush()

	return w.Error()
}

// printTable prints a table for those who read it.
func printTable(out io.Writer, t *report.Table) {
	printed := newTable(out, t.Columns...)
	for _, row := range t.Rows {
		printed.AppendRow(row)
	}
	printed.Render()
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
