//go:build nodes

package nodes

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/stretchr/testify/require"
)

const (
	// heapNoise is how many bytes of a node's heap may differ although
	// nothing is left behind.
	heapNoise = 640 << 10

	// calmChecks is how often in a row a node must use the same to count as
	// calm, and calmInterval the time between two looks.
	calmChecks   = 4
	calmInterval = 250 * time.Millisecond
)

// What the profiles of a Go program tell.
var (
	heapLine  = regexp.MustCompile(`(?m)^# HeapAlloc = (\d+)`)
	stackLine = regexp.MustCompile(`(?m)^(\d+) @.*\n((?:#\t.*\n)*)`)
	frameLine = regexp.MustCompile(`(?m)^#\t\S+\t(\S+?)\+`)

	// unrelated are goroutines that wait for a while for more messages of
	// a peer, and those that serve profiles.
	unrelated = regexp.MustCompile(`/pool\.\(\*Worker\)|net/http\.`)
)

// profiled is a node that tells what it uses.
type profiled struct {
	*testing.T

	node    *regtest.Node
	address string
}

// usage is what a node uses.
type usage struct {
	goroutines, files, heap int

	// stacks are how many goroutines have a stack.
	stacks map[string]int
}

// String tells all of it.
func (u usage) String() string {
	return fmt.Sprintf("goroutines=%+d files=%+d heapKiB=%+d",
		u.goroutines, u.files, u.heap>>10)
}

// minus returns what a node uses beyond what it used before.
func (u usage) minus(before usage) usage {
	return usage{
		goroutines: u.goroutines - before.goroutines,
		files:      u.files - before.files,
		heap:       u.heap - before.heap,
		stacks:     moreStacks(u.stacks, before.stacks),
	}
}

// moreStacks returns the stacks that more goroutines have than before, and how
// many more.
func moreStacks(now, before map[string]int) map[string]int {
	more := make(map[string]int)
	for stack, n := range now {
		if n > before[stack] {
			more[stack] = n - before[stack]
		}
	}

	return more
}

// describe tells all of it, with the stacks of goroutines.
func (u usage) describe() string {
	text := u.String()
	for stack, n := range u.stacks {
		text += fmt.Sprintf("\n%d goroutines at\n%s", n, stack)
	}

	return text
}

// nothing returns an error if something is left. What is left of goroutines is
// seen by their stacks: others may have ended meanwhile.
func (u usage) nothing() error {
	if len(u.stacks) > 0 || u.files > 0 || u.heap > heapNoise {
		return errors.New(u.String())
	}

	return nil
}

// usage returns what the node uses now, after all garbage is collected.
func (p *profiled) usage() usage {
	p.Helper()

	// What is in a pool takes a second collection to go.
	p.profile("heap?gc=1&debug=1")
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.node.Pid()))
	require.NoError(p, err)

	u := usage{
		files:  len(files),
		heap:   p.heap(p.profile("heap?gc=1&debug=1")),
		stacks: p.stacks(p.profile("goroutine?debug=1")),
	}
	for _, n := range u.stacks {
		u.goroutines += n
	}

	return u
}

// heap returns how many bytes are in use according to a profile.
func (p *profiled) heap(profile string) int {
	p.Helper()

	match := heapLine.FindStringSubmatch(profile)
	require.NotNil(p, match, "the profile has no %v", heapLine)
	bytes, err := strconv.Atoi(match[1])
	require.NoError(p, err)

	return bytes
}

// stacks returns how many goroutines have a stack. A profile has a group of
// lines for each: their number, and the frames. Stacks that come and go with
// other things than subscribers are left out.
func (p *profiled) stacks(profile string) map[string]int {
	p.Helper()

	stacks := make(map[string]int)
	for _, group := range stackLine.FindAllStringSubmatch(profile, -1) {
		number, err := strconv.Atoi(group[1])
		require.NoError(p, err)
		frames := frameLine.FindAllStringSubmatch(group[2], -1)
		var stack []string
		for _, frame := range frames {
			stack = append(stack, "  "+frame[1])
		}
		text := strings.Join(stack, "\n")
		if !unrelated.MatchString(text) {
			stacks[text] += number
		}
	}

	return stacks
}

// profile returns a profile of the node.
func (p *profiled) profile(name string) string {
	p.Helper()

	response, err := http.Get(
		"http://" + p.address + "/debug/pprof/" + name,
	)
	require.NoError(p, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(p, err)

	return string(body)
}

// calm waits until the node is calm and returns what it uses then.
func (p *profiled) calm() usage {
	p.Helper()

	var last usage
	same := 0
	eventually(p.T, endTimeout, "the node to be calm", func() error {
		time.Sleep(calmInterval)
		now := p.usage()
		if now.goroutines != last.goroutines ||
			now.files != last.files {

			same = 0
		}
		last = now
		if same++; same < calmChecks {
			return fmt.Errorf("it uses %v", now)
		}

		return nil
	})

	return last
}

// left returns what the node uses beyond what it used before, once that is
// nothing or does not become less.
func (p *profiled) left(before usage) usage {
	p.Helper()

	var left usage
	within(leftTimeout, func() error {
		left = p.usage().minus(before)

		return left.nothing()
	})

	return left
}
