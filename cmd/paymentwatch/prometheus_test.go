package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// dashboard is what we look at of dashboard.json.
type dashboard struct {
	Panels []struct {
		Title   string `json:"title"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// answer is what Prometheus says to a question.
type answer struct {
	Data struct {
		// Result is what a query has found.
		Result []json.RawMessage `json:"result"`

		// Groups are the rules that are loaded.
		Groups []struct {
			Rules []struct {
				Name   string `json:"name"`
				Health string `json:"health"`
				State  string `json:"state"`
			} `json:"rules"`
		} `json:"groups"`
	} `json:"data"`
}

// TestPrometheusUnderstandsUs lets a Prometheus look at a paymentwatch at work:
// each query of the dashboard must find something, each metric of the rules must
// be there, and no rule may fail or raise an alert.
func TestPrometheusUnderstandsUs(t *testing.T) {
	t.Parallel()

	metrics := "127.0.0.1:" + freePort(t)
	server := startPrometheus(t, metrics)

	n := newFakeNode(t)
	n.payments = append(n.payments, pay(1, succeeded, none))
	start(t, n.flags("--metrics", metrics, "--hold-failures", "0", "--sink",
		"sqlite:"+filepath.Join(t.TempDir(), "outcomes.db")))

	// An increase takes something to increase from.
	server.find(t, "paymentwatch_outcomes_total")
	n.end(pay(2, failed, timeout))

	var board dashboard
	require.NoError(t, json.Unmarshal(
		[]byte(read(t, "dashboard.json")), &board,
	))
	macros := strings.NewReplacer(
		"$__rate_interval", "1m", "$instance", ".*",
	)
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			server.find(t, macros.Replace(target.Expr))
		}
	}

	for _, name := range regexp.MustCompile(`paymentwatch_\w+`).
		FindAllString(read(t, "rules.yaml"), -1) {

		server.find(t, name)
	}
	server.requireHealthyRules(t)
}

// prometheusServer is a Prometheus that runs until the test ends.
type prometheusServer string

// startPrometheus starts a Prometheus that looks at an address once a second and
// has our rules.
func startPrometheus(t *testing.T, metrics string) prometheusServer {
	t.Helper()

	rules, err := filepath.Abs(filepath.Join(dist, "rules.yaml"))
	require.NoError(t, err)
	config := filepath.Join(t.TempDir(), "prometheus.yaml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: paymentwatch
    static_configs: [{targets: [%q]}]
`, rules, metrics), 0o600))

	address := "127.0.0.1:" + freePort(t)
	command := tool(t, "prometheus", "prometheus", "--config.file", config,
		"--storage.tsdb.path", t.TempDir(), "--web.listen-address",
		address, "--log.level", "error")
	log := &output{}
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(log)
		}
	})

	return prometheusServer(address)
}

// ask returns the answer to a question, or an error while there is none.
func (p prometheusServer) ask(path string, query url.Values) (*answer, error) {
	response, err := http.Get(
		"http://" + string(p) + path + "?" + query.Encode(),
	)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()

	a := &answer{}

	return a, json.NewDecoder(response.Body).Decode(a)
}

// find waits until a query finds something.
func (p prometheusServer) find(t *testing.T, query string) {
	t.Helper()

	require.Eventually(t, func() bool {
		a, err := p.ask("/api/v1/query", url.Values{"query": {query}})

		return err == nil && len(a.Data.Result) > 0
	}, patience, 100*time.Millisecond, "%s finds nothing", query)
}

// requireHealthyRules waits until each rule was evaluated, and requires of them
// that they could be, and that all is well.
func (p prometheusServer) requireHealthyRules(t *testing.T) {
	t.Helper()

	rules := make(map[string]string)
	require.Eventually(t, func() bool {
		a, err := p.ask("/api/v1/rules", nil)
		if err != nil {
			return false
		}
		for _, group := range a.Data.Groups {
			for _, r := range group.Rules {
				rules[r.Name] = r.Health + " " + r.State
			}
		}
		for _, state := range rules {
			if strings.HasPrefix(state, "unknown") {
				return false
			}
		}

		return len(rules) > 0
	}, patience, 100*time.Millisecond)
	for name, state := range rules {
		require.Equal(t, "ok inactive", state, name)
	}
}
