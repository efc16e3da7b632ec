package report

import (
	"fmt"
	"slices"
	"strings"
)

// Groupings are what payments, and for the last two attempts, are added up by.
var Groupings = []string{
	"reason", "day", "destination", "amount", "hop", "channel",
}

// Table is a part of a report as rows.
type Table struct {
	// Columns are the names of the columns.
	Columns []string

	// Rows have text and whole numbers for each of them, and shares in
	// percent with a decimal.
	Rows [][]any
}

// Only leaves nothing in a report but what is added up by one thing.
func (r *Report) Only(by string) error {
	if !slices.Contains(Groupings, by) {
		return fmt.Errorf("payments are not added up by %q, but by %s",
			by, strings.Join(Groupings, ", "))
	}
	kept := &Report{
		Identity: r.Identity, Since: r.Since, Until: r.Until,
	}
	switch by {
	case "reason":
		kept.Reasons = r.Reasons

	case "day":
		kept.Days = r.Days

	case "destination":
		kept.Destinations = r.Destinations

	case "amount":
		kept.Amounts = r.Amounts

	case "hop":
		kept.Hops = r.Hops

	case "channel":
		kept.Channels = r.Channels
	}
	*r = *kept

	return nil
}

// Table returns what is added up by one of the groupings.
func (r *Report) Table(by string) *Table {
	switch by {
	case "reason":
		return reasonTable(r.Reasons)

	case "day":
		return groupTable("day", r.Days)

	case "destination":
		return groupTable("destination", r.Destinations)

	case "amount":
		return groupTable("satoshis", r.Amounts)

	case "hop":
		return placeTable("hop", r.Hops)

	default:
		return placeTable("channel", r.Channels)
	}
}

// reasonTable returns totals by status and reason as a table.
func reasonTable(reasons []*Reason) *Table {
	t := &Table{Columns: []string{
		"status", "reason", "payments", "value_msat", "fees_msat",
	}}
	for _, r := range reasons {
		t.Rows = append(t.Rows, []any{
			r.Status, r.Reason, r.Payments, r.Value, r.Fees,
		})
	}

	return t
}

// groupTable returns totals of groups as a table.
func groupTable(name string, groups []*Group) *Table {
	t := &Table{Columns: []string{
		name, "succeeded", "failed", "succeeded_percent", "value_msat",
		"fees_msat",
	}}
	for _, g := range groups {
		t.Rows = append(t.Rows, []any{
			orUnknown(g.Name), g.Succeeded, g.Failed,
			percent(g.Succeeded, g.Succeeded+g.Failed), g.Value,
			g.Fees,
		})
	}

	return t
}

// placeTable returns where attempts fail as a table.
func placeTable(name string, places []*Place) *Table {
	t := &Table{Columns: []string{
		name, "failed", "tried", "failed_percent", "most_often",
	}}
	for _, p := range places {
		t.Rows = append(t.Rows, []any{
			orUnknown(p.Name), p.Failed, p.Tried,
			percent(p.Failed, p.Tried), p.Code,
		})
	}

	return t
}

// orUnknown returns how something is called that may have no name.
func orUnknown(name string) string {
	if name == "" {
		return "unknown"
	}

	return name
}

// percent returns a share in percent, with a decimal, or nothing of nothing.
func percent(part, whole int64) string {
	if whole == 0 {
		return ""
	}

	return fmt.Sprintf("%.1f", float64(part)*100/float64(whole))
}
