package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// events builds the input: each of the lines is package, test, action and
// output.
func events(lines ...[4]string) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, `{"Package":%q,"Test":%q,"Action":%q,`+
			`"Output":%q}`+"\n", l[0], l[1], l[2], l[3])
	}

	return b.String()
}

// TestVerdicts asserts which lines come of which events.
func TestVerdicts(t *testing.T) {
	t.Parallel()

	const testify = "    a_test.go:7: \n        \tError Trace:\ta.go:7\n" +
		"        \tError:      \tReceived unexpected error:\n" +
		"        \t            \tno bitcoind\n" +
		"        \tTest:       \tTestA\n"

	for name, tc := range map[string]struct {
		events, want string
	}{
		"passed and skipped": {
			events: events(
				[4]string{"p", "TestA", "run"},
				[4]string{"p", "TestA", "pass"},
				[4]string{"p", "TestB", "output",
					"    b_test.go:3: needs a\ttab\n"},
				[4]string{"p", "TestB", "skip"},
				[4]string{"p", "", "pass"},
			),
			want: "pass\tp\tTestA\t0.00\t\n" +
				"skip\tp\tTestB\t0.00\tneeds a tab\n",
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
			want: "fail\tp\tTestA/x\t0.00\tReceived unexpected " +
				"error: no bitcoind\n" +
				"pass\tp\tTestA/y\t0.00\t\n",
		},
		"a parent that failed by itself": {
			events: events(
				[4]string{"p", "TestA", "output", "a.go:1: x\n"},
				[4]string{"p", "TestA/y", "pass"},
				[4]string{"p", "TestA", "fail"},
				[4]string{"p", "", "fail"},
			),
			want: "fail\tp\tTestA\t0.00\tx\n" +
				"pass\tp\tTestA/y\t0.00\t\n",
		},
		"a test that did not end": {
			events: events(
				[4]string{"p", "TestA", "run"},
				[4]string{"p", "", "output",
					"panic: test timed out after 1s\n"},
				[4]string{"p", "", "fail"},
			),
			want: "fail\tp\tTestA\t0.00\tdid not end: panic: " +
				"test timed out after 1s\n",
		},
		"a package without a test that failed": {
			events: events(
				[4]string{"p", "TestA", "pass"},
				[4]string{"p", "", "output", "exit status 2\n"},
				[4]string{"p", "", "fail"},
			),
			want: "fail\tp\t-\t0.00\tnothing was printed\n" +
				"pass\tp\tTestA\t0.00\t\n",
		},
		"a package that does not build": {
			events: `{"ImportPath":"q","Action":"build-output",` +
				`"Output":"# q\na.go:3:1: undefined: x\n"}` +
				"\n" + `{"Package":"p","Action":"fail",` +
				`"FailedBuild":"q"}` + "\n",
			want: "fail\tp\t-\t0.00\tdoes not build: undefined: " +
				"x\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var got strings.Builder
			err := run(strings.NewReader(tc.events), &got)
			require.NoError(t, err)

			// The order is that of the first events.
			require.ElementsMatch(t, strings.Split(tc.want, "\n"),
				strings.Split(got.String(), "\n"))
		})
	}
}

// TestVerdictsOfGarbage asserts that what is no event is not passed over.
func TestVerdictsOfGarbage(t *testing.T) {
	t.Parallel()

	err := run(strings.NewReader("FAIL\n"), &strings.Builder{})
	require.ErrorContains(t, err, "not of go test -json")
}
