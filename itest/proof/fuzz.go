package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lnd-once/internal/git"
	"lnd-once/internal/gotest"
)

var (
	// target matches a fuzz target in the source of a test.
	target = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)

	// executions matches what go test says of how often a target was run.
	executions = regexp.MustCompile(`execs: (\d+)`)
)

// fuzzTarget is a target of fuzzing, and its package.
type fuzzTarget struct {
	folder, name string
}

// fuzz runs every fuzz target of the module in a folder for some time each.
func fuzz(ctx context.Context, root string, long time.Duration,
	log io.Writer) (Findings, error) {

	targets, err := fuzzTargets(ctx, root)
	if err != nil {
		return Findings{}, err
	}

	var found Findings
	for _, t := range targets {
		attack, err := t.fuzz(ctx, root, long, log)
		if err != nil {
			return found, fmt.Errorf("%s of %s: %w", t.name,
				t.folder, err)
		}
		found.Attacks = append(found.Attacks, attack)
	}

	return found, nil
}

// fuzzTargets returns the fuzz targets of the module in a folder.
func fuzzTargets(ctx context.Context, root string) ([]fuzzTarget, error) {
	files, err := git.New(root).Run(
		ctx, "ls-files", "-c", "-o", "--exclude-standard", "--",
		"*_test.go",
	)
	if err != nil {
		return nil, err
	}

	var targets []fuzzTarget
	for file := range strings.Lines(files) {
		file = strings.TrimSpace(file)
		text, err := os.ReadFile(filepath.Join(root, file))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, name := range target.FindAllSubmatch(text, -1) {
			targets = append(targets, fuzzTarget{
				filepath.Dir(file), string(name[1]),
			})
		}
	}

	return targets, nil
}

// fuzz runs the target.
func (t *fuzzTarget) fuzz(ctx context.Context, root string, long time.Duration,
	log io.Writer) (Attack, error) {

	var printed bytes.Buffer
	begin := time.Now()
	verdicts, err := gotest.Run(ctx, gotest.Config{
		Dir: root, Log: io.MultiWriter(log, &printed),
		Args: []string{
			"-run", "^$", "-fuzz", "^" + t.name + "$",
			"-fuzztime", long.String(), "./" + t.folder,
		},
	})
	if err != nil {
		return Attack{}, err
	}

	count := 0
	for _, match := range executions.FindAllSubmatch(printed.Bytes(), -1) {
		if count, err = strconv.Atoi(string(match[1])); err != nil {
			return Attack{}, err
		}
	}
	if count == 0 {
		return Attack{}, errors.New("it was not run")
	}

	return Attack{
		Kind: Fuzzing, What: t.folder + " " + t.name,
		Counts:     []Count{{"executions", count}},
		Violations: len(verdicts.Of(gotest.Failed)),
		Seconds:    time.Since(begin).Seconds(),
	}, nil
}
