package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// produced holds a line of everything that finds something, as it printed it.
const produced = `suite base=v0.21.2-beta lnd=patched suite=units ` +
	`packages=61 tests=2904 skipped=7 violations=0 ` +
	`failed-on-stock-too=0 flaky=1 took=713s
histories db=bbolt n=10000 steps=327779 retries=12731 late=19589 ` +
	`restarts=15175 violations=0 seed=1795423249030904351 took=2m0s
crashes db=sqlite deaths=1 flows=35 points=423 cases=901 violations=0 took=15s
crashes db=bbolt deaths=1 flows=3 points=45 cases=60 violations=16 took=8s ` +
	`lnd=stock
kills base=v0.18.5-beta lnd=patched db=bbolt kills=50 starting=16 ` +
	`payments=370 ended=370 succeeded=149 failed=221 retried=127 lost=0 ` +
	`violations=0 broken=none seed=1795417106072506649 took=305s
scenarios base=v0.18.5-beta lnd=stock db=bbolt scenarios=1 violations=0 ` +
	`took=31s
subscribers base=v0.21.2-beta lnd=patched reset=200 reset-left=-1/+0/+103KiB ` +
	`mute=20 mute-left=+0/+0/+87KiB vanish=1000 vanish-left=-1/+0/+5KiB ` +
	`violations=0 took=94s
input base=v0.21.2-beta lnd=patched cases=71 payments=24 violations=0 took=41s
fuzz package=channeldb/outcome target=FuzzProposals execs=401 violations=0 ` +
	`took=5.1s
needed base=v0.18.5-beta commits=1 behaviours=0 violations=0 took=71s
note	done	2026-11-23	go1.25.1, 2 cores, Linux 6.1
note	done	2026-11-21	go1.25.1, 2 cores, Linux 6.1
note	skipped	payments/db TestB	for | debugging
note	skipped	payments/db TestA	for | debugging
note	skipped	sql:payments/db TestA	no ` + "`db`" + `
note	flaky	itest pay	timeout
note	commit	routing: stop	drop	TestC, TestD
note	behaviour	sealed: no reason	sealed.patch	TestE
`

// readAll reads lines that are right.
func readAll(t *testing.T, lines string) *findings {
	t.Helper()

	found, err := read(strings.NewReader(lines))
	require.NoError(t, err)

	return found
}

// TestReport checks the section that lines come to: what follows what, a table
// for each kind of attack, and a row for each line.
func TestReport(t *testing.T) {
	found := readAll(t, produced)
	require.Zero(t, countViolations(found.summaries))

	text := found.text("v0.21.2-beta", "abc")
	for _, want := range []string{
		"## v0.21.2-beta\n\n- patched: v0.21.2-beta with our series, " +
			"commit `abc`; stock: lnd v0.21.2-beta\n",
		"- oldest result of 2026-11-21, newest of 2026-11-23\n" +
			"- go1.25.1, 2 cores, Linux 6.1\n",
		"\n### Random histories",
		"| 10000 | 327779 |",
		"\n### A crash",
		"| db | deaths | flows | points | cases | violations | took " +
			"| lnd |\n|---|---|---|---|---|---|---|---|\n" +
			"| sqlite | 1 | 35 | 423 | 901 | 0 | 15s |  |\n" +
			"| bbolt | 1 | 3 | 45 | 60 | 16 | 8s | stock |\n",
		"\n### Nodes killed", "\n### Scenarios",
		"\n### Subscribers", "| -1/+0/+103KiB |",
		"\n### Bad input", "\n### Fuzzing", "\n### lnd's own tests\n",
		"\n### What is undone",
		"| commit | routing: stop | dropping it | TestC, TestD |\n" +
			"| behaviour | sealed: no reason | `sealed.patch` | " +
			"TestE |\n",
		"- Failed once, and passes alone (`timeout`): itest pay\n",
		"- Skipped (`for | debugging`): payments/db TestA, " +
			"payments/db TestB\n",
		"- Skipped (`no 'db'`): sql:payments/db TestA\n",
	} {
		_, after, found := strings.Cut(text, want)
		require.True(t, found, "%q is not in, or not behind the one "+
			"before it:\n%s", want, text)
		text = after
	}
}

// TestReportOfFailure checks that what is broken is counted and told, but for
// violations of the controls.
func TestReportOfFailure(t *testing.T) {
	found := readAll(t, "histories db=sqlite violations=2\n"+
		"crashes db=sqlite violations=1 lnd=patched\n"+
		"kills lnd=stock violations=9\n"+
		"note\tfailed\tneeded\texit status 1\n"+
		"note\tviolation\trouting TestA\tx | y\n")
	require.Equal(t, 3, countViolations(found.summaries))

	text := found.text("v1", "abc")
	require.Contains(t, text, "failed\n\n- needed: exit status 1\n")
	require.Contains(t, text, "Fails on patched only (`x | y`): routing "+
		"TestA\n")
}

// TestReadBadLines checks that a line that is neither a summary nor a note is
// an error.
func TestReadBadLines(t *testing.T) {
	for line, message := range map[string]string{
		"\n":                     "nothing",
		"rumours violations=0":   "unknown kind",
		"histories db=bbolt":     "no number of violations",
		"kills violations=none":  "no number of violations",
		"kills violations=-1":    "no number of violations",
		"kills n violations=0":   "no key=value",
		"kills n=1 n=2":          "comes twice",
		"note\tcommit\tsubject":  "as many fields",
		"note\tdone\ta\tb\tc":    "as many fields",
		"note\trumour\ta\tb":     "unknown kind of note",
		"note\tfailed\ta\tb\nx ": "unknown kind",
	} {
		_, err := read(strings.NewReader(line))
		require.ErrorContains(t, err, message, line)
	}
}
