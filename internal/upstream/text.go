package upstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/linecount"
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
		text += fmt.Sprintf("\nIt stands on the branch of topic %d. "+
			"Of the topics before it, it needs %s.\n",
			topic.Number-1, needed(topic))
	}
	file := filepath.Join(Dir(c.Base), fmt.Sprintf("pr-%d.md",
		topic.Number))

	return file, os.WriteFile(file, []byte(text), 0o644)
}

// needed names the topics that another one needs.
func needed(topic *manifest.Topic) string {
	if len(topic.Needs) == 0 {
		return "none"
	}

	return strings.Trim(fmt.Sprint(topic.Needs), "[]")
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

// size returns how many lines a topic adds and removes, as a table.
func (c *checker) size(ctx context.Context) (string, error) {
	count, err := linecount.Between(ctx, c.repo.work, c.below, c.tip)

	return fmt.Sprintf("| lines | added | removed |\n|---|---|---|\n"+
		"| production | %d | %d |\n| test | %d | %d |\n"+
		"| other | %d | %d |\n", count.Production.Added,
		count.Production.Removed, count.Test.Added, count.Test.Removed,
		count.Other.Added, count.Other.Removed), err
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
