package proof

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"lnd-once/itest/proof/suites"
)

// The kinds of attacks.
const (
	Histories   Kind = "histories"
	Crashes     Kind = "crashes"
	Faults      Kind = "faults"
	Kills       Kind = "kills"
	Network     Kind = "network"
	Outages     Kind = "outages"
	Cuts        Kind = "cuts"
	FullDisks   Kind = "full disks"
	ClockBacks  Kind = "clocks set back"
	Soak        Kind = "soak"
	Scenarios   Kind = "scenarios"
	Subscribers Kind = "subscribers"
	Input       Kind = "input"
	Moves       Kind = "moves"
	Fuzzing     Kind = "fuzz"
	Suites      Kind = "suites"
	Undo        Kind = "undo"
)

// kinds lists the kinds in the order of the report, with a title each.
var kinds = []struct {
	kind  Kind
	title string
}{
	{Histories, "Random histories of the control tower"},
	{Crashes, "A crash at every commit"},
	{Faults, "A fault at every call"},
	{Kills, "Nodes killed under load"},
	{Network, "Five nodes, payments in parts, nodes killed"},
	{Outages, "A database that goes away"},
	{Cuts, "Commits that are cut off"},
	{FullDisks, "A disk that is full"},
	{ClockBacks, "A clock that is set back"},
	{Soak, "A load that goes on"},
	{Scenarios, "Scenarios on every database"},
	{Subscribers, "Subscribers who misbehave"},
	{Input, "Bad input"},
	{Moves, "From one lnd version to the next"},
	{Fuzzing, "Fuzzing"},
	{Suites, "lnd's own tests"},
	{Undo, "What is undone is noticed"},
}

// troubles lists what can have become of lnd's own tests that did not pass, in
// the order of the report.
var troubles = []struct {
	kind  suites.Kind
	title string
}{
	{suites.Violation, "Fails on patched only"},
	{suites.OnStock, "Fails on stock, too"},
	{suites.Flaky, "Failed once, and passes alone"},
	{suites.Skipped, "Skipped"},
}

// Markdown returns the report as a document.
func (r *Report) Markdown() string {
	text := fmt.Sprintf("# The proof on %s\n\n`make prove BASE=%s` writes "+
		"this page. What the attacks are, and what they do not\nshow, "+
		"is in [proof.md](../proof.md).\n\n%s", r.Base, r.Base,
		r.facts())
	text += section("Steps", r.steps())
	for _, k := range kinds {
		text += section(k.title, attackTable(r.attacks(k.kind)))
	}

	return text + section("Which tests notice", r.undone()) +
		section("lnd's own tests that did not pass", r.troubles())
}

// section returns a section with a title, or nothing if there is no text.
func section(title, text string) string {
	if text == "" {
		return ""
	}

	return fmt.Sprintf("\n## %s\n\n%s\n", title, strings.TrimSpace(text))
}

// facts returns what the results were got with, as a list.
func (r *Report) facts() string {
	text := fmt.Sprintf("- patched: %s with our series, commit `%s`; "+
		"stock: lnd %s\n", r.Base, r.Commit, r.Base)

	var with []string
	for _, result := range r.results() {
		c := result.With
		line := fmt.Sprintf("%s, %d cores, Linux %s", c.Go, c.Cores,
			c.Kernel)
		if c.Postgres != "" {
			line += ", " + c.Postgres
		}
		with = append(with, line)
	}
	for _, line := range distinct(with) {
		text += "- " + line + "\n"
	}

	return text
}

// steps returns the table of all steps.
func (r *Report) steps() string {
	rows := table.NewWriter()
	rows.AppendHeader(table.Row{"step", "result", "done", "lnd"})
	for _, step := range r.Steps {
		row := table.Row{step.Name, step.says(), "", ""}
		if step.Result != nil {
			row[2] = step.Result.Done.Format(time.DateOnly)
			row[3] = "`" + step.Result.Commit + "`"
		}
		rows.AppendRow(row)
	}

	return rows.RenderMarkdown()
}

// column is a column of a table of attacks.
type column struct {
	name string
	cell func(Attack) string
}

// columns returns the columns of a table of attacks: those of all kinds and, in
// the middle, one for each count.
func columns(attacks []Attack) []column {
	all := []column{
		{"what", func(a Attack) string { return a.What }},
		{"lnd", func(a Attack) string { return a.Side }},
		{"store", func(a Attack) string { return a.Store }},
	}

	var names []string
	for _, attack := range attacks {
		for _, count := range attack.Counts {
			if !slices.Contains(names, count.Name) {
				names = append(names, count.Name)
			}
		}
	}
	for _, name := range names {
		all = append(all, column{name, func(a Attack) string {
			return a.count(name)
		}})
	}

	return append(all, column{"violations", func(a Attack) string {
		return fmt.Sprint(a.Violations)
	}}, column{"seed", func(a Attack) string {
		if a.Seed == 0 {
			return ""
		}

		return fmt.Sprint(a.Seed)
	}}, column{"seconds", func(a Attack) string {
		return fmt.Sprintf("%.0f", a.Seconds)
	}})
}

// count returns a count of the attack as text, which is empty if it has none of
// that name.
func (a *Attack) count(name string) string {
	for _, count := range a.Counts {
		if count.Name == name {
			return fmt.Sprint(count.Value)
		}
	}

	return ""
}

// attackTable returns the table of some attacks, without empty columns.
func attackTable(attacks []Attack) string {
	if len(attacks) == 0 {
		return ""
	}

	used := slices.DeleteFunc(columns(attacks), func(c column) bool {
		return !slices.ContainsFunc(attacks, func(a Attack) bool {
			return c.cell(a) != ""
		})
	})
	rows := table.NewWriter()
	head := table.Row{}
	for _, c := range used {
		head = append(head, c.name)
	}
	rows.AppendHeader(head)
	for _, attack := range attacks {
		row := table.Row{}
		for _, c := range used {
			row = append(row, c.cell(attack))
		}
		rows.AppendRow(row)
	}

	return rows.RenderMarkdown()
}

// undone returns the table of what was undone and which tests have noticed.
func (r *Report) undone() string {
	rows := table.NewWriter()
	rows.AppendHeader(table.Row{
		"kind", "behaviour or commit", "undone by",
		"tests that then fail",
	})
	for _, result := range r.results() {
		for _, n := range result.Findings.Undone {
			by := "`" + n.Undo + "`"
			if n.Drops() {
				by = "dropping it"
			}
			rows.AppendRow(table.Row{
				n.Kind, n.What, by, strings.Join(n.By, ", "),
			})
		}
	}
	if rows.Length() == 0 {
		return ""
	}

	return rows.RenderMarkdown()
}

// troubles returns the list of lnd's own tests that did not pass, those with
// the same reason together.
func (r *Report) troubles() string {
	text := ""
	for _, kind := range troubles {
		names := make(map[string][]string)
		var reasons []string
		for _, result := range r.results() {
			for _, t := range result.Findings.Troubles {
				if t.Kind != kind.kind {
					continue
				}
				names[t.Reason] = append(names[t.Reason],
					t.Name())
				reasons = append(reasons, t.Reason)
			}
		}
		for _, reason := range distinct(reasons) {
			text += fmt.Sprintf("- %s (`%s`): %s\n", kind.title,
				strings.ReplaceAll(reason, "`", "'"),
				strings.Join(distinct(names[reason]), ", "))
		}
	}

	return text
}
