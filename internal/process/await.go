package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	// AnswerTimeout is how long a program may take until it answers. A
	// machine that does many other things makes it slow.
	AnswerTimeout = 3 * time.Minute

	// pollInterval is the time between two looks at a condition.
	pollInterval = 50 * time.Millisecond

	// tailLines is how much of a log is quoted when a program ended.
	tailLines = 5
)

// Await polls a condition until it holds. It gives up when the program ends, the
// context does, or it takes longer than any answer should. The last error of the
// condition is part of the one returned.
func (p *Process) Await(ctx context.Context, what string,
	condition func(context.Context) error) error {

	ctx, cancel := context.WithTimeout(ctx, AnswerTimeout)
	defer cancel()

	for {
		err := condition(ctx)
		if err == nil {
			return nil
		}

		select {
		case <-time.After(pollInterval):

		case <-p.ended:
			return p.Alive()

		case <-ctx.Done():
			// Ctrl-C needs no explanation.
			if errors.Is(ctx.Err(), context.Canceled) {
				return context.Cause(ctx)
			}

			return fmt.Errorf("%s: waited %v for %s, see %s: %w",
				p.cfg.Name, AnswerTimeout, what, p.cfg.Log, err)
		}
	}
}

// quote returns the end of the program's log for an error, if it has one.
func (p *Process) quote() string {
	if p.cfg.Log == "" {
		return ""
	}

	return fmt.Sprintf(", its last words in %s:\n%s", p.cfg.Log,
		tail(p.cfg.Log))
}

// tail returns the last lines of a log.
func tail(log string) string {
	text, err := os.ReadFile(log)
	if err != nil {
		return err.Error()
	}

	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}

	return "    " + strings.Join(lines, "\n    ")
}
