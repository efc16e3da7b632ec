package gotest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gotest.tools/gotestsum/testjson"
)

// events returns the events of lines: package, test, action and output.
func events(lines ...[4]string) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, `{"Package":%q,"Test":%q,"Action":%q,`+
			`"Output":%q}`+"\n", l[0], l[1], l[2], l[3])
	}

	return b.String()
}

// testify is what testify prints when an assertion fails.
const testify = "    a_test.go:7: \n        \tError Trace:\ta.go:7\n" +
	"        \tError:      \tReceived unexpected error:\n" +
	"        \t            \tno bitcoind\n" +
	"        \tTest:       \tTestA\n"

// verdictCases are which verdicts come of which events.
var verdictCases = map[string]struct {
	events string
	want   Verdicts
}{
	"passed and skipped": {
		events: events(
			[4]string{"p", "TestA", "run"},
			[4]string{"p", "TestA", "pass"},
			[4]string{"p", "TestB", "output", "    harness.go:9: " +
				"starting a node\n"},
			[4]string{"p", "TestB", "output", "    b_test.go:3: " +
				"needs a\ttab\n"},
			[4]string{"p", "TestB", "skip"},
			[4]string{"p", "", "pass"},
		),
		want: Verdicts{
			{Package: "p", Test: "TestA", Result: Passed},
			{Package: "p", Test: "TestB", Result: Skipped,
				Reason: "needs a tab"},
		},
	},
	"the subtest that failed, without its parents": {
		events: events(
			[4]string{"p", "TestA", "run"},
			[4]string{"p", "TestA/x", "output", testify},
			[4]string{"p", "TestA/x", "fail"},
			[4]string{"p", "TestA/y", "pass"},
			[4]string{"p", "TestA", "fail"},
			[4]string{"p", "", "fail"},
		),
		want: Verdicts{
			{Package: "p", Test: "TestA/x", Result: Failed,
				Reason: "Received unexpected error: no " +
					"bitcoind"},
			{Package: "p", Test: "TestA/y", Result: Passed},
		},
	},
	"a parent that failed by itself": {
		events: events(
			[4]string{"p", "TestA", "output", "a.go:1: x\n"},
			[4]string{"p", "TestA/y", "pass"},
			[4]string{"p", "TestA", "fail"},
			[4]string{"p", "", "fail"},
		),
		want: Verdicts{
			{Package: "p", Test: "TestA", Result: Failed,
				Reason: "x"},
			{Package: "p", Test: "TestA/y", Result: Passed},
		},
	},
	"a test that did not end": {
		events: events(
			[4]string{"p", "TestA", "run"},
			[4]string{"p", "", "output",
				"panic: test timed out after 1s\n"},
			[4]string{"p", "", "fail"},
		),
		want: Verdicts{{Package: "p", Test: "TestA", Result: Failed,
			Reason: "did not end: panic: test timed out after 1s"}},
	},
	"a package without a test that failed": {
		events: events(
			[4]string{"p", "TestA", "pass"},
			[4]string{"p", "", "output", "exit status 2\n"},
			[4]string{"p", "", "fail"},
		),
		want: Verdicts{
			{Package: "p", Result: Failed,
				Reason: "nothing was printed"},
			{Package: "p", Test: "TestA", Result: Passed},
		},
	},
	"a package that does not build": {
		events: `{"ImportPath":"q","Action":"build-output",` +
			`"Output":"# q\n"}` + "\n" +
			`{"ImportPath":"q","Action":"build-output",` +
			`"Output":"a.go:3:1: undefined: x\n"}` + "\n" +
			`{"Package":"p","Action":"output","Output":` +
			`"FAIL\tp [build failed]\n"}` + "\n" +
			`{"Package":"p","Action":"fail","FailedBuild":"q"}` +
			"\n",
		want: Verdicts{{Package: "p", Result: Failed,
			Reason: "does not build: undefined: x"}},
	},
}

// TestVerdicts asserts which verdicts come of which events.
func TestVerdicts(t *testing.T) {
	t.Parallel()

	for name, tc := range verdictCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			execution, err := testjson.ScanTestOutput(
				testjson.ScanConfig{
					Stdout: strings.NewReader(tc.events),
				},
			)
			require.NoError(t, err)

			// The order is that of the first events.
			require.ElementsMatch(t, tc.want,
				verdictsOf(execution))
		})
	}
}
