package main

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of notes, and what their fields say.
const (
	// A step was done: when, and with what.
	noteDone = "done"

	// A step has failed: which, and how.
	noteFailed = "failed"

	// A commit of the series or a behaviour of the contract was undone and
	// that was noticed: which, by what, and the tests that then failed.
	noteCommit    = "commit"
	noteBehaviour = "behaviour"

	// A test of lnd's own did not pass on patched lnd: which, and why not.
	noteViolation = "violation"
	noteStock     = "stock"
	noteFlaky     = "flaky"
	noteSkipped   = "skipped"
)

// noteFields is how many fields a note of each kind has.
var noteFields = map[string]int{
	noteDone: 2, noteFailed: 2, noteCommit: 3, noteBehaviour: 3,
	noteViolation: 2, noteStock: 2, noteFlaky: 2, noteSkipped: 2,
}

// note is a line "note", a kind and its fields, parted by tabs.
type note struct {
	kind   string
	fields []string
}

// parseNote parses a note.
func parseNote(line string) (note, error) {
	words := strings.Split(line, "\t")
	n := note{kind: words[1], fields: words[2:]}
	if want, ok := noteFields[n.kind]; !ok || len(n.fields) != want {
		return n, fmt.Errorf("unknown kind of note, or not as many " +
			"fields as it has")
	}

	return n, nil
}

// only returns the notes of some kinds.
func only(notes []note, kinds ...string) []note {
	return slices.DeleteFunc(slices.Clone(notes), func(n note) bool {
		return !slices.Contains(kinds, n.kind)
	})
}

// column returns the different values of a field, sorted.
func column(notes []note, field int) []string {
	var values []string
	for _, n := range notes {
		values = append(values, n.fields[field])
	}
	slices.Sort(values)

	return slices.Compact(values)
}

// facts returns when and with what the results were got, as a list.
func facts(notes []note, base, commit string) string {
	text := fmt.Sprintf("- patched: %s with our series, commit `%s`; "+
		"stock: lnd %s\n", base, commit, base)
	done := only(notes, noteDone)
	if len(done) == 0 {
		return text
	}

	dates := column(done, 0)

	return text + fmt.Sprintf("- oldest result of %s, newest of %s\n- %s\n",
		dates[0], dates[len(dates)-1],
		strings.Join(column(done, 1), "; "))
}

// failures returns the list of steps that have failed.
func failures(notes []note) string {
	text := ""
	for _, n := range only(notes, noteFailed) {
		text += fmt.Sprintf("- %s: %s\n", n.fields[0], n.fields[1])
	}

	return section("Steps that failed", text)
}

// undone returns the table of what was undone and which tests have noticed.
func undone(notes []note) string {
	var rows [][]string
	for _, n := range only(notes, noteCommit, noteBehaviour) {
		by := "`" + n.fields[1] + "`"
		if n.fields[1] == "drop" {
			by = "dropping it"
		}
		rows = append(rows, []string{
			n.kind, n.fields[0], by, n.fields[2],
		})
	}
	if len(rows) == 0 {
		return ""
	}

	return section("Which tests notice", table([]string{
		"kind", "behaviour or commit", "undone by",
		"tests that then fail",
	}, rows))
}

// troubles returns the list of lnd's own tests that did not pass, those with
// the same reason together.
func troubles(notes []note) string {
	text := ""
	for _, trouble := range []struct{ kind, title string }{
		{noteViolation, "Fails on patched only"},
		{noteStock, "Fails on stock, too"},
		{noteFlaky, "Failed once, and passes alone"},
		{noteSkipped, "Skipped"},
	} {
		of := only(notes, trouble.kind)
		for _, reason := range column(of, 1) {
			same := slices.DeleteFunc(slices.Clone(of),
				func(n note) bool {
					return n.fields[1] != reason
				})
			text += fmt.Sprintf("- %s (`%s`): %s\n", trouble.title,
				strings.ReplaceAll(reason, "`", "'"),
				strings.Join(column(same, 0), ", "))
		}
	}

	return section("lnd's own tests that did not pass", text)
}

// section returns a section with a title, or nothing if there is no text.
func section(title, text string) string {
	if text == "" {
		return ""
	}

	return fmt.Sprintf("\n### %s\n\n%s", title, text)
}
