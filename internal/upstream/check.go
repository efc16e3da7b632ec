package upstream

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"lnd-once/internal/gobuild"
	"lnd-once/internal/gotest"
	"lnd-once/internal/lndtest"
	"lnd-once/internal/process"
)

// verdict is what became of a check.
type verdict string

const (
	passed verdict = "passed"
	failed verdict = "FAILED"
	notRun verdict = "not run"
)

// result is what a check has found.
type result struct {
	// check is what was checked, of the commit of that title; of the topic
	// as a whole if it is empty.
	check, commit string

	verdict verdict

	// detail counts what was checked, or says what was wrong.
	detail string
}

// shownLines is how many lines of what was found are shown.
const shownLines = 30

// checker checks a topic in the work tree.
type checker struct {
	*run

	// below and tip are the ends of the topic's branch.
	below, tip string

	results []result
}

// add notes a result and says it.
func (c *checker) add(check, commit string, v verdict, detail string) {
	c.results = append(c.results, result{check, commit, v, detail})
	c.Log.Say("  %s: %s %s %s", v, check, commit, detail)
}

// check checks a topic, commit by commit, and then as a whole.
func (c *checker) check(ctx context.Context) error {
	hashes, err := c.repo.work.Run(
		ctx, "rev-list", "--reverse", c.below+".."+c.tip,
	)
	if err != nil {
		return err
	}
	all := strings.Fields(hashes)
	before := c.below
	for _, hash := range all {
		err := c.checkCommit(ctx, before, hash)
		if err != nil {
			return err
		}
		before = hash
	}
	for _, check := range []func(context.Context) error{
		c.checkSQL, c.checkFormat, c.checkLines, c.checkNote,
		c.checkLint,
	} {
		if err := check(ctx); err != nil {
			return err
		}
	}

	return nil
}

// checkCommit builds, vets and tests what a commit changes.
func (c *checker) checkCommit(ctx context.Context, before, hash string) error {
	_, err := c.repo.work.Run(ctx, "checkout", "-q", "--detach", hash)
	if err != nil {
		return err
	}
	title, err := c.repo.work.Run(
		ctx, "log", "-1", "--abbrev=10", "--format=%h %s", hash,
	)
	if err != nil {
		return err
	}
	tree := c.repo.work.Dir()
	touched, err := lndtest.Between(ctx, tree, before, hash)
	if err != nil {
		return err
	}
	all, err := lndtest.Between(ctx, tree, c.below, hash)
	if err != nil {
		return err
	}
	itests, err := c.repo.work.Run(
		ctx, "diff", "--name-only", before, hash, "--", "itest/*.go",
		"lntest/*.go",
	)
	if err != nil {
		return err
	}
	if len(touched) == 0 && itests == "" {
		return nil
	}

	// All of lnd must build, also what uses what has changed.
	c.goTool(ctx, "build", title, lndtest.Tags(""), append([]string{
		"./cmd/lnd", "./cmd/lncli",
	}, all...))
	if len(all) > 0 {
		c.goTool(ctx, "vet", title, lndtest.Tags(""), all)
	}
	if itests != "" {
		c.goTool(ctx, "vet", title, gobuild.ItestTags,
			[]string{"./itest/..."})
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(touched) > 0 {
		return c.unitTests(ctx, title, "", touched)
	}

	return nil
}

// goTool runs a verb of go on packages.
func (c *checker) goTool(ctx context.Context, verb, title, tags string,
	packages []string) {

	args := []string{verb, "-buildvcs=false"}
	if verb == "build" {
		// What is built is thrown away.
		args = append(args, "-o", os.DevNull)
	}
	args = append(args, "-trimpath", "-tags", tags)

	var out bytes.Buffer
	err := process.Run(ctx, process.Config{
		Path: "go", Args: append(args, packages...),
		Dir: c.repo.work.Dir(), Env: append(os.Environ(), "GOWORK=off"),
		Stdout: &out, Stderr: &out,
	})
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		c.add("go "+verb, title, failed, end(out.String()))

		return
	}
	c.add("go "+verb, title, passed, strings.Join(packages, " "))
}

// unitTests runs the unit tests of packages, as lnd runs them, with a tag more.
func (c *checker) unitTests(ctx context.Context, title, tag string,
	packages []string) error {

	verdicts, err := lndtest.Run(ctx, lndtest.Config{
		Tree: c.repo.work.Dir(), Tag: tag,
		Args: append([]string{"-timeout=40m"}, packages...),
	})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	bad := verdicts.Of(gotest.Failed)
	text := fmt.Sprintf("%d passed, %d skipped in %s",
		len(verdicts.Of(gotest.Passed)),
		len(verdicts.Of(gotest.Skipped)), strings.Join(packages, " "))
	check := strings.TrimSpace("unit tests " + tag)
	switch {
	case err != nil:
		c.add(check, title, failed, err.Error())

	case len(bad) > 0:
		for _, v := range bad {
			text += fmt.Sprintf("\n%s %s: %s", v.Package, v.Test,
				v.Reason)
		}
		c.add(check, title, failed, text)

	default:
		c.add(check, title, passed, text)
	}

	return nil
}

// checkSQL runs, at the topic's end, the unit tests that lnd has for stores in
// SQL.
func (c *checker) checkSQL(ctx context.Context) error {
	tree := c.repo.work.Dir()
	touched, err := lndtest.Between(ctx, tree, c.below, c.tip)
	if err != nil {
		return err
	}
	packages, err := lndtest.WithSQL(tree, touched)
	if err != nil || len(packages) == 0 {
		return err
	}

	return c.unitTests(ctx, "", lndtest.SQLTag, packages)
}

// end returns the last lines of a text.
func end(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > shownLines {
		lines = lines[len(lines)-shownLines:]
	}

	return strings.Join(lines, "\n")
}
