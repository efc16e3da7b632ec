package bench

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// The units whose lines are left out where they say that nothing went wrong.
const (
	retries     = "retries/op"
	errorsPerOp = "errors/op"
)

// newTable returns a table with a head. All columns but the first few are for
// numbers.
func newTable(texts int, head ...any) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(head)

	style := table.StyleDefault
	style.Format.Header = text.FormatDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	t.SetStyle(style)

	var columns []table.ColumnConfig
	for i := texts; i < len(head); i++ {
		columns = append(columns, table.ColumnConfig{
			Number: i + 1, Align: text.AlignRight,
			AlignHeader: text.AlignRight,
		})
	}
	t.SetColumnConfigs(columns)

	return t
}

// tableOf returns the table of a group, or nil if there are no results of it.
// Stores stand in the order in which they are given.
func (r *Results) tableOf(g group, stores []string) table.Writer {
	t := newTable(2, "case", "what", "stock", "patched", "patched/stock",
		"runs")
	if g.pivot {
		t = r.pivotTable(g, stores)
	} else {
		for _, u := range g.units {
			r.appendRows(t, g, u, stores)
		}
	}
	if t.Length() == 0 {
		return nil
	}

	return t
}

// appendRows appends a row for each benchmark of a group that has the unit.
func (r *Results) appendRows(t table.Writer, g group, u unit,
	stores []string) {

	names := r.benches(g.function, u.name)
	sortNames(names, stores)
	for _, bench := range names {
		p, err := r.pair(bench, u.name)

		// That nothing went wrong needs no line.
		quiet := u.name == errorsPerOp || u.name == retries
		if err != nil || quiet && p.stock.high+p.patched.high == 0 {
			continue
		}
		t.AppendRow(p.row(label(bench), u))
	}
}

// row renders what was measured on both sides. A ratio that may be chance is
// marked.
func (p pair) row(label string, u unit) table.Row {
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

	return table.Row{label, u.caption, p.stock.format(u.name),
		p.patched.format(u.name), ratio, runs}
}

// pivotTable returns a table with a column for each store.
func (r *Results) pivotTable(g group, stores []string) table.Writer {
	unit := g.units[0].name
	names := r.benches(g.function, unit)
	sortNames(names, stores)

	var cases []string
	cells := make(map[string]string)
	for _, bench := range names {
		p, err := r.pair(bench, unit)
		if err != nil {
			continue
		}

		// The store stands first in the name.
		function, rest, _ := strings.Cut(bench, "/")
		store, name, _ := strings.Cut(rest, "/")
		name = label(function + "/" + name)
		if !slices.Contains(cases, name) {
			cases = append(cases, name)
		}
		cells[store+name] = fmt.Sprintf("%.4g → %.4g", p.stock.median,
			p.patched.median)
	}

	head := []any{"stock → patched"}
	for _, store := range stores {
		head = append(head, words[store])
	}
	t := newTable(1, head...)
	for _, name := range cases {
		row := table.Row{name}
		for _, store := range stores {
			row = append(row, cells["db="+store+name])
		}
		t.AppendRow(row)
	}

	return t
}

// tableOfVerdicts returns the table of the goals.
func tableOfVerdicts(verdicts []verdict) table.Writer {
	t := newTable(3, "goal", "verdict", "measured")
	for _, v := range verdicts {
		word := "missed"
		if v.reached {
			word = "reached"
		}
		t.AppendRow(table.Row{v.goal, word, v.measured})
	}

	return t
}
