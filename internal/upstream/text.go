package upstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/manifest"
)

// proseFolder has, below our root, what is said of each topic.
const proseFolder = "patches/upstream"

// report checks the topics that were asked for and writes their texts. It
// returns an error if a check has failed.
func (r *run) report(ctx context.Context) error {
	var bad []string
	for _, topic := range r.topics(r.first, r.last) {
		name := branchName(topic.Number)
		record := r.repo.recorded(ctx, topic.Number)
		r.Log.Say("checking %s: %s", name, topic.Name)
		c := &checker{run: r, below: record.below, tip: record.tip}
		_, err := r.repo.work.Run(
			ctx, "checkout", "-q", "--detach", c.tip,
		)
		if err != nil {
			return err
		}
		if err := c.check(ctx); err != nil {
			return err
		}
		file, err := c.writeText(ctx, topic)
		if err != nil {
			return err
		}
		for _, result := range c.results {
			if result.verdict == failed {
				bad = append(bad, fmt.Sprintf("topic %d: %s %s",
					topic.Number, result.check,
					result.commit))
			}
		}
		r.Log.Say("wrote %s", file)
	}
	if len(bad) > 0 {
		return fmt.Errorf("the branches are made, but %d check(s) "+
			"failed:\n  %s\nWhat they found is above, and in %s",
			len(bad), strings.Join(bad, "\n  "), Dir(r.Base))
	}
	r.Log.Say("all checks passed. Nothing was pushed: look at the "+
		"branches in %s", r.repo.dir)

	return nil
}

// prose returns what is said of a topic.
func (r *run) prose(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(r.Base.Root, proseFolder, name))
	if err != nil {
		return "", failure.Usage("cannot read what is to be said: %w",
			err)
	}

	return unwrap(strings.TrimSpace(string(text))), nil
}

// writeText writes the description of a pull request, and returns the file.
func (c *checker) writeText(ctx context.Context, topic *manifest.Topic) (string,
	error) {

	prose, err := c.prose(fmt.Sprintf("topic-%d.md", topic.Number))
	if err != nil {
		return "", err
	}
	size, err := c.size(ctx)
	if err != nil {
		return "", err
	}
	text := prose + "\n\n## What was tested\n\n" + c.tested() +
		"\n## Size\n\n" + size
	if topic.Number > 1 {
		text += fmt.Sprintf("\nIt stands on the branch of topic %d.\n",
			topic.Number-1)
	}
	file := filepath.Join(Dir(c.Base), fmt.Sprintf("pr-%d.md",
		topic.Number))

	return file, os.WriteFile(file, []byte(text), 0o644)
}

// tested returns what the checks have found, as a list.
func (c *checker) tested() string {
	var b strings.Builder
	fmt.Fprintf(&b, "On top of %s, commit by commit and at the end:\n\n",
		c.repo.ontoTitle)
	for _, result := range c.results {
		of := ""
		if result.commit != "" {
			of = " of `" + result.commit + "`"
		}
		detail := strings.ReplaceAll(result.detail, "\n", "\n  ")
		fmt.Fprintf(&b, "- %s%s: %s: %s\n", result.check, of,
			result.verdict, detail)
	}
	b.WriteString("\nNot run here: lnd's integration tests, tests with " +
		"-race and with PostgreSQL,\nother platforms, and what " +
		"generates code.\n")

	return b.String()
}

// size returns how many lines a topic adds and removes.
func (c *checker) size(ctx context.Context) (string, error) {
	stat, err := c.repo.work.Run(
		ctx, "diff", "--numstat", "--no-renames", c.below, c.tip,
	)
	if err != nil {
		return "", err
	}

	return sizeOf(stat), nil
}

// sizeOf returns what git's numbers of lines add up to, as a table.
func sizeOf(stat string) string {
	added, removed := make(map[string]int), make(map[string]int)
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		kind := kindOf(fields[2])
		plus, _ := strconv.Atoi(fields[0])
		minus, _ := strconv.Atoi(fields[1])
		added[kind] += plus
		removed[kind] += minus
	}

	text := "| lines | added | removed |\n|---|---|---|\n"
	for _, kind := range []string{"production", "test", "other"} {
		text += fmt.Sprintf("| %s | %d | %d |\n", kind, added[kind],
			removed[kind])
	}

	return text
}

// kindOf tells what a file's lines count as.
func kindOf(file string) string {
	top, _, _ := strings.Cut(file, "/")
	switch {
	case !strings.HasSuffix(file, ".go"):
		return "other"

	case strings.HasSuffix(file, "_test.go"), top == "itest",
		top == "lntest":

		return "test"
	}

	return "production"
}

// unwrap returns Markdown in which every paragraph is one line. Where pull
// requests and comments are read, a line's end within one is a line's end.
func unwrap(text string) string {
	blocks := strings.Split(text, "\n\n")
	for i, block := range blocks {
		if !strings.ContainsAny(block[:min(len(block), 1)], " #-|") {
			blocks[i] = strings.ReplaceAll(block, "\n", " ")
		}
	}

	return strings.Join(blocks, "\n\n")
}
