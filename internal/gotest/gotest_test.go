package gotest

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// source is a package with tests of every kind, which a variable picks from.
const source = `package p

import (
	"os"
	"os/exec"
	"testing"
)

func TestPasses(t *testing.T) { t.Log("all is well") }

func TestFails(t *testing.T) { t.Error("two and two", os.Getenv("IS")) }

func TestSkips(t *testing.T) { t.Skip("no wish") }

func TestLeaves(t *testing.T) {
	left := exec.Command("sleep", "1000")
	left.Stdout, left.Stderr = os.Stdout, os.Stderr
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
}

func TestWaits(t *testing.T) {
	os.WriteFile(os.Getenv("BEGUN"), nil, 0o600)
	select {}
}

func TestExits(t *testing.T) { os.Exit(0) }
`

// newModule returns the folder of a module with the package.
func newModule(t *testing.T) string {
	t.Helper()

	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module p\n", "p_test.go": source,
	} {
		err := os.WriteFile(
			filepath.Join(dir, name), []byte(text), 0o600,
		)
		require.NoError(t, err)
	}

	return dir
}

// buildBinary returns the package's test binary.
func buildBinary(t *testing.T, dir string) string {
	t.Helper()

	binary := filepath.Join(dir, "p.test")
	build := exec.Command("go", "test", "-trimpath", "-buildvcs=false",
		"-c", "-o", binary, ".")
	build.Dir = dir
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	return binary
}

const (
	// testTimeout is how long a test waits for what must happen.
	testTimeout = time.Minute

	// poll is how often it looks.
	poll = 10 * time.Millisecond
)

// want are the verdicts on the tests that end.
var want = Verdicts{
	{Package: "p", Test: "TestPasses", Result: Passed},
	{Package: "p", Test: "TestFails", Result: Failed,
		Reason: "two and two four"},
	{Package: "p", Test: "TestSkips", Result: Skipped, Reason: "no wish"},
}

// withoutTimes returns verdicts that do not say how long the tests took.
func withoutTimes(verdicts Verdicts) Verdicts {
	for i := range verdicts {
		verdicts[i].Seconds = 0
	}

	return verdicts
}

// TestRun asserts that go test and a test binary give the same verdicts, and
// what they print.
func TestRun(t *testing.T) {
	t.Parallel()

	dir := newModule(t)
	binary := buildBinary(t, dir)
	for name, cfg := range map[string]Config{
		"go test": {Args: []string{
			"-run", "Passes|Fails|Skips", ".",
		}},
		"binary": {Binary: binary, Package: "p", Args: []string{
			"-test.run", "Passes|Fails|Skips",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var log, out bytes.Buffer
			cfg.Dir, cfg.Env = dir, []string{"IS=four"}
			cfg.Log, cfg.Out = &log, &out
			verdicts, err := Run(t.Context(), cfg)
			require.NoError(t, err)
			require.Equal(t, want, withoutTimes(verdicts))

			require.Contains(t, log.String(), "all is well")
			require.NotContains(t, out.String(), "all is well")
			require.Contains(t, out.String(), "two and two four")
		})
	}
}

// TestRunLeavesNothing asserts that tests end although what they have started
// does not.
func TestRunLeavesNothing(t *testing.T) {
	t.Parallel()

	dir := newModule(t)
	verdicts, err := Run(t.Context(), Config{
		Dir: dir, Binary: buildBinary(t, dir), Package: "p",
		Args: []string{"-test.run", "Leaves"},
	})
	require.NoError(t, err)
	require.Len(t, verdicts.Of(Passed), 1)
}

// TestRunStops asserts that the context ends the tests.
func TestRunStops(t *testing.T) {
	t.Parallel()

	dir := newModule(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	begun := filepath.Join(dir, "begun")
	stop := errors.New("stop")

	ended := make(chan error, 1)
	go func() {
		_, err := Run(ctx, Config{
			Dir: dir, Args: []string{"-run", "Waits", "."},
			Env: []string{"BEGUN=" + begun},
		})
		ended <- err
	}()
	require.Eventually(t, func() bool {
		_, err := os.Stat(begun)
		return err == nil
	}, testTimeout, poll)
	cancel(stop)
	require.ErrorIs(t, <-ended, stop)
}

// TestRunOfNoTests asserts that a package whose tests cannot run has failed.
func TestRunOfNoTests(t *testing.T) {
	t.Parallel()

	dir := newModule(t)
	for argument, reason := range map[string]string{
		"-nonsense": "flag provided but not defined: -nonsense",
		"./nowhere": "does not build: ",
	} {
		verdicts, err := Run(t.Context(), Config{
			Dir: dir, Args: []string{argument},
		})
		require.NoError(t, err, argument)
		require.Len(t, verdicts, 1)
		require.Empty(t, verdicts[0].Test)
		require.Equal(t, Failed, verdicts[0].Result)
		require.Contains(t, verdicts[0].Reason, reason)
	}

	_, err := Run(t.Context(), Config{Dir: dir, Binary: "/no/binary"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestRunDistrustsVerdicts asserts that verdicts which do not explain the exit
// status are an error.
func TestRunDistrustsVerdicts(t *testing.T) {
	t.Parallel()

	binary := filepath.Join(t.TempDir(), "p.test")
	err := os.WriteFile(binary, []byte("#!/bin/sh\n"+
		"echo '--- FAIL: TestA (0.00s)'\necho oh no >&2\n"), 0o700)
	require.NoError(t, err)

	_, err = Run(t.Context(), Config{Binary: binary, Package: "p"})
	require.EqualError(t, err, "the tests ended with exit status 0, but "+
		"1 of them failed: oh no")
}
