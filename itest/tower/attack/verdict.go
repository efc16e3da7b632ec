package attack

import (
	"context"
	"errors"
	"io"
	"strconv"

	"lnd-once/itest/tower/result"
)

// histories is how many histories are played for a verdict, all of the same
// seed.
const histories = 200

// Verdict is what became of a test.
type Verdict string

// The verdicts that there are.
const (
	// Passed is a test that has found nothing.
	Passed Verdict = "passed"

	// Violated is a test that has found that a promise was broken.
	Violated Verdict = "violated"

	// Absent is a test that there is not.
	Absent Verdict = "absent"

	// Broke is a test that failed without having found anything.
	Broke Verdict = "broke down"
)

// RunTest runs one test of a test binary on bbolt, and returns what became of
// it. The file is for what it finds.
func RunTest(ctx context.Context, binary, file, test string,
	out io.Writer) (Verdict, error) {

	found, err := runTests(ctx, binary, file, out,
		"-test.run", "^"+test+"$", "-tower.db", "bbolt",
		"-tower.histories", strconv.Itoa(histories), "-rapid.seed", "1",
		"-rapid.shrinktime", "1s", "-tower.crashes", "0",
		"-tower.patience", "10s", "-tower.first")
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}

	return judge(found, err, test), nil
}

// judge returns what became of a test.
func judge(found *result.Result, err error, test string) Verdict {
	switch {
	case found != nil && len(found.Violations) > 0:
		return Violated

	case errors.Is(err, errNoTest):
		return Absent

	case err != nil:
		return Broke

	case !found.Ran(test):
		return Absent
	}

	return Passed
}
