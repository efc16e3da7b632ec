// Package explore runs a case again and again, each time with other choices,
// until all have been made; and it lets the process that a case is about die at
// every point at which that makes a difference.
package explore

import (
	"strings"
	"sync"
)

// Explorer runs a case again and again, each time with other choices, until all
// have been made. A case asks it whenever it could go on in several ways. The
// answers are all that may differ between two runs: the same answers lead to
// the same questions.
type Explorer struct {
	mu sync.Mutex

	// plan is how the first questions of this run are answered. All others
	// get the first answer there is.
	plan []int

	// made is what has been chosen in this run.
	made []choice

	// lost is true once a question did not have the answers it had before.
	lost bool

	// only is the name of the one case to run, if it is not empty.
	only []string
}

// choice is a question of a run.
type choice struct {
	// options are the possible answers. An empty one is not mentioned.
	options []string

	// taken is the answer.
	taken int
}

// New creates an Explorer of all cases, or of one with a name.
func New(only string) *Explorer {
	e := &Explorer{}
	if only != "" {
		e.only = strings.Split(only, ",")
	}

	return e
}

// Choose returns one of the options.
func (e *Explorer) Choose(options ...string) string {
	e.mu.Lock()
	defer e.mu.Unlock()

	taken := 0
	switch at := len(e.made); {
	case e.only != nil:
		taken = e.wanted(options)

	case at < len(e.plan) && e.plan[at] < len(options):
		taken = e.plan[at]

	case at < len(e.plan):
		e.lost = true
	}
	e.made = append(e.made, choice{options, taken})

	return options[taken]
}

// Lost returns whether a question did not have the answers it had before, so
// that the choices do not determine what happens.
func (e *Explorer) Lost() bool {
	e.mu.Lock()
	defer e.mu.Unlock()

	return e.lost
}

// wanted returns which option the case to run takes.
func (e *Explorer) wanted(options []string) int {
	for i, option := range options {
		if len(e.only) > 0 && option != "" && option == e.only[0] {
			e.only = e.only[1:]

			return i
		}
	}

	return 0
}

// Next prepares the next run. It returns false if there is none.
func (e *Explorer) Next() bool {
	e.mu.Lock()
	defer e.mu.Unlock()

	last := len(e.made) - 1
	for last >= 0 && e.made[last].taken+1 == len(e.made[last].options) {
		last--
	}
	if last < 0 || e.only != nil {
		return false
	}

	e.plan = e.plan[:0]
	for _, c := range e.made[:last+1] {
		e.plan = append(e.plan, c.taken)
	}
	e.plan[last]++
	e.made = nil

	return true
}

// Name returns what tells this run from all others.
func (e *Explorer) Name() string {
	e.mu.Lock()
	defer e.mu.Unlock()

	var names []string
	for _, c := range e.made {
		if option := c.options[c.taken]; option != "" {
			names = append(names, option)
		}
	}

	return strings.Join(names, ",")
}
