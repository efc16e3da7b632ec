package attack

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/itest/tower/result"
)

// program writes a shell script that takes the place of a test binary. Its last
// argument is the file for the result.
func program(t *testing.T, script string) string {
	t.Helper()

	path := filepath.Join(t.TempDir(), "tower.test")
	text := "#!/bin/sh\nfor file; do :; done\n" + script + "\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0755))

	return path
}

// TestWrongConfigIsRefused checks that errors say what there is.
func TestWrongConfigIsRefused(t *testing.T) {
	ctx := context.Background()
	cfg := Config{
		Base: &base.Base{
			Name: "v1.2.3", Root: t.TempDir(),
			Stores: []string{"bbolt", "sqlite"},
		},
		Store: "cloud",
	}
	check := func(want string, err error) {
		t.Helper()

		require.ErrorContains(t, err, want)
		require.Equal(t, 2, failure.Exit(err))
	}

	_, err := Histories(ctx, cfg, 1, 0)
	check("lnd v1.2.3 is not staged: lnd-once stage", err)

	for _, tree := range []string{cfg.Base.Tree(), cfg.Base.Stock()} {
		require.NoError(t, os.MkdirAll(tree, 0755))
	}
	_, err = Histories(ctx, cfg, 1, 0)
	check("no store 'cloud'; there are: bbolt sqlite", err)
	_, err = Histories(ctx, cfg, 0, 0)
	check("0 is no number of histories", err)
	_, err = DisturbedHistories(ctx, cfg, 0, 0)
	check("0 is no number of histories", err)
	_, err = Crashes(ctx, cfg, 10)
	check("10 is no number of crashes", err)

	cfg.Stock = true
	_, err = Histories(ctx, cfg, 1, 0)
	check("histories need a patched lnd", err)
	_, err = Crashes(ctx, cfg, 1)
	check("no store 'cloud'", err)
}

// TestResultIsOfThisRun checks that tests have databases in memory, that what
// they have found is read, and that nothing else is.
func TestResultIsOfThisRun(t *testing.T) {
	var (
		ctx  = context.Background()
		file = filepath.Join(t.TempDir(), "result.json")
		out  bytes.Buffer
	)
	tells := program(t, `echo '{"store":"bbolt"}' >"$file"; echo "$TMPDIR"`)
	found, err := runTests(ctx, tells, file, &out)
	require.NoError(t, err)
	require.Equal(t, "bbolt", found.Store)

	memory := string(bytes.TrimSpace(out.Bytes()))
	require.Equal(t, memoryFolder, filepath.Dir(memory))
	require.NoDirExists(t, memory)

	_, err = runTests(ctx, program(t, "exit 0"), file, &out)
	require.ErrorIs(t, err, errNoTest)
	require.NoFileExists(t, file)
}

// TestVerdicts checks what tests that end in each way are taken for.
func TestVerdicts(t *testing.T) {
	const test = "TestHistories"
	violated := &result.Result{
		Tests:      []string{test},
		Violations: []result.Violation{{Test: test}},
	}
	passed := &result.Result{Tests: []string{test}}
	failed := errors.New("exit status 1")

	require.Equal(t, Passed, judge(passed, nil, test))
	require.Equal(t, Violated, judge(violated, failed, test))
	require.Equal(t, Broke, judge(passed, failed, test))
	require.Equal(t, Broke, judge(nil, failed, test))
	require.Equal(t, Absent, judge(nil, errNoTest, test))
	require.Equal(t, Absent, judge(passed, nil, "TestOther"))
}

// TestRunTest runs a test that finds a violation.
func TestRunTest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "result.json")
	binary := program(t, `echo '{"violations":[{}]}' >"$file"; exit 1`)
	verdict, err := RunTest(
		context.Background(), binary, file, "TestHistories",
		&bytes.Buffer{},
	)
	require.NoError(t, err)
	require.Equal(t, Violated, verdict)
}
