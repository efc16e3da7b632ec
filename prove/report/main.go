// Command report puts the summary lines of all attacks on one lnd version into
// tables. It prints them, writes them into the version's section of a document,
// and fails if an attack on patched lnd has found a violation. Attacks on stock
// lnd are controls, and are to find some.
//
// A summary line has the kind of the attack and what there is to say of it:
//
//	histories db=bbolt n=10000 steps=301277 violations=0 took=412s
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
	"SIGKILL at random moments. Stock is the control.",
}, {
	"scenarios", "Scenarios on every database",
	"On real nodes. On stock, exactly the known violations are found.",
}, {
	"subscribers", "Subscribers who misbehave",
	"What is left behind in lnd when they are gone.",
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

func main() {
	log.SetFlags(0)
	log.SetPrefix("report: ")

	var (
		base  = flag.String("base", "", "lnd version")
		facts = flag.String("facts", "", "file with what the section "+
			"begins with")
		doc = flag.String("doc", "", "document to write the base's "+
			"section to; none if a part of the attacks is missing")
	)
	flag.Parse()

	summaries, err := read(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	text := tables(summaries)
	fmt.Println(markdown.Align(text))

	violations := countViolations(summaries)
	fmt.Printf("%s: %d attacks, %d violations\n", *base, len(summaries),
		violations)
	if *doc != "" {
		if err := write(*doc, *base, *facts, text); err != nil {
			log.Fatal(err)
		}
		fmt.Println("written to", *doc)
	}
	if violations > 0 {
		os.Exit(1)
	}
}

// read reads summary lines. A line that is none is an error: a violation must
// not go unseen because of a slip of the pen.
func read(r io.Reader) ([]summary, error) {
	var summaries []summary
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		s, err := parse(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, lines.Text())
		}
		summaries = append(summaries, s)
	}

	return summaries, lines.Err()
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
				k.text, table(rows))
		}
	}

	return text.String()
}

// table returns a table with a row for each summary and a column for each key
// that one of them has.
func table(rows []summary) string {
	var keys []string
	for _, row := range rows {
		for _, key := range row.keys {
			if key != "base" && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}

	var text strings.Builder
	fmt.Fprintf(&text, "| %s |\n|%s\n", strings.Join(keys, " | "),
		strings.Repeat("---|", len(keys)))
	for _, row := range rows {
		for _, key := range keys {
			fmt.Fprintf(&text, "| %s ", row.values[key])
		}
		text.WriteString("|\n")
	}

	return text.String()
}

// write replaces a base's section of a document.
func write(doc, base, factsFile, text string) error {
	facts, err := os.ReadFile(factsFile)
	if err != nil {
		return err
	}

	return markdown.WriteSection(
		doc, base, fmt.Sprintf("## %s\n\n%s%s\n", base, facts, text),
	)
}
