package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
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

// watched are the metrics of all nodes that are watched.
type watched []*metrics

// serve serves the metrics, and whether we are well, at an address until the
// returned function is called. The file may ask for TLS and for passwords.
func (w watched) serve(address, config string) (func(), error) {
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
		Handler: w.handler(), ReadHeaderTimeout: headerTimeout,
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
func (w watched) handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(version.NewCollector("paymentwatch"),
		collectors.NewGoCollector(), collectors.NewProcessCollector(
			collectors.ProcessCollectorOpts{},
		))
	for _, m := range w {
		m.register(registry)
	}

	well := func(out http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(out, "ok")
	}
	ready := func(out http.ResponseWriter, r *http.Request) {
		for _, m := range w {
			if why := m.notReady(); why != "" {
				http.Error(out, why,
					http.StatusServiceUnavailable)

				return
			}
		}
		well(out, r)
	}

	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(
		registry, promhttp.HandlerOpts{},
	))
	mux.HandleFunc("/healthz", well)
	mux.HandleFunc("/readyz", ready)

	return mux
}

// notReady returns why the sink may lack outcomes, or an empty text if it has
// all that it can have.
func (m *metrics) notReady() string {
	var why string
	switch phase, lag := m.current(), m.lag(); {
	case phase != watcher.Live:
		why = "not live: " + string(phase)

	case lag > m.fresh.Seconds():
		why = fmt.Sprintf("the sink is %.0f seconds behind", lag)
	}
	if why != "" && m.node != "" {
		why = m.node + ": " + why
	}

	return why
}
