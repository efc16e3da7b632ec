package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/urfave/cli"
)

// headerTimeout is how long a client may take to say what it wants.
const headerTimeout = 10 * time.Second

// metricsFlags are for the command that serves metrics.
func metricsFlags() []cli.Flag {
	return []cli.Flag{cli.StringFlag{
		Name: "metrics",
		Usage: "The host:port to serve /metrics for Prometheus, " +
			"/healthz and /readyz at; without a host it is the " +
			"loopback address.",
	}, cli.StringFlag{
		Name: "metrics-config",
		Usage: "The file that says with which certificate and for " +
			"whom they are served, in the form of Prometheus' " +
			"exporters.",
		TakesFile: true,
	}}
}

// serve serves the metrics, and whether we are well, at an address until the
// returned function is called. The file may ask for TLS and for passwords.
func (m *metrics) serve(address, config string) (func(), error) {
	if err := web.Validate(config); err != nil {
		return nil, fmt.Errorf("--metrics-config %s: %w", config, err)
	}

	// Who wants others to see the metrics has to say so.
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = "", address
	}
	if host == "" {
		host = "127.0.0.1"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("--metrics %s: %w", address, err)
	}

	server := &http.Server{
		Handler: m.handler(), ReadHeaderTimeout: headerTimeout,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)

		err := web.Serve(listener, server, &web.FlagConfig{
			WebConfigFile: &config,
		}, slog.New(slog.DiscardHandler))
		if !errors.Is(err, http.ErrServerClosed) {
			_ = listener.Close()
		}
	}()

	return func() {
		_ = server.Close()
		<-ended
	}, nil
}

// handler returns what answers at the address.
func (m *metrics) handler() http.Handler {
	well := func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	}
	ready := func(w http.ResponseWriter, r *http.Request) {
		if why := m.notReady(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)

			return
		}
		well(w, r)
	}

	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(
		m.registry, promhttp.HandlerOpts{},
	))
	mux.HandleFunc("/healthz", well)
	mux.HandleFunc("/readyz", ready)

	return mux
}

// notReady returns why the sink may lack outcomes, or an empty text if it has
// all that it can have.
func (m *metrics) notReady() string {
	phase, lag := m.current(), m.lag()
	switch {
	case phase != watcher.Live:
		return "not live: " + string(phase)

	case lag > m.fresh.Seconds():
		return fmt.Sprintf("the sink is %.0f seconds behind", lag)

	default:
		return ""
	}
}
