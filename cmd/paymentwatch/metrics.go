package main

import (
	"sync"
	"time"

	"lnd-once/lnrpc/paymentcontract"
	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/prometheus/client_golang/prometheus"
)

// phases are the states of the watcher and their names in the metrics.
var phases = map[watcher.Phase]string{
	watcher.Disconnected: "disconnected",
	watcher.CatchingUp:   "catching_up",
	watcher.Live:         "live",
}

// metrics are what Prometheus gets to see.
type metrics struct {
	// node is the name of one of several nodes.
	node string

	outcomes    *prometheus.CounterVec
	delay       prometheus.Histogram
	reconnects  prometheus.Counter
	sinkErrors  prometheus.Counter
	state       *prometheus.GaugeVec
	done, total prometheus.Gauge
	gone        prometheus.Gauge
	next        prometheus.Gauge
	last        prometheus.Gauge

	// fresh is how far the sink may be behind the node and still count as
	// up to date.
	fresh time.Duration

	// mu protects what follows.
	mu sync.Mutex

	// phase is the watcher's last one.
	phase watcher.Phase

	// liveSince is when the watcher became live the last time.
	liveSince time.Time

	// liveUntil is when the sink was last known to be up to date, or when
	// the program began.
	liveUntil time.Time

	// oldest returns when the first payment has ended that the watcher knows
	// and has not delivered, or the zero time.
	oldest func() time.Time
}

// newMetrics returns the metrics of a watcher that has not begun yet.
func newMetrics() *metrics {
	m := &metrics{
		fresh:     watcher.DefaultHold + slowSink,
		liveUntil: time.Now(),
		oldest:    func() time.Time { return time.Time{} },
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "paymentwatch_outcomes_total",
			Help: "Outcomes delivered to the sink.",
		}, []string{"status", "reason"}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "paymentwatch_delivery_delay_seconds",
			Help: "Time from the end of a payment's last attempt " +
				"to its delivery, while live.",
			Buckets: []float64{
				.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300,
			},
		}),
		reconnects: newCounter("reconnects_total",
			"Times the watcher became live again."),
		sinkErrors: newCounter("sink_errors_total",
			"Times the sink failed and was tried again."),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "paymentwatch_state",
			Help: "1 for the state that the watcher is in.",
		}, []string{"state"}),
		done: newGauge("catch_up_done",
			"Payment indexes read by the last catching-up."),
		total: newGauge("catch_up_total",
			"Payment indexes to be read by the last catching-up."),
		gone: newGauge("payments_gone",
			"Payments seen in flight that the node then did not "+
				"have any more, whose outcome nobody knows."),
		next: newGauge("next_index",
			"Lowest payment index that is not delivered yet."),
		last: newGauge("last_delivery_timestamp_seconds",
			"When outcomes were delivered last, as Unix time; 0 "+
				"before the first delivery of this run."),
	}
	m.showOutcomes()
	m.setPhase(watcher.Disconnected)

	return m
}

// newCounter returns a counter of ours.
func newCounter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "paymentwatch", Name: name, Help: help,
	})
}

// newGauge returns a gauge of ours.
func newGauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "paymentwatch", Name: name, Help: help,
	})
}

// register puts all metrics into a registry. Those of one of several nodes are
// told from the others by a label.
func (m *metrics) register(registry prometheus.Registerer) {
	if m.node != "" {
		registry = prometheus.WrapRegistererWith(
			prometheus.Labels{"node": m.node}, registry,
		)
	}
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "paymentwatch_lag_seconds",
		Help: "Age of the oldest payment that has ended and is not " +
			"delivered; while not live at least the time since " +
			"the sink was up to date.",
	}, m.lag)
	registry.MustRegister(m.outcomes, m.delay, m.reconnects,
		m.sinkErrors, m.state, m.done, m.total, m.gone, m.next, m.last,
		lag)
}

// showOutcomes shows the outcomes that there can be as zeros, so that a rate sees
// the first of them.
func (m *metrics) showOutcomes() {
	for value := range paymentrpc.PaymentFailureReason_name {
		const none = paymentrpc.PaymentFailureReason_FAILURE_REASON_NONE
		reason := paymentrpc.PaymentFailureReason(value)
		status := paymentrpc.Payment_FAILED
		if reason == none {
			status = paymentrpc.Payment_SUCCEEDED
		}
		m.outcomes.WithLabelValues(
			status.String(), paymentcontract.ReasonName(reason),
		)
	}
}

// follow takes over from the last watcher, which knows no more what is not
// delivered.
func (m *metrics) follow(oldest func() time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()

	m.oldest = oldest
}

// lag returns for how many seconds the sink has been behind the node, as far as
// that is known.
func (m *metrics) lag() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()

	now := time.Now()

	return now.Sub(m.upToDate(now)).Seconds()
}

// upToDate returns when the sink was last up to date, or the given time if it is:
// what has ended while there is no connection nobody can know. The caller holds
// the lock.
func (m *metrics) upToDate(since time.Time) time.Time {
	if m.phase != watcher.Live {
		since = m.liveUntil
	}
	oldest := m.oldest()
	if !oldest.IsZero() && oldest.Before(since) {
		since = oldest
	}

	return since
}

// current returns the watcher's phase.
func (m *metrics) current() watcher.Phase {
	m.mu.Lock()
	defer m.mu.Unlock()

	return m.phase
}

// setPhase notes the watcher's phase and returns the one before.
func (m *metrics) setPhase(phase watcher.Phase) watcher.Phase {
	m.mu.Lock()
	defer m.mu.Unlock()

	before := m.phase
	switch {
	case before == watcher.Live && phase != before:
		m.liveUntil = m.upToDate(time.Now())

	case phase == watcher.Live && phase != before:
		if !m.liveSince.IsZero() {
			m.reconnects.Inc()
		}
		m.liveSince = time.Now()
	}
	m.phase = phase
	for p, name := range phases {
		value := 0.0
		if p == phase {
			value = 1
		}
		m.state.WithLabelValues(name).Set(value)
	}

	return before
}

// setState notes what the watcher tells of itself and returns its phase before.
func (m *metrics) setState(s watcher.State) watcher.Phase {
	m.gone.Set(float64(s.Gone))
	if s.Total > 0 {
		m.done.Set(float64(s.Done))
		m.total.Set(float64(s.Total))
	}

	return m.setPhase(s.Phase)
}

// delivered counts outcomes that the sink has stored.
func (m *metrics) delivered(outcomes []*watcher.Outcome, next uint64) {
	m.mu.Lock()
	live, since := m.phase == watcher.Live, m.liveSince.UnixNano()
	m.mu.Unlock()

	now := time.Now()
	for _, o := range outcomes {
		p := o.Payment
		m.outcomes.WithLabelValues(
			p.GetStatus().String(),
			paymentcontract.ReasonName(p.GetFailureReason()),
		).Inc()

		var ended int64
		for _, htlc := range p.GetHtlcs() {
			ended = max(ended, htlc.GetResolveTimeNs())
		}

		// What ended before we were live says nothing about us.
		if live && ended > since {
			m.delay.Observe(now.Sub(time.Unix(0, ended)).Seconds())
		}
	}
	m.next.Set(float64(next))
	if len(outcomes) > 0 {
		m.last.SetToCurrentTime()
	}
}
