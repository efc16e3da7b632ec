// Package undo shows that every commit of a series is needed, and that the tests
// notice the loss of each behaviour of the contract: it undoes one after the
// other and runs the tests that must notice.
package undo

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
)

const (
	// file is the file of a base's folder with the rows.
	file = "undo/undo.yaml"

	// drop undoes a commit by taking back all that it does.
	drop = "drop"
)

// Kind is what a row undoes.
type Kind string

const (
	// Commit is a commit of the series.
	Commit Kind = "commit"

	// Behaviour is a behaviour of the contract.
	Behaviour Kind = "behaviour"
)

// Row says what is undone how, and what notices.
type Row struct {
	Kind Kind `yaml:"kind"`

	// What is the subject of the commit, or names the behaviour.
	What string `yaml:"what"`

	// Undo is the name of a patch, or "drop".
	Undo string `yaml:"undo"`

	// Topic is the number of the last topic of the series that is there
	// when this is undone. It is 0 for all, and set where a later topic
	// does the same for more.
	Topic int `yaml:"topic"`

	// Build is set if what notices is the build.
	Build bool `yaml:"build"`

	// Notices are the tests that have to fail, by package.
	Notices map[string][]string `yaml:"notices"`
}

// Noticed is a row that was noticed.
type Noticed struct {
	Kind Kind   `json:"kind"`
	What string `json:"what"`
	Undo string `json:"undo"`

	// By are the tests that have failed, or the build.
	By []string `json:"by"`
}

// Drops tells whether the commit was undone by taking back all that it does.
func (n *Noticed) Drops() bool {
	return n.Undo == drop
}

// rowsOf returns the rows of a base. Subjects are those of its series.
func rowsOf(b *base.Base, subjects []string) ([]Row, error) {
	var rows []Row
	if err := b.Read(file, &rows); err != nil {
		return nil, err
	}

	missing := slices.Clone(subjects)
	for i := range rows {
		if err := rows[i].check(subjects); err != nil {
			return nil, failure.Usage("%s of base %s: %w", file,
				b.Name, err)
		}
		if rows[i].Kind == Commit {
			missing = slices.DeleteFunc(missing, func(s string) bool {
				return s == rows[i].What
			})
		}
	}
	if len(missing) > 0 {
		return nil, failure.Usage("%s of base %s has no row for these "+
			"commits:\n  %s", file, b.Name,
			strings.Join(missing, "\n  "))
	}

	return rows, nil
}

// Tests returns the names of tests that notice the loss of commits: one for each
// commit of the subjects that has a row.
func Tests(b *base.Base, subjects []string) ([]string, error) {
	var rows []Row
	if err := b.Read(file, &rows); err != nil {
		return nil, err
	}

	var names []string
	for _, subject := range subjects {
		for _, row := range rows {
			if row.Kind == Commit && row.What == subject {
				names = append(names, row.by()[0])
			}
		}
	}

	return names, nil
}

// check returns an error if the row does not say what it has to.
func (r *Row) check(subjects []string) error {
	switch {
	case r.Kind != Commit && r.Kind != Behaviour:
		return fmt.Errorf("'%s' has no kind: there are commit and "+
			"behaviour", r.What)

	case r.Undo == "" || r.Undo == drop && r.Kind != Commit:
		return fmt.Errorf("'%s' does not say which patch undoes it",
			r.What)

	case r.Kind == Commit && !slices.Contains(subjects, r.What):
		return fmt.Errorf("the series has no commit '%s'", r.What)

	case r.Build == (len(r.Notices) > 0):
		return fmt.Errorf("'%s' must name tests, or the build", r.What)
	}
	for name, tests := range r.Notices {
		if !strings.HasPrefix(name, ".") || len(tests) == 0 {
			return fmt.Errorf("'%s' must name packages that begin "+
				"with a point, and tests of them", r.What)
		}
	}

	return nil
}

// packages returns the packages whose tests notice.
func (r *Row) packages() []string {
	return slices.Sorted(maps.Keys(r.Notices))
}

// by returns the names of all that notices.
func (r *Row) by() []string {
	if r.Build {
		return []string{"the build"}
	}

	var names []string
	for _, name := range r.packages() {
		names = append(names, r.Notices[name]...)
	}

	return names
}

// pick returns the rows that match a regular expression by what they undo.
func pick(rows []Row, pattern string) ([]Row, error) {
	chosen, err := regexp.Compile(pattern)
	if err != nil {
		return nil, failure.Usage("ROW='%s' is no regular expression: "+
			"%w", pattern, err)
	}

	var picked []Row
	for _, row := range rows {
		text := string(row.Kind) + " " + row.Undo + " " + row.What
		if chosen.MatchString(text) {
			picked = append(picked, row)
		}
	}
	if len(picked) == 0 {
		return nil, failure.Usage("no row of %s matches ROW='%s'", file,
			pattern)
	}

	return picked, nil
}
