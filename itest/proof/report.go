package proof

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
)

const (
	// stock is the side whose attacks are controls.
	stock = "stock"

	// notRun is said of a step whose result, if it has one, is older than
	// its sources.
	notRun = "not run on these sources"

	// passed is said of a step that has a result.
	passed = "passed"
)

// Report is all that is known of a base.
type Report struct {
	// Base is the base, Commit the patched lnd's as it is now.
	Base, Commit string

	// Steps are all steps, in their order.
	Steps []Reported
}

// Reported is what is known of a step.
type Reported struct {
	// Name is the step's name.
	Name string

	// Result is its result, if it has one on the sources as they are.
	Result *Result

	// Failed says why it has failed, if it just did, and Skipped why it was
	// not tried.
	Failed, Skipped string
}

// says returns what became of the step.
func (r *Reported) says() string {
	switch {
	case r.Failed != "":
		return "FAILED: " + r.Failed

	case r.Result != nil:
		return passed

	case r.Skipped != "":
		return "skipped: " + r.Skipped

	default:
		return notRun
	}
}

// Dir returns the folder that the logs of a base's steps are kept in.
func Dir(b *base.Base) string {
	return filepath.Join(b.Build(), "prove")
}

// Document returns the document that has the results of a base.
func Document(b *base.Base) string {
	return filepath.Join(b.Root, "docs", "proof", b.Name+".md")
}

// report returns what is known now.
func (r *run) report(ctx context.Context) (*Report, error) {
	commit, err := commitOf(ctx, r.Base)
	if err != nil {
		return nil, err
	}
	report := &Report{Base: r.Base.Name, Commit: commit}
	for _, step := range r.Steps {
		sources, err := sourcesOf(ctx, r.Base, step)
		if err != nil {
			return nil, err
		}
		result, err := load(resultFile(r.Base, step.Name))
		if err != nil {
			return nil, err
		}
		if result != nil && result.Sources != sources {
			result = nil
		}
		report.Steps = append(report.Steps, Reported{
			Name: step.Name, Result: result,
			Failed:  r.failed[step.Name],
			Skipped: r.skipped[step.Name],
		})
	}

	return report, nil
}

// commitOf returns the short name of the patched lnd's commit.
func commitOf(ctx context.Context, b *base.Base) (string, error) {
	return git.New(b.Tree()).Run(ctx, "rev-parse", "--short=12", "HEAD")
}

// results returns the results there are.
func (r *Report) results() []*Result {
	var results []*Result
	for _, step := range r.Steps {
		if step.Result != nil {
			results = append(results, step.Result)
		}
	}

	return results
}

// attacks returns the attacks of a kind.
func (r *Report) attacks(kind Kind) []Attack {
	var attacks []Attack
	for _, result := range r.results() {
		for _, attack := range result.Findings.Attacks {
			if attack.Kind == kind {
				attacks = append(attacks, attack)
			}
		}
	}

	return attacks
}

// Write writes the report into a document.
func (r *Report) Write(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}

	return os.WriteFile(file, []byte(r.Markdown()), 0o644)
}

// tail returns the end of the log of a step.
func (r *run) tail(step string) string {
	text, err := os.ReadFile(logFile(r.dir, step))
	if err != nil {
		return err.Error()
	}

	return string(text[max(len(text)-tailSize, 0):])
}

// lastLine returns the last line of a text that has something in it, cut to fit
// a terminal.
func lastLine(text string) string {
	const width = 60

	lines := strings.Split(strings.TrimSpace(text), "\n")
	line := lines[len(lines)-1]

	return line[:min(len(line), width)]
}

// distinct returns the different texts, sorted.
func distinct(texts []string) []string {
	slices.Sort(texts)

	return slices.Compact(texts)
}
