// Package expect says what the stock lnd of a base breaks in each scenario, and
// what one with the first topics of our series does, and compares it with what
// a run has shown. The tool reads it as YAML from the base's folder, lnd's
// integration tests as JSON.
package expect

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// guarantees are those that a client can find broken, in the contract's order.
var guarantees = []string{
	"Once", "Final", "Reason", "Specific", "Ordered", "Ends",
}

// Found has the guarantees that each client has found broken, in the contract's
// order.
type Found struct {
	// Ends is what a client of terminal updates alone finds, All what one
	// of all updates does.
	Ends []string `json:"ends" yaml:"ends"`
	All  []string `json:"all" yaml:"all"`
}

// Case is what stock breaks in a case of a scenario.
type Case struct {
	// Scenario is the scenario's name, Case that of the case, which is
	// empty if the scenario has only one.
	Scenario string `json:"scenario" yaml:"scenario"`
	Case     string `json:"case,omitempty" yaml:"case"`

	Found `yaml:",inline"`

	// Race is what a client finds instead when stock loses a race with
	// itself. A client for which it has nothing is not concerned.
	Race Found `json:"race" yaml:"race"`

	// Topics are what is found with the first topics of the series, where
	// that differs from stock, in the order of the topics.
	Topics []Topic `json:"topics,omitempty" yaml:"topics"`
}

// Cases has all cases of all scenarios, in their order. Without any, nothing
// may break: that is what an lnd with the whole series is held to.
type Cases []Case

// Shown is what a case has shown.
type Shown struct {
	Scenario string `json:"scenario"`
	Case     string `json:"case,omitempty"`

	Found

	// Updates are those that the client of terminal updates alone got of
	// the payment, Stored is how the node holds it, and Violations are what
	// both clients have found, in words.
	Updates    []string `json:"updates,omitempty"`
	Stored     string   `json:"stored,omitempty"`
	Violations []string `json:"violations,omitempty"`
}

// File is the file in a base's folder that has its cases.
const File = "scenarios.yaml"

// Base is what is known of a base, in files.
type Base interface {
	// Read reads a YAML file.
	Read(file string, into any) error
}

// Load returns the cases of a base.
func Load(b Base) (Cases, error) {
	var cases Cases
	if err := b.Read(File, &cases); err != nil {
		return nil, err
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s has no scenario", File)
	}
	if err := cases.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}

	return cases, nil
}

// Read reads the cases from a JSON file, none if the path is empty.
func Read(path string) (Cases, error) {
	if path == "" {
		return nil, nil
	}

	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cases Cases
	if err := json.Unmarshal(text, &cases); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}

	return cases, cases.Check()
}

// Check returns an error if a case has no scenario, is there twice, names a
// guarantee that there is not or that is out of the contract's order, or has
// its topics out of theirs.
func (c Cases) Check() error {
	for i, known := range c {
		if known.Scenario == "" {
			return fmt.Errorf("entry %d of the scenarios has no "+
				"scenario", i+1)
		}
		if c.index(known.Scenario, known.Case) != i {
			return fmt.Errorf("%s is there twice", known)
		}
		all, err := known.founds()
		if err != nil {
			return fmt.Errorf("%s: %w", known, err)
		}
		for _, found := range all {
			if err := checkOrder(found); err != nil {
				return fmt.Errorf("%s: %w", known, err)
			}
		}
	}

	return nil
}

// checkOrder returns an error if names are not guarantees in the contract's
// order.
func checkOrder(names []string) error {
	for _, name := range names {
		if !slices.Contains(guarantees, name) {
			return fmt.Errorf("unknown guarantee '%s'; there are: "+
				"%s", name, strings.Join(guarantees, ", "))
		}
	}
	if sorted := Sort(names); !slices.Equal(names, sorted) {
		return fmt.Errorf("the guarantees %v must be in the "+
			"contract's order, each once: %v", names, sorted)
	}

	return nil
}

// Sort returns the names of guarantees in the contract's order, each once.
func Sort(names []string) []string {
	return slices.DeleteFunc(
		slices.Clone(guarantees), func(name string) bool {
			return !slices.Contains(names, name)
		},
	)
}

// Scenarios returns the names of the scenarios.
func (c Cases) Scenarios() []string {
	var names []string
	for _, known := range c {
		names = append(names, known.Scenario)
	}

	return slices.Compact(names)
}

// index returns where a case is, or -1.
func (c Cases) index(scenario, name string) int {
	return slices.IndexFunc(c, func(known Case) bool {
		return known.Scenario == scenario && known.Case == name
	})
}

// Of returns what is known of a case: nothing if there are no cases at all.
func (c Cases) Of(scenario, name string) (Case, error) {
	wanted := Case{Scenario: scenario, Case: name}
	if len(c) == 0 {
		return wanted, nil
	}

	i := c.index(scenario, name)
	if i < 0 {
		var names []string
		for _, known := range c {
			names = append(names, known.String())
		}

		return wanted, fmt.Errorf("nothing is known of what stock "+
			"breaks in %s; there are: %s", wanted,
			strings.Join(names, ", "))
	}

	return c[i], nil
}

// Judge returns an error if a case has not shown exactly what is known of it.
func (c Cases) Judge(shown Shown) error {
	known, err := c.Of(shown.Scenario, shown.Case)
	if err != nil {
		return err
	}

	for _, client := range []struct {
		of                string
		found, want, race []string
	}{
		{"terminal", shown.Ends, known.Ends, known.Race.Ends},
		{"all", shown.All, known.All, known.Race.All},
	} {
		lost := len(client.race) > 0 &&
			slices.Equal(client.found, client.race)
		if lost || slices.Equal(client.found, client.want) {
			continue
		}

		want := fmt.Sprint(client.want)
		if len(client.race) > 0 {
			want += fmt.Sprintf(" or %v", client.race)
		}

		return fmt.Errorf("%s: a client of %s updates should find "+
			"that %s is broken, and found %v", known,
			client.of, want, client.found)
	}

	return nil
}

// String returns what a case is called.
func (c Case) String() string {
	return strings.TrimSuffix(c.Scenario+", "+c.Case, ", ")
}
