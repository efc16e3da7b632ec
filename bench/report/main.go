// Command report compares the benchmark results of stock and patched lnd. It
// prints tables of medians and ratios and whether the goals are reached, and
// writes them into a base's section of a document, with a chart beside it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("report: ")

	var (
		base    = flag.String("base", "", "lnd version")
		stock   = flag.String("stock", "", "results of stock lnd")
		patched = flag.String("patched", "", "results of patched lnd")
		facts   = flag.String("facts", "", "file with what the "+
			"section begins with")
		doc = flag.String("doc", "", "document to write the base's "+
			"section and the chart to; none if the results are "+
			"of a part only")
	)
	flag.Parse()

	r := &report{base: *base}
	var err error
	if r.stock, err = readFile(*stock); err != nil {
		log.Fatal(err)
	}
	if r.patched, err = readFile(*patched); err != nil {
		log.Fatal(err)
	}

	if err := r.run(*doc, *facts); err != nil {
		log.Fatal(err)
	}
}

// readFile reads the results of one side.
func readFile(name string) (results, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	return readResults(file, name)
}

// run prints the report, and writes it if there is a document and nothing is
// missing.
func (r *report) run(doc, factsFile string) error {
	tables := r.tables()
	if tables == "" {
		return fmt.Errorf("nothing was measured on both sides")
	}
	goals, missing := r.judge()

	// The goals come last: that is what is in sight when all is over.
	fmt.Printf("%s\n%s", align(tables), align(goals))
	if doc == "" {
		return nil
	}
	if missing != nil {
		return fmt.Errorf("%s is left as it was: %w", doc, missing)
	}

	facts, err := os.ReadFile(factsFile)
	if err != nil {
		return err
	}
	chart := "subscription-" + r.base + ".svg"
	if err := r.drawChart(
		filepath.Join(filepath.Dir(doc), chart),
	); err != nil {
		return err
	}

	text := fmt.Sprintf("## %s\n\n%s\n%s\n![Subscription time](%s)\n%s\n",
		r.base, facts, goals, chart, tables)
	if err := writeSection(doc, r.base, text); err != nil {
		return err
	}
	fmt.Printf("\nwritten to %s\n", doc)

	return nil
}

// align makes the columns of Markdown tables as wide as their widest cell, so
// that they can be read on a terminal.
func align(text string) string {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); {
		n := i
		for n < len(lines) && strings.HasPrefix(lines[n], "|") {
			n++
		}
		alignTable(lines[i:n])
		i = max(n, i+1)
	}

	return strings.Join(lines, "\n")
}

// alignTable aligns the lines of one table.
func alignTable(lines []string) {
	var widths []int
	rows := make([][]string, len(lines))
	for i, line := range lines {
		rows[i] = strings.Split(strings.Trim(line, "|"), "|")
		for j, cell := range rows[i] {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			cell = strings.TrimSpace(cell)
			rows[i][j] = cell
			widths[j] = max(widths[j], len([]rune(cell)))
		}
	}

	for i, row := range rows {
		rule := len(row) > 0 && strings.HasPrefix(row[0], "---")
		lines[i] = ""
		for j, cell := range row {
			if rule {
				cell = strings.Repeat("-", widths[j])
			}
			lines[i] += "  " + cell + strings.Repeat(
				" ", widths[j]-len([]rune(cell)),
			)
		}
		lines[i] = strings.TrimRight(lines[i], " ")
	}
}
