package ladder

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"lnd-once/internal/linecount"
	"lnd-once/itest/expect"
	"lnd-once/itest/scenario"
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

	// topics are its topics, in the order of the columns.
	topics []topic
}

// topic is a topic of a series.
type topic struct {
	name string
	size linecount.Count

	// tests are tests that notice the loss of its commits.
	tests []string
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
			row := table.Row{titleOf(c), label}
			for _, cell := range cells {
				row = append(row, cell)
			}
			w.AppendRow(row)
		}
	}

	return w.RenderMarkdown()
}

// titleOf says what happens in a case.
func titleOf(c expect.Case) string {
	text := c.Scenario
	for _, s := range scenario.All {
		if s.Name == c.Scenario {
			number, _, _ := strings.Cut(s.Name, " ")
			text = number + ": " + s.Title
		}
	}

	return strings.TrimSuffix(text+", "+c.Case, ", ")
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

// topicTable returns what each topic costs, and what shows that it is needed, in
// markdown.
func topicTable(sheets []*sheet) string {
	header := table.Row{"#", "topic", "shown by"}
	footer := table.Row{"", "all", ""}
	var topics []topic
	for _, s := range sheets {
		header = append(
			header, short(s.base)+": lines", "test lines",
		)
		if len(s.topics) > len(topics) {
			topics = s.topics
		}

		var total linecount.Count
		for _, topic := range s.topics {
			total.Add(topic.size)
		}
		footer = append(footer, lines(total)...)
	}
	w := table.NewWriter()
	w.AppendHeader(header)
	for i, topic := range topics {
		number := strconv.Itoa(i + 1)
		row := table.Row{number, topic.name, shownBy(sheets, i)}
		for _, s := range sheets {
			if i < len(s.topics) {
				row = append(row, lines(s.topics[i].size)...)
			} else {
				row = append(row, "", "")
			}
		}
		w.AppendRow(row)
	}
	w.AppendRow(footer)

	return w.RenderMarkdown()
}

// lines returns how many lines that nodes run are added and removed, and how
// many are added to test them.
func lines(c linecount.Count) []any {
	return []any{
		fmt.Sprintf("+%d −%d", c.Production.Added, c.Production.Removed),
		fmt.Sprintf("+%d", c.Test.Added),
	}
}

// shownBy returns what shows that a topic is needed: the scenarios that break
// less with it than with the topics before it or, if there is none, tests that
// fail without it.
func shownBy(sheets []*sheet, topic int) string {
	var turned, tests []string
	for _, s := range sheets {
		if topic >= len(s.topics) {
			continue
		}
		for _, c := range s.cases {
			name, _, _ := strings.Cut(c.Scenario, " ")
			if !slices.Contains(turned, name) &&
				improves(c, s.results[topic:topic+2]) {

				turned = append(turned, name)
			}
		}
		for _, test := range s.topics[topic].tests {
			if !slices.Contains(tests, test) {
				tests = append(tests, test)
			}
		}
	}
	if len(turned) > 0 {
		return strings.Join(turned, ", ")
	}

	return strings.Join(tests, ", ")
}

// improves tells whether a case breaks less on the second of two rungs, and
// nothing else.
func improves(c expect.Case, rungs []*Result) bool {
	before := rungs[0].shown(c.Scenario, c.Case)
	after := rungs[1].shown(c.Scenario, c.Case)

	return before != nil && after != nil &&
		len(after.All) < len(before.All) &&
		subset(after.All, before.All) && subset(after.Ends, before.Ends)
}

// subset tells whether all names are among others.
func subset(names, others []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.Contains(others, name)
	})
}

// short returns a base's name as tables have it.
func short(base string) string {
	return strings.TrimSuffix(strings.TrimPrefix(base, "v"), "-beta")
}
