package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"lnd-once/lnrpc/paymentwatch/audit"
	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli"
)

// errDiffers is returned when an audit has found something.
var errDiffers = errors.New("sink and node are not as they should be")

// auditFlags are the flags of the command that compares a sink with its node.
func auditFlags() []cli.Flag {
	flags := append(nodeFlags(), sinkFlag, noPreimagesFlag, cli.BoolFlag{
		Name: "repair",
		Usage: "Write what is missing into the sink, which no other " +
			"paymentwatch may be using.",
	}, jsonFlag)

	return append(flags, periodFlags()...)
}

// runAudit compares a sink with its node.
func runAudit(ctx context.Context, c *cli.Context, out io.Writer) error {
	if err := noArguments(c); err != nil {
		return err
	}
	if err := sink.CheckReadable(sinkURL(c)); err != nil {
		return fmt.Errorf("--sink: %w", err)
	}
	period, err := parsePeriod(c, time.Now())
	if err != nil {
		return err
	}
	node, err := chosenNode(c)
	if err != nil {
		return err
	}
	defer node.close()

	identity, err := node.identify(ctx)
	if err != nil {
		return err
	}
	report, err := auditSink(ctx, audit.Config{
		SinkURL: sinkURL(c), Identity: identity, Node: node.rpc,
		Period: period, Patience: audit.Patience,
	}, c.Bool("repair"), c.Bool(noPreimagesFlag.Name))
	switch {
	case interrupted(ctx):
		return errors.New("interrupted, there is no verdict")

	case err != nil:
		return node.explain(err)
	}

	if c.Bool("json") {
		err = printJSON(out, report)
	} else {
		printAudit(out, report)
	}
	if err == nil && report.Differs() {
		err = errDiffers
	}

	return err
}

// auditSink compares a sink with its node. To repair it, nobody else may write
// to it meanwhile.
func auditSink(ctx context.Context, cfg audit.Config, repair,
	noPreimages bool) (*audit.Report, error) {

	if !repair {
		return audit.Run(ctx, cfg)
	}

	s, err := sink.Open(ctx, cfg.SinkURL, cfg.Identity)
	if err != nil {
		return nil, err
	}
	if noPreimages {
		s = withoutPreimages(s)
	}
	cfg.Patience = 0
	report, err := audit.Run(ctx, cfg)
	if err == nil {
		err = report.Repair(ctx, s)
	}

	return report, errors.Join(err, s.Close())
}

// printAudit prints what an audit has found as tables.
func printAudit(out io.Writer, r *audit.Report) {
	fmt.Fprintf(out, "The sink of %v, beside what the node has.\n"+
		"Times are in UTC.\n\n", r.Identity)
	if len(r.Findings) > 0 {
		found := newTable(out, "finding", "payment hash", "created",
			"sink", "node", "detail")
		for _, f := range r.Findings {
			created := time.Unix(0, f.CreationTimeNs).UTC()
			found.AppendRow(table.Row{
				f.Kind, f.PaymentHash,
				created.Format(time.DateTime), f.Sink, f.Node,
				f.Detail,
			})
		}
		found.Render()
		fmt.Fprintln(out)
	}

	counts := newTable(out, "payments", "number", "")
	for _, line := range []struct {
		name  string
		count int
		says  string
	}{
		{"ended", r.Payments, "on the node"},
		{"in flight", r.InFlight, "on the node"},
		{"rows", r.Rows, "in the sink"},
		{"same", r.Same, "in both"},
		{"retried", r.Retried, "rows of failures that the node has " +
			"replaced by a later payment"},
		{"before", r.Before, "made before the sink began, without a " +
			"row"},
	} {
		counts.AppendRow(table.Row{line.name, line.count, line.says})
	}
	for _, kind := range audit.Kinds {
		if n := r.Count(kind.Kind); n > 0 {
			counts.AppendRow(table.Row{kind.Kind, n, kind.Says})
		}
	}
	if r.Repaired > 0 {
		counts.AppendRow(table.Row{
			"repaired", r.Repaired, "rows that were missing",
		})
	}
	counts.Render()
}

// printJSON prints a value as JSON.
func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")

	return encoder.Encode(value)
}
