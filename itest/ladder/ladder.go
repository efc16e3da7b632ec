// Package ladder measures what each topic of a series buys: it plays the
// scenarios on stock, with the series up to each topic, and with all of it, and
// writes the tables of docs/ladder.md: what breaks there, and what a topic costs.
package ladder

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/harness"
	"lnd-once/internal/manifest"
)

// folder is where the results of a base lie, and the logs, each in their own.
const folder = "ladder"

// Rung is an lnd on the way from stock to the whole series.
type Rung struct {
	// Side is stock or patched, Topic the last topic that a patched lnd
	// has, 0 if it has the whole series.
	Side  string
	Topic int

	// Commit is the staged commit that it is built from.
	Commit string

	// Code is a hash of what decides what is measured on it: the files that
	// its program is built from, and the scenarios. Tests and documents are
	// no part of it.
	Code string
}

// name returns what the rung is called, in folders too.
func (r Rung) name() string {
	switch {
	case r.Side == harness.Stock:
		return harness.Stock

	case r.Topic == 0:
		return "whole"

	default:
		return manifest.TopicTag(r.Topic)
	}
}

// column returns what the rung's column in the table is called.
func (r Rung) column() string {
	if r.Topic > 0 {
		return strconv.Itoa(r.Topic)
	}

	return r.name()
}

// Rungs returns all rungs of a base that is staged, from stock up.
func Rungs(ctx context.Context, b *base.Base) ([]Rung, error) {
	series, err := manifest.Read(b.Dir)
	if err != nil {
		return nil, err
	}
	rungs := []Rung{{Side: harness.Stock}}
	refs := []string{"refs/lnd-once/stock"}
	for _, topic := range series.Topics {
		if topic.Number > 0 {
			rung := Rung{Side: harness.Patched, Topic: topic.Number}
			rungs = append(rungs, rung)
			refs = append(refs, "refs/lnd-once/"+rung.name())
		}
	}
	rungs = append(rungs, Rung{Side: harness.Patched})
	refs = append(refs, "refs/lnd-once/patched")

	tree := git.New(b.Tree())
	played, err := hash(ctx, tree, refs[len(refs)-1], plays)
	if err != nil {
		return nil, err
	}
	for i, ref := range refs {
		rungs[i].Commit, err = tree.Run(ctx, "rev-parse", ref)
		if err != nil {
			return nil, err
		}
		built, err := hash(ctx, tree, ref, builds)
		if err != nil {
			return nil, err
		}
		rungs[i].Code = built + " " + played
	}

	return rungs, nil
}

// plays tells whether a file of the whole series is part of what plays scenarios
// on any rung.
func plays(file string) bool {
	for _, folder := range []string{
		"itest/", "lntest/", "lnrpc/paymentcontract/",
	} {
		if strings.HasPrefix(file, folder) {
			return true
		}
	}

	return false
}

// builds tells whether a file can be part of lnd's program.
func builds(file string) bool {
	return !plays(file) && !strings.HasSuffix(file, "_test.go") &&
		!strings.HasPrefix(file, "docs/")
}

// hash returns a hash of the names and contents of the files of a commit that are
// chosen.
func hash(ctx context.Context, tree *git.Git, ref string,
	chosen func(file string) bool) (string, error) {

	list, err := tree.Run(ctx, "ls-tree", "-r", "--full-tree", ref)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	for line := range strings.Lines(list) {
		_, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if chosen(file) {
			_, _ = hash.Write([]byte(line))
		}
	}

	return fmt.Sprintf("%.12x", hash.Sum(nil)), nil
}

// checkTree returns an error if a rung's work tree is not just what was staged:
// what is measured in there would not be what the rung's commit holds.
func (r Rung) checkTree(ctx context.Context, tree string) error {
	g := git.New(tree)
	head, err := g.Run(ctx, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	changes, err := g.Run(ctx, "status", "--porcelain")
	if err != nil {
		return err
	}
	if head == r.Commit && changes == "" {
		return nil
	}

	return failure.Usage("%s holds work of yours, and would be measured "+
		"instead of %s: write it back with make series, or discard "+
		"it with rm -rf %s", tree, r.name(), tree)
}

// logs returns the folder of what a run has logged on a rung.
func (r Rung) logs(b *base.Base, run int) string {
	return filepath.Join(b.Build(), folder, r.name(), strconv.Itoa(run))
}
