// Package proof attacks every guarantee of the contract on one base, step by
// step, and keeps what was tried, how often, and what broke, together with the
// sources that it is true of.
package proof

import (
	"context"
	"io"

	"lnd-once/itest/proof/suites"
	"lnd-once/itest/proof/undo"
)

// Step is an attack on the contract.
type Step struct {
	// Name is what it is called.
	Name string

	// Settings say how it is done, if the name does not.
	Settings string

	// Sources are the folders and files of ours that attack.
	Sources []string

	// Folder has the test of that name, if it is one test. Of its files
	// those count which the test can depend on.
	Folder, Test string

	// Spares are the beginnings of the paths in the patched lnd that take no
	// part in it.
	Spares []string

	// SparesTests is set if the tests of the patched lnd take no part, nor
	// those of what goes into it.
	SparesTests bool

	// Needs, if set, returns an error if this machine lacks what the step
	// needs and few machines have. The step is skipped then.
	Needs func() error

	// Run does it. What it prints goes to the log. It returns an error if
	// lnd did not stand up to it.
	Run func(ctx context.Context, log io.Writer) (Findings, error)
}

// Findings are what a step has found.
type Findings struct {
	// Attacks say what was tried how often.
	Attacks []Attack `json:"attacks,omitempty"`

	// Troubles are lnd's own tests that did not pass.
	Troubles []suites.Trouble `json:"troubles,omitempty"`

	// Undone are the tests that have noticed what was undone.
	Undone []undo.Noticed `json:"undone,omitempty"`
}

// Kind is a sort of attack.
type Kind string

// Attack says what one attack has tried and found.
type Attack struct {
	Kind Kind `json:"kind"`

	// What is attacked: a side of lnd, on a store, or something else.
	Side  string `json:"side,omitempty"`
	Store string `json:"store,omitempty"`
	What  string `json:"what,omitempty"`

	// Counts are the numbers that belong to its kind.
	Counts []Count `json:"counts"`

	// Violations is how often lnd has broken the contract. Attacks on stock
	// are controls, and are to find some.
	Violations int `json:"violations"`

	// Seed does it again, if chance is part of it.
	Seed uint64 `json:"seed,omitempty"`

	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// Count is a number of something.
type Count struct {
	Name  string `json:"name"`
	Value int    `json:"value"`
}
