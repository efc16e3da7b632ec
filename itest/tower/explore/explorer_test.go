package explore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// cases runs a case until there is no other, and returns the names of all.
func cases(e *Explorer, run func()) []string {
	var names []string
	for more := true; more; more = e.Next() {
		run()
		names = append(names, e.Name())
	}

	return names
}

// branching returns a case in which the first answer decides on the second
// question.
func branching(e *Explorer) func() {
	return func() {
		if e.Choose("", "x") == "x" {
			e.Choose("a", "b", "c")
		}
	}
}

// TestExplorerMakesEveryChoice runs a case once in each way it can go.
func TestExplorerMakesEveryChoice(t *testing.T) {
	e := New("")
	require.Equal(
		t, []string{"", "x,a", "x,b", "x,c"}, cases(e, branching(e)),
	)
	require.False(t, e.Lost())
}

// TestExplorerRunsOneCaseAgain runs one case alone by its name.
func TestExplorerRunsOneCaseAgain(t *testing.T) {
	e := New("x,b")
	require.Equal(t, []string{"x,b"}, cases(e, branching(e)))
}

// TestExplorerNoticesChance finds a case whose questions do not follow from the
// answers.
func TestExplorerNoticesChance(t *testing.T) {
	e, runs := New(""), 0
	cases(e, func() {
		runs++
		if runs == 1 {
			e.Choose("a", "b")
		} else {
			e.Choose("a")
		}
	})
	require.True(t, e.Lost())
}
