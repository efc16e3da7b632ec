package explore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrFault is what a call returns that is made to fail.
var ErrFault = errors.New("the connection was lost")

const (
	// fails is a call that fails without effect, done one that has its
	// effect and fails nevertheless.
	fails = ":fails"
	done  = ":done"

	// again is what the places begin with in a process after the first,
	// once more for each that was before it.
	again = "again/"
)

// Plan says beforehand what happens in a case, so that it does not depend on the
// order in which calls are made side by side. All else is left to an Explorer.
type Plan struct {
	// Death is how the first process dies. It lives on if this is empty.
	Death string

	// Faults are the calls that fail.
	Faults []string
}

// effective lists the kinds of calls that have an effect: all others only ask.
var effective = []string{"write", "send", "result", "clean"}

// Faults returns how the calls at a place can fail. One that only asks has no
// effect.
func Faults(place string) []string {
	isEffective := slices.ContainsFunc(effective, func(kind string) bool {
		return isCall(place, kind)
	})
	if !isEffective {
		return []string{place + fails}
	}

	return []string{place + fails, place + done}
}

// PlanOf returns the plan in the name of a case, nil if no call fails in it, and
// the rest of the name.
func PlanOf(name string) (*Plan, string) {
	var (
		plan = &Plan{}
		rest []string
	)
	for _, word := range strings.Split(name, ",") {
		switch {
		case strings.HasSuffix(word, fails),
			strings.HasSuffix(word, done):

			plan.Faults = append(plan.Faults, word)

		case isDeath(word):
			plan.Death = word
			rest = append(rest, word)

		default:
			rest = append(rest, word)
		}
	}
	if plan.Faults == nil {
		return nil, name
	}
	rest = slices.DeleteFunc(rest, isDeath)

	return plan, strings.Join(rest, ",")
}

// Death returns how a process dies at one of its commits, before it or after.
func Death(commit int, isBefore bool) string {
	if isBefore {
		return fmt.Sprint(before, commit)
	}

	return fmt.Sprint(after, commit)
}

// isDeath tells whether a word of a name is how a process has died.
func isDeath(word string) bool {
	name := strings.TrimRight(word, "0123456789")

	return name != word && slices.Contains(
		[]string{before, after, unsent}, name,
	)
}

// Name returns the name of a case with the plan, in which all else is called as
// given.
func (p *Plan) Name(rest string) string {
	words := slices.Clone(p.Faults)
	for _, word := range []string{p.Death, rest} {
		if word != "" {
			words = append(words, word)
		}
	}

	return strings.Join(words, ",")
}

// has tells whether the plan has a fault.
func (p *Plan) has(fault string) bool {
	return p != nil && slices.Contains(p.Faults, fault)
}

// Hides tells whether what is committed can be hidden from the process: the answer
// is lost, and so is the one to the question whether it was.
func (p *Plan) Hides() bool {
	return p.Fails("read") && slices.ContainsFunc(
		p.Faults, func(f string) bool {
			return isCall(f, "write") && strings.HasSuffix(f, done)
		},
	)
}

// isCall tells whether a place, or a fault, is one of calls of a kind.
func isCall(place, kind string) bool {
	return strings.HasPrefix(strings.ReplaceAll(place, again, ""), kind)
}

// Fails tells whether a call of a kind fails.
func (p *Plan) Fails(kind string) bool {
	return p != nil && slices.ContainsFunc(p.Faults, func(f string) bool {
		return isCall(f, kind)
	})
}
