package ladder

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"lnd-once/itest/expect"
)

const (
	// holds says that nothing was found broken, notRun that nobody looked,
	// and failed that a scenario could not be played to its end.
	holds  = "holds"
	notRun = "not run"
	failed = "failed"

	// every stands for all bases.
	every = "all"
)

// sheet is what is known of a base.
type sheet struct {
	// base is the base's name, cases what there is to be measured.
	base  string
	cases expect.Cases

	// columns are the names of its rungs, and results what was measured on
	// each.
	columns []string
	results []*Result

	// topics are the names of its topics, and sizes their lines.
	topics []string
	sizes  []Size
}

// scenarioTable returns what breaks on which rung, in markdown. Bases on which
// the same breaks share a row.
func scenarioTable(sheets []*sheet) string {
	columns := columnsOf(sheets)
	header := table.Row{"scenario", "lnd"}
	for _, column := range columns {
		header = append(header, column)
	}
	w := table.NewWriter()
	w.AppendHeader(header)

	for _, c := range casesOf(sheets) {
		var (
			rows  [][]string
			bases [][]string
		)
		for _, s := range sheets {
			row := s.cells(c, columns)
			at := slices.IndexFunc(rows, func(old []string) bool {
				return slices.Equal(old, row)
			})
			if at < 0 {
				at = len(rows)
				rows = append(rows, row)
				bases = append(bases, nil)
			}
			bases[at] = append(bases[at], short(s.base))
		}
		for i, cells := range rows {
			label := strings.Join(bases[i], ", ")
			if len(rows) == 1 && len(sheets) > 1 {
				label = every
			}
			row := table.Row{c.String(), label}
			for _, cell := range cells {
				row = append(row, cell)
			}
			w.AppendRow(row)
		}
	}

	return w.RenderMarkdown()
}

// columnsOf returns the columns of all bases, in the order of the one that has
// the most.
func columnsOf(sheets []*sheet) []string {
	var columns []string
	for _, s := range sheets {
		if len(s.columns) > len(columns) {
			columns = s.columns
		}
	}

	return columns
}

// casesOf returns the cases of all bases, each once.
func casesOf(sheets []*sheet) expect.Cases {
	var all expect.Cases
	for _, s := range sheets {
		for _, c := range s.cases {
			if !slices.ContainsFunc(all, func(o expect.Case) bool {
				return o.String() == c.String()
			}) {

				all = append(all, c)
			}
		}
	}

	return all
}

// cells returns what the base's rungs break in a case, nothing for a rung that
// it does not have.
func (s *sheet) cells(c expect.Case, columns []string) []string {
	cells := make([]string, len(columns))
	for i, column := range columns {
		at := slices.Index(s.columns, column)
		if at >= 0 {
			cells[i] = cell(s.results[at], c)
		}
	}

	return cells
}

// cell returns what a rung breaks in a case.
func cell(r *Result, c expect.Case) string {
	shown := r.shown(c.Scenario, c.Case)
	switch {
	case shown != nil:
		return found(shown.Found)

	case r.outcome(c.Scenario).Result != "":
		return failed

	default:
		return notRun
	}
}

// found returns what clients have found: what one of terminal updates alone
// has, and in parentheses what only one of all updates has.
func found(f expect.Found) string {
	more := slices.DeleteFunc(slices.Clone(f.All), func(name string) bool {
		return slices.Contains(f.Ends, name)
	})
	text := strings.Join(f.Ends, ", ")
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	if text == "" {
		return holds
	}

	return strings.TrimSpace(text)
}

// sizeTable returns what each topic costs, in markdown.
func sizeTable(sheets []*sheet) string {
	header, footer := table.Row{"#", "topic"}, table.Row{"", "all"}
	var names []string
	for _, s := range sheets {
		header = append(
			header, short(s.base)+": lines", "test lines",
		)
		if len(s.topics) > len(names) {
			names = s.topics
		}

		var total Size
		for _, size := range s.sizes {
			total.add(size)
		}
		footer = append(footer, total.production(), total.tests())
	}
	w := table.NewWriter()
	w.AppendHeader(header)
	for i, name := range names {
		row := table.Row{strconv.Itoa(i + 1), name}
		for _, s := range sheets {
			if i < len(s.sizes) {
				row = append(row, s.sizes[i].production(),
					s.sizes[i].tests())
			} else {
				row = append(row, "", "")
			}
		}
		w.AppendRow(row)
	}
	w.AppendRow(footer)

	return w.RenderMarkdown()
}

// short returns a base's name as tables have it.
func short(base string) string {
	return strings.TrimSuffix(strings.TrimPrefix(base, "v"), "-beta")
}
