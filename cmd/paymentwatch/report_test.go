package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/report"

	"github.com/stretchr/testify/require"
)

// TestReportForms prints a report in all forms that there are.
func TestReportForms(t *testing.T) {
	t.Parallel()

	n, dir := newFakeNode(t), t.TempDir()
	n.payments = []*paymentrpc.Payment{
		pay(1, succeeded, none), pay(2, failed, timeout),
		pay(3, failed, timeout),
	}
	url := "sqlite:" + filepath.Join(dir, "sink.db")
	p := start(t, n.flags("--sink", url, "--hold-failures", "0s"))
	p.errOut.await(t, "Live")
	reportOf := func(more ...string) (string, error) {
		p := start(t, append([]string{
			"paymentwatch", "report", "--sink", url,
		}, more...))
		err := p.wait(t)

		return p.out.String(), err
	}

	out, err := reportOf("--by", "reason", "--since", "1970-01-01")
	require.NoError(t, err)
	require.Regexp(t, `FAILED +TIMEOUT +2 +2000 +0`, out)
	require.NotContains(t, out, "unknown")
	out, err = reportOf("--until", "1970-01-01T00:00:03Z")
	require.NoError(t, err)
	require.Regexp(t, `FAILED +TIMEOUT +1 +1000 +0`, out)

	out, err = reportOf("--json")
	require.NoError(t, err)
	var r report.Report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, pubKey, r.PubKey)
	require.EqualValues(t, 2, r.Days[0].Failed)

	out, err = reportOf("--csv", "--by", "day")
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"day", "succeeded", "failed", "succeeded_percent",
			"value_msat", "fees_msat"},
		{"1970-01-01", "1", "2", "33.3", "1000", "0"},
	}, rows)

	page := filepath.Join(dir, "page.html")
	out, err = reportOf("--html", page)
	require.NoError(t, err)
	require.Empty(t, out)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), pubKey)
	require.Contains(t, string(text), "</html>")

	// What cannot be written leaves nothing behind.
	_, err = reportOf("--html", filepath.Join(dir, "missing", "page"))
	require.ErrorContains(t, err, "--html")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	_, err = reportOf("--html", filepath.Join(dir, "folder"))
	require.Error(t, err)
	left, err := filepath.Glob(filepath.Join(dir, "*.*"))
	require.NoError(t, err)
	for _, name := range left {
		require.Regexp(t, `/(sink\.db.*|page\.html)$`, name)
	}

	for _, wrong := range [][]string{
		{"--csv"}, {"--json", "--csv", "--by", "day"},
		{"--html", page, "--json"}, {"--html", page, "--by", "day"},
		{"--by", "year"}, {"--since", "soon"},
	} {
		_, err = reportOf(wrong...)
		require.Error(t, err, wrong)
		require.Equal(t, exitFailed, exitStatus(err))
	}
}
