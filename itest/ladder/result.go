package ladder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/harness"
	"lnd-once/internal/results"
	"lnd-once/itest/expect"
)

// Result is what was measured on a rung.
type Result struct {
	// Code is the code that it was measured on.
	Code string `json:"code"`

	// Outcomes are what became of the scenarios that were played.
	Outcomes []harness.Outcome `json:"outcomes"`
}

// file returns the path of a rung's result.
func file(b *base.Base, rung Rung) string {
	return filepath.Join(b.Results(), folder, rung.name()+".json")
}

// load returns the result of a rung. What was measured on other code is
// stale: then it is as if nothing had been.
func load(b *base.Base, rung Rung) (*Result, error) {
	none := &Result{Code: rung.Code}
	path := file(b, rung)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return nil, err
	}

	r := &Result{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, failure.Usage("%s: %w; rm it to measure again",
			path, err)
	}
	if r.Code != rung.Code {
		return none, nil
	}

	return r, nil
}

// save keeps the result of a rung.
func (r *Result) save(b *base.Base, rung Rung) error {
	return results.Save(file(b, rung), r)
}

// add adds outcomes, in the place of those of the same scenarios.
func (r *Result) add(outcomes []harness.Outcome) {
	for _, outcome := range outcomes {
		r.Outcomes = slices.DeleteFunc(
			r.Outcomes, func(old harness.Outcome) bool {
				return old.Scenario == outcome.Scenario
			},
		)
		r.Outcomes = append(r.Outcomes, outcome)
	}
}

// outcome returns what became of a scenario. It has no result if it has not
// been played.
func (r *Result) outcome(scenario string) harness.Outcome {
	for _, outcome := range r.Outcomes {
		if outcome.Scenario == scenario {
			return outcome
		}
	}

	return harness.Outcome{Scenario: scenario}
}

// missing returns which of the scenarios have not been measured. One that could
// not be played to its end has shown nothing.
func (r *Result) missing(scenarios []string) []string {
	var missing []string
	for _, name := range scenarios {
		if len(r.outcome(name).Shown) == 0 {
			missing = append(missing, name)
		}
	}

	return missing
}

// shown returns what a case has shown, nil if it has not.
func (r *Result) shown(scenario, name string) *expect.Shown {
	for _, shown := range r.outcome(scenario).Shown {
		if shown.Case == name {
			return &shown
		}
	}

	return nil
}

// judge returns what is not as it is known of the rung, in words.
func (r *Result) judge(rung Rung, known expect.Cases) []string {
	var wrong []string
	for _, outcome := range r.Outcomes {
		for _, shown := range outcome.Shown {
			if err := known.Judge(shown); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: %v",
					rung.name(), err))
			}
		}
		if len(outcome.Shown) == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %s could not "+
				"be played to its end: %s", rung.name(),
				outcome.Scenario, outcome.Reason))
		}
	}

	return wrong
}
