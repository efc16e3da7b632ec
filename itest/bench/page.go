package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/results"
)

// pagesFolder is where the pages of the bases are, and their charts.
const pagesFolder = "docs/benchmarks"

// The lines of a page that say what it was made from, up to what they say.
const (
	sourcesLine = "- sources: "
	staleLine   = "Not measured since the sources have changed"
)

// Page returns the file that shows the results of a base.
func Page(b *base.Base) string {
	return filepath.Join(b.Root, pagesFolder, b.Name+".md")
}

// chart returns the file of a base's chart, without its folder.
func chart(base string) string {
	return "subscription-" + base + ".svg"
}

// title is what a page begins with.
func title(base string) string {
	return fmt.Sprintf("# Benchmarks of lnd %s\n\nWritten by `make bench "+
		"BASE=%s`. What is measured, and how, is in [Benchmarks]"+
		"(../benchmarks.md).\n\n", base, base)
}

// page renders all results of a base. It returns an error if some are missing.
func page(b *base.Base, r *Results, goals *Goals) (string, error) {
	verdicts, err := goals.judge(r)
	if err != nil {
		return "", fmt.Errorf("there is no page without all results: "+
			"%w", err)
	}

	var text strings.Builder
	fmt.Fprintf(&text, "%s%s- stock: lnd %s; patched: %s-lnd-once-%s\n"+
		"%s%s\n\n", title(b.Name), r.Facts.list(), b.Name, b.Name,
		r.Commit, sourcesLine, r.Sources)
	text.WriteString("Medians, with the lowest and the highest run in " +
		"parentheses. `~` marks a ratio that\nmay be chance.\n\n" +
		"## Goals\n\n")
	fmt.Fprintf(&text, "%s\n\n![Subscription time](%s)\n",
		tableOfVerdicts(verdicts).RenderMarkdown(), chart(b.Name))
	for _, g := range groups {
		table := r.tableOf(g, b.Stores)
		if table == nil {
			return "", fmt.Errorf("there is no page without all "+
				"results: none of %s", g.name)
		}
		fmt.Fprintf(&text, "\n## %s\n\n%s\n\n%s\n", g.title, g.text,
			table.RenderMarkdown())
	}

	return text.String(), nil
}

// WritePage writes the page of a base from the results of its last full run. If
// they are not those of the sources that are here now, the page says so, and
// shows none.
func WritePage(ctx context.Context, b *base.Base) error {
	r, err := Load(fullFile(b))
	if err != nil {
		return failure.Usage("lnd %s has not been measured in full "+
			"here: %w; make bench BASE=%s does", b.Name, err,
			b.Name)
	}
	sources, err := Sources(ctx, b)
	if err != nil {
		return err
	}
	if r.Sources != sources {
		err := results.Replace(Page(b), []byte(fmt.Sprintf("%s%s: `make "+
			"bench BASE=%s` does.\n", title(b.Name), staleLine,
			b.Name)))
		if err != nil {
			return err
		}

		return fmt.Errorf("the results of %s are those of other "+
			"sources, and %s shows none of them: make bench "+
			"BASE=%s measures again", r.Facts.Date, Page(b), b.Name)
	}

	goals, err := LoadGoals(b)
	if err != nil {
		return err
	}
	text, err := page(b, r, goals)
	if err != nil {
		return err
	}

	return results.Replace(Page(b), []byte(text))
}

// CheckPage returns an error if a base's page, if there is one, shows results
// that are older than their sources.
func CheckPage(ctx context.Context, b *base.Base) error {
	text, err := os.ReadFile(Page(b))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}

	sources, err := Sources(ctx, b)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, staleLine) ||
			strings.TrimSpace(line) == sourcesLine+sources {

			return nil
		}
	}

	return fmt.Errorf("%s is older than its sources, which are now %s: "+
		"make bench BASE=%s measures again, with REPORT=1 it only "+
		"writes what still holds", Page(b), sources, b.Name)
}
