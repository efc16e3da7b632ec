// Command report puts what all attacks on one lnd version have found into
// tables. It prints them, and fails if an attack on patched lnd has found a
// violation, or an attack has failed. Otherwise it can write them into the
// version's section of a document. Attacks on stock lnd are controls, and are
// to find some.
//
// Each line of its input is a summary or a note. A summary has the kind of the
// attack and its numbers:
//
//	histories db=bbolt n=10000 steps=301277 violations=0 took=412s
//
// A note, see note.go, says what numbers cannot.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"

	"lnd-once/internal/markdown"
)

// kind is a sort of attack.
type kind struct {
	name, title, text string
}

// kinds lists the sorts of attacks in the order of the report.
var kinds = []kind{{
	"histories", "Random histories of the control tower",
	"Several goroutines, few payment hashes. After every step, store and " +
		"model agree; every subscriber's stream is checked.",
}, {
	"crashes", "A crash at every commit",
	"Flows are ways for a payment to be made and to end, points the " +
		"places in them where its sender dies, cases the points " +
		"with every order in which the outstanding results arrive.",
}, {
	"kills", "Nodes killed under load",
	"SIGKILL at random moments; starting tells how many of the kills " +
		"came while the node started. Stock is the control.",
}, {
	"scenarios", "Scenarios on every database",
	"On real nodes. On stock, exactly the known violations are found.",
}, {
	"subscribers", "Subscribers who misbehave",
	"What is left behind in lnd when they are gone: goroutines, files " +
		"and heap.",
}, {
	"input", "Bad input",
	"Malformed, oversized and out-of-order requests over RPC.",
}, {
	"fuzz", "Fuzzing", "Executions of each target.",
}, {
	"suite", "lnd's own tests",
	"A test that fails on stock, too, is no violation.",
}, {
	"needed", "What is undone is noticed",
	"Every commit of the series, and every behaviour of the contract, " +
		"undone: the tests that then fail.",
}}

// summary is what a line says: its kind, and the values of its keys.
type summary struct {
	kind   string
	keys   []string
	values map[string]string
}

// findings are what all attacks have found.
type findings struct {
	summaries []summary
	notes     []note
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("report: ")

	var (
		base   = flag.String("base", "", "lnd version")
		commit = flag.String("commit", "", "commit of the patched lnd")
		doc    = flag.String("doc", "", "document to write the base's "+
			"section to; none if a part of the attacks is missing")
	)
	flag.Parse()

	found, err := read(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	text := found.text(*base, *commit)
	fmt.Println(markdown.Align(text))

	violations, failed := countViolations(found.summaries),
		len(only(found.notes, noteFailed))
	fmt.Printf("%s: %d attacks, %d violations, %d steps failed\n", *base,
		len(found.summaries), violations, failed)
	if violations+failed > 0 {
		os.Exit(1)
	}
	if *doc != "" {
		err := markdown.WriteSection(*doc, *base, text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("written to", *doc)
	}
}

// read reads all lines. One that is neither a summary nor a note is an error: a
// violation must not go unseen because of a slip of the pen.
func read(r io.Reader) (*findings, error) {
	found := &findings{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if err := found.add(lines.Text()); err != nil {
			return nil, fmt.Errorf("%w in %q", err, lines.Text())
		}
	}

	return found, lines.Err()
}

// add adds what a line says.
func (f *findings) add(line string) error {
	if strings.HasPrefix(line, "note\t") {
		n, err := parseNote(line)
		f.notes = append(f.notes, n)

		return err
	}

	s, err := parse(line)
	f.summaries = append(f.summaries, s)

	return err
}

// text returns all there is to say.
func (f *findings) text(base, commit string) string {
	return fmt.Sprintf("## %s\n\n%s%s%s%s%s", base,
		facts(f.notes, base, commit), tables(f.summaries),
		failures(f.notes), undone(f.notes), troubles(f.notes))
}

// parse parses a summary line.
func parse(line string) (summary, error) {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return summary{}, fmt.Errorf("nothing")
	}

	s := summary{kind: fields[0], values: make(map[string]string)}
	if !slices.ContainsFunc(kinds, func(k kind) bool {
		return k.name == s.kind
	}) {
		return summary{}, fmt.Errorf("unknown kind %q", s.kind)
	}
	for _, field := range fields[1:] {
		key, value, found := strings.Cut(field, "=")
		if _, twice := s.values[key]; !found || twice {
			return summary{}, fmt.Errorf("%q is no key=value or "+
				"comes twice", field)
		}
		s.keys = append(s.keys, key)
		s.values[key] = value
	}

	count, err := strconv.Atoi(s.values["violations"])
	if err != nil || count < 0 {
		return summary{}, fmt.Errorf("no number of violations")
	}

	return s, nil
}

// countViolations returns how many violations were found on patched lnd.
func countViolations(summaries []summary) int {
	total := 0
	for _, s := range summaries {
		if s.values["lnd"] == "stock" {
			continue
		}

		// That it is a number was checked when it was read.
		count, _ := strconv.Atoi(s.values["violations"])
		total += count
	}

	return total
}

// tables returns a table for every kind of attack there is.
func tables(summaries []summary) string {
	var text strings.Builder
	for _, k := range kinds {
		var rows []summary
		for _, s := range summaries {
			if s.kind == k.name {
				rows = append(rows, s)
			}
		}
		if len(rows) > 0 {
			fmt.Fprintf(&text, "\n### %s\n\n%s\n\n%s", k.title,
				k.text, summaryTable(rows))
		}
	}

	return text.String()
}

// summaryTable returns a table with a row for each summary and a column for
// each key that one of them has.
func summaryTable(summaries []summary) string {
	var keys []string
	for _, s := range summaries {
		for _, key := range s.keys {
			if key != "base" && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}

	var rows [][]string
	for _, s := range summaries {
		var row []string
		for _, key := range keys {
			row = append(row, s.values[key])
		}
		rows = append(rows, row)
	}

	return table(keys, rows)
}

// table returns a table.
func table(head []string, rows [][]string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "| %s |\n|%s\n", strings.Join(head, " | "),
		strings.Repeat("---|", len(head)))
	for _, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(&text, "| %s ",
				strings.ReplaceAll(cell, "|", `\|`))
		}
		text.WriteString("|\n")
	}

	return text.String()
}
