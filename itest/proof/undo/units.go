package undo

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"lnd-once/internal/gotest"
	"lnd-once/internal/lndtest"
	"lnd-once/internal/process"
)

// Units returns a function that tries unit tests. Where a package has tests for
// tables in SQLite, they are tried as well.
func Units(log io.Writer) Try {
	return func(ctx context.Context, tree, name string,
		tests []string) ([]Tried, error) {

		withSQL, err := lndtest.WithSQL(tree, []string{name})
		if err != nil {
			return nil, err
		}
		tags := []string{""}
		if len(withSQL) > 0 {
			tags = append(tags, lndtest.SQLTag)
		}

		var all []Tried
		for _, tag := range tags {
			u := units{tree, name, tag, log}
			tried, err := u.try(ctx, tests)
			if err != nil {
				return nil, err
			}
			all = append(all, tried...)
		}

		return all, nil
	}
}

// units tries the unit tests of a package, built with a tag.
type units struct {
	tree, name, tag string
	log             io.Writer
}

// try builds the tests as the tree is now, and tries each.
func (u *units) try(ctx context.Context, tests []string) ([]Tried, error) {
	binary := filepath.Join(filepath.Dir(u.tree), "units.test")
	built := process.Run(ctx, process.Config{
		Path: "go", Args: []string{
			"test", "-trimpath", "-buildvcs=false", "-vet=off",
			"-tags", lndtest.Tags(u.tag), "-c", "-o", binary,
			u.name,
		},
		Dir: u.tree, Env: append(os.Environ(), "GOWORK=off"),
		Stdout: u.log, Stderr: u.log,
	}) == nil

	var all []Tried
	for _, test := range tests {
		verdict := Unbuilt
		if built {
			var err error
			verdict, err = u.one(ctx, binary, test)
			if err != nil {
				return nil, err
			}
		}
		all = append(all, Tried{test, u.where(), verdict})
	}

	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}

	return all, nil
}

// where says which package it is.
func (u *units) where() string {
	if u.tag == "" {
		return u.name
	}

	return u.name + " with " + u.tag
}

// one tries a test.
func (u *units) one(ctx context.Context, binary, test string) (Verdict, error) {
	verdicts, err := gotest.Run(ctx, gotest.Config{
		Dir: filepath.Join(u.tree, u.name), Binary: binary,
		Package: u.name, Log: u.log, Args: []string{
			"-test.timeout=1m",
			"-test.run=^" + regexp.QuoteMeta(test) + "$",
		},
	})
	if err != nil {
		return "", err
	}

	return Judge(verdicts), nil
}

// Judge returns what the verdicts on one test come to.
func Judge(verdicts gotest.Verdicts) Verdict {
	switch {
	case len(verdicts.Of(gotest.Failed)) > 0:
		return Failed

	case len(verdicts.Of(gotest.Passed)) > 0:
		return Passed

	default:
		return Absent
	}
}
