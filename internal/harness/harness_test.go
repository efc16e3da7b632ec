package harness

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/gotest"
	"lnd-once/itest/expect"
)

// binary is a test binary that says how it was called, and that a test case has
// passed.
const binary = `#!/bin/sh
echo "called with $*"
echo "in $TMPDIR, known $LND_ONCE_KNOWN, shown $LND_ONCE_SHOWN, port $(cat "$TMPDIR/rpctest-port")"
echo "=== RUN   TestLightningNetworkDaemon/a/b/c/pay"
echo "--- PASS: TestLightningNetworkDaemon/a/b/c/pay (1.00s)"
echo PASS
`

// TestRun asserts how lnd's harness is called, that each run has a folder of its
// own, which is gone in the end, and what comes of it.
func TestRun(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	tests := filepath.Join(dir, "itest.test")
	require.NoError(t, os.WriteFile(tests, []byte(binary), 0o700))
	logs := filepath.Join(dir, "logs")
	old := filepath.Join(logs, "old.log")
	require.NoError(t, os.MkdirAll(logs, 0o700))
	require.NoError(t, os.WriteFile(old, nil, 0o600))

	var log bytes.Buffer
	known := expect.Cases{{
		Scenario: "S1", Found: expect.Found{Ends: []string{"Once"}},
	}}
	verdicts, err := Run(t.Context(), Config{
		Binaries: &Binaries{Tests: tests, Lnd: "/lnd", Btcd: "/btcd"},
		Store:    "nativesqlite", Run: "^(pay)$", Skip: "(slow)",
		Timeout: "15m", Known: known, Logs: logs,
		Log: &log,
	})
	require.NoError(t, err)
	require.Len(t, verdicts.Of(gotest.Passed), 1)
	require.Equal(t, "TestLightningNetworkDaemon/a/b/c/pay",
		verdicts[0].Test)
	require.NoFileExists(t, old)

	for _, want := range []string{
		"-test.run=TestLightningNetworkDaemon/.*/.*/.*/^(pay)$ ",
		"-test.skip=TestLightningNetworkDaemon/.*/.*/.*/(slow) ",
		"-test.timeout=15m ", "-lndexec=/lnd ", "-btcdexec=/btcd ",
		"-logdir=" + logs, "-dbbackend=sqlite -nativesql\n",
		"known " + filepath.Join(logs, knownFile) + ", shown " +
			filepath.Join(logs, shownFolder) + ", port ",
		"in " + os.TempDir() + "/lnd-once-harness.",
	} {
		require.Contains(t, log.String(), want)
	}
	told, err := expect.Read(filepath.Join(logs, knownFile))
	require.NoError(t, err)
	require.Equal(t, []string{"Once"}, told[0].Ends)
	left, err := filepath.Glob(filepath.Join(os.TempDir(),
		"lnd-once-harness.*", "rpctest-port"))
	require.NoError(t, err)
	for _, file := range left {
		require.NotContains(t, log.String(), filepath.Dir(file))
	}
}

// TestBackend asserts how lnd's harness is told of each store.
func TestBackend(t *testing.T) {
	t.Parallel()

	for store, want := range map[string]struct {
		flags  []string
		server bool
	}{
		"bbolt":        {[]string{"-dbbackend=bbolt"}, false},
		"postgres":     {[]string{"-dbbackend=postgres"}, true},
		"nativesqlite": {[]string{"-dbbackend=sqlite", "-nativesql"}, false},
		"nativepostgres": {
			[]string{"-dbbackend=postgres", "-nativesql"}, true,
		},
	} {
		flags, server := database(store)
		require.Equal(t, want.flags, flags)
		require.Equal(t, want.server, server)
	}
}

// TestOutcomes asserts what is said of a scenario that has passed, and of one
// that has not run.
func TestOutcomes(t *testing.T) {
	t.Parallel()

	s := &Scenarios{Logs: t.TempDir()}
	shown := filepath.Join(s.Logs, shownFolder)
	require.NoError(t, os.Mkdir(shown, 0o700))
	require.NoError(t, os.WriteFile(
		filepath.Join(shown, "S1_late_fail.json"),
		[]byte(`[{"scenario": "S1 late fail", "ends": ["Once"]}]`),
		0o600,
	))

	outcomes, err := s.Outcomes(
		[]string{"S1 late fail", "S10 late"}, gotest.Verdicts{{
			Test:   "TestX/a/b/c/payment_outcome_S1_late_fail",
			Result: gotest.Passed, Seconds: 3,
		}, {
			Test:   "TestX/a/b/c/payment_outcome_S10_late_fail",
			Result: gotest.Failed,
		}},
	)
	require.NoError(t, err)
	require.Equal(t, []Outcome{{
		Scenario: "S1 late fail", Result: gotest.Passed, Seconds: 3,
		Shown: []expect.Shown{{
			Scenario: "S1 late fail",
			Found:    expect.Found{Ends: []string{"Once"}},
		}},
	}, {Scenario: "S10 late"}}, outcomes)
}

// TestKnown asserts what each lnd of a base is held to, and what it is called.
func TestKnown(t *testing.T) {
	t.Parallel()

	b := &base.Base{Name: "v1.2.3", Dir: t.TempDir()}
	require.NoError(t, os.WriteFile(
		filepath.Join(b.Dir, expect.File),
		[]byte("- scenario: S1\n  ends: [Once]\n  topics:\n"+
			"    - from: 2\n      all: [Ordered]\n"), 0o600,
	))

	for name, want := range map[string]struct {
		side  string
		topic int
		known expect.Cases
	}{
		"stock": {Stock, 0, expect.Cases{{
			Scenario: "S1",
			Found:    expect.Found{Ends: []string{"Once"}},
		}}},
		"topic-1": {Patched, 1, expect.Cases{{
			Scenario: "S1",
			Found:    expect.Found{Ends: []string{"Once"}},
		}}},
		"topic-2": {Patched, 2, expect.Cases{{
			Scenario: "S1",
			Found:    expect.Found{All: []string{"Ordered"}},
		}}},
		"patched": {Patched, 0, nil},
	} {
		known, err := Known(b, want.side, want.topic)
		require.NoError(t, err)
		require.Equal(t, want.known, known, name)
		require.Equal(t, name, (&Scenarios{
			Base: b, Side: want.side, Topic: want.topic,
		}).Name())
	}
	require.Equal(t, "(S1_late|S10)$", Pick([]string{"S1 late", "S10"}))
}
