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

	"lnd-once/internal/markdown"
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
	fmt.Printf("%s\n%s", markdown.Align(tables),
		markdown.Align(goals))
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
	if err := markdown.WriteSection(doc, r.base, text); err != nil {
		return err
	}
	fmt.Printf("\nwritten to %s\n", doc)

	return nil
}
