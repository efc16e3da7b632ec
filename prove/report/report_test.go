package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReport checks the tables that summary lines come to, and their
// violations.
func TestReport(t *testing.T) {
	summaries, err := read(strings.NewReader(
		"suite base=v1 suite=units failed=0 violations=0\n" +
			"histories base=v1 db=bbolt n=2 violations=0\n" +
			"histories base=v1 db=sqlite n=3 violations=2 seed=7\n" +
			"kills base=v1 lnd=stock violations=9\n",
	))
	require.NoError(t, err)
	require.Equal(t, 2, countViolations(summaries))

	text := tables(summaries)
	require.Contains(t, text, "| db | n | violations | seed |\n"+
		"|---|---|---|---|\n"+
		"| bbolt | 2 | 0 |  |\n"+
		"| sqlite | 3 | 2 | 7 |\n")
	require.Less(t, strings.Index(text, "bbolt"),
		strings.Index(text, "units"))

	folder := t.TempDir()
	doc := filepath.Join(folder, "proof.md")
	facts := filepath.Join(folder, "facts")
	require.NoError(t, os.WriteFile(facts, []byte("- today\n"), 0600))
	require.NoError(t, write(doc, "v1", facts, text))
	written, err := os.ReadFile(doc)
	require.NoError(t, err)
	require.Contains(t, string(written), "## v1\n\n- today\n\n### Random")
}

// TestReadBadLines checks that a line that is no summary is an error.
func TestReadBadLines(t *testing.T) {
	for line, message := range map[string]string{
		"\n":                    "nothing",
		"rumours violations=0":  "unknown kind",
		"histories db=bbolt":    "no number of violations",
		"kills violations=none": "no number of violations",
		"kills violations=-1":   "no number of violations",
		"kills n violations=0":  "no key=value",
		"kills n=1 n=2":         "comes twice",
	} {
		_, err := read(strings.NewReader(line))
		require.ErrorContains(t, err, message, line)
	}
}
