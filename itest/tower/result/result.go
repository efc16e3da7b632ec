// Package result is what the tests of the control tower tell the program that
// has started them, as JSON.
package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Result is what the tests of one process have found on one kind of payments
// database. What was not tried is nil.
type Result struct {
	Store string        `json:"store"`
	Took  time.Duration `json:"took"`

	// Tests are the names of the tests that have come to their end.
	Tests []string `json:"tests"`

	Histories *Histories `json:"histories,omitempty"`
	Crashes   *Crashes   `json:"crashes,omitempty"`
	Faults    *Crashes   `json:"faults,omitempty"`

	// Violations tells of all promises that were broken.
	Violations []Violation `json:"violations,omitempty"`
}

// Violation is a promise that was broken.
type Violation struct {
	// Test is the name of the test, and Case that of the case in it.
	Test string `json:"test"`
	Case string `json:"case"`

	// Text says what was wrong.
	Text string `json:"text"`

	// Again is the command that runs this case alone.
	Again string `json:"again"`
}

// Ran returns whether a test has come to its end.
func (r *Result) Ran(test string) bool {
	return slices.Contains(r.Tests, test)
}

// Histories counts what random histories did.
type Histories struct {
	// Played and Steps count the histories and what was done in them.
	Played int `json:"played"`
	Steps  int `json:"steps"`

	// Retries counts the payments of a hash that has had one before, and
	// Late the results of such an earlier one that came during a retry.
	Retries int `json:"retries"`
	Late    int `json:"late"`

	// Restarts is how often the database was opened again.
	Restarts int `json:"restarts"`

	// Faults is how many calls to the database have failed, and Deaths how
	// often the process has died.
	Faults int `json:"faults,omitempty"`
	Deaths int `json:"deaths,omitempty"`

	// Seed plays the same histories again.
	Seed string `json:"seed"`
}

// Crashes counts what was tried while the sender of payments died.
type Crashes struct {
	// Deaths is how often a sender may have died during one payment, and
	// Faults how many calls may have failed.
	Deaths int `json:"deaths"`
	Faults int `json:"faults,omitempty"`

	// Flows counts the courses that a payment can take, Points the points
	// in them at which a sender died, Cases all that was tried, Left the
	// cases in which the database hid from a process that it had committed,
	// and the next one ended the payment, and Broken the cases in which a
	// promise was broken.
	Flows  int `json:"flows"`
	Points int `json:"points"`
	Cases  int `json:"cases"`
	Left   int `json:"left,omitempty"`
	Broken int `json:"broken"`
}

// Add adds up what was tried.
func (c *Crashes) Add(other Crashes) {
	c.Flows += other.Flows
	c.Points += other.Points
	c.Cases += other.Cases
	c.Left += other.Left
	c.Broken += other.Broken
}

// String describes what was tried.
func (c Crashes) String() string {
	return fmt.Sprintf("flows=%d points=%d cases=%d left=%d violations=%d",
		c.Flows, c.Points, c.Cases, c.Left, c.Broken)
}

// String describes what was done.
func (h Histories) String() string {
	return fmt.Sprintf("n=%d steps=%d retries=%d late=%d restarts=%d "+
		"faults=%d deaths=%d", h.Played, h.Steps, h.Retries, h.Late,
		h.Restarts, h.Faults, h.Deaths)
}

// Write writes the result into a file.
func (r *Result) Write(file string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0755); err != nil {
		return err
	}

	return os.WriteFile(file, append(text, '\n'), 0644)
}

// Read reads the result in a file.
func Read(file string) (*Result, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}

	return r, nil
}
