//go:build tower

package oncetower

import (
	"strings"
	"sync"
)

// explorer runs a case again and again, each time with other choices, until all
// have been made. A case asks it whenever it could go on in several ways. The
// answers are all that may differ between two runs: the same answers lead to
// the same questions.
type explorer struct {
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

// newExplorer creates an explorer of all cases, or of one with a name.
func newExplorer(only string) *explorer {
	e := &explorer{}
	if only != "" {
		e.only = strings.Split(only, ",")
	}

	return e
}

// choose returns one of the options.
func (e *explorer) choose(options ...string) string {
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

// wanted returns which option the case to run takes.
func (e *explorer) wanted(options []string) int {
	for i, option := range options {
		if len(e.only) > 0 && option != "" && option == e.only[0] {
			e.only = e.only[1:]

			return i
		}
	}

	return 0
}

// next prepares the next run. It returns false if there is none.
func (e *explorer) next() bool {
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

// name returns what tells this run from all others.
func (e *explorer) name() string {
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
