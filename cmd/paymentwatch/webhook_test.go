package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/btcsuite/btclog/v2"
	"github.com/stretchr/testify/require"
)

// receiver is the server of a webhook.
type receiver struct {
	*httptest.Server

	// flags name the sink.
	flags []string

	// mu protects what follows.
	mu sync.Mutex

	// keys are those that have come with each payment, in their order, and
	// count is how many messages that were since it was set to zero.
	keys  map[string][]string
	count int

	// answer answers the message with the given number, which counts from
	// one. Nil is to take it.
	answer func(n int, w http.ResponseWriter)
}

// newReceiver starts a receiver that runs until the test ends.
func newReceiver(t *testing.T) *receiver {
	t.Helper()

	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(
		secret, []byte(strings.Repeat("c2Vj", 8)), 0o600,
	))
	r := &receiver{keys: make(map[string][]string)}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	r.flags = []string{
		"--sink", r.URL, "--webhook-secret-file", secret, "--position",
		filepath.Join(dir, "position"), "--hold-failures", "0s",
	}

	return r
}

// ServeHTTP takes a message, unless it is told to do otherwise.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var m sink.Message
	if json.NewDecoder(request.Body).Decode(&m) != nil {
		w.WriteHeader(http.StatusTeapot)

		return
	}
	r.mu.Lock()
	r.count++
	n, answer := r.count, r.answer
	r.keys[m.PaymentHash] = append(r.keys[m.PaymentHash],
		request.Header.Get("Webhook-Id"))
	r.mu.Unlock()
	if answer != nil {
		answer(n, w)
	}
}

// set begins to count anew, and says what is answered from now on.
func (r *receiver) set(answer func(int, http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count, r.answer = 0, answer
}

// messages returns how many there were since that began, and of how many
// payments there was one ever.
func (r *receiver) messages() (int, int) {
	r.mu.Lock()
	defer r.mu.Unlock()

	return r.count, len(r.keys)
}

// TestWebhookThatFailsIsToldOnce lets the server of a webhook fail a few times,
// and then refuse an outcome.
func TestWebhookThatFailsIsToldOnce(t *testing.T) {
	t.Parallel()

	n, r, port := newFakeNode(t), newReceiver(t), freePort(t)
	p := start(t, n.flags(append(r.flags, "--metrics", port)...))
	p.errOut.await(t, "Live")
	r.set(func(n int, w http.ResponseWriter) {
		if n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	n.end(pay(1, succeeded, none))
	p.errOut.await(t, "Delivered")
	log := p.errOut.String()
	require.Equal(t, 1, strings.Count(log, "Waiting for the webhook"), log)
	require.Equal(t, 1, strings.Count(log, "catching up"), log)
	require.Contains(t, metricsText(t, port),
		"paymentwatch_sink_errors_total 2\n")

	r.set(func(_ int, w http.ResponseWriter) {
		w.WriteHeader(http.StatusUnauthorized)
	})
	n.end(pay(2, succeeded, none))
	require.ErrorIs(t, p.wait(t), sink.ErrRefused)
	for _, keys := range r.keys {
		require.Equal(t, keys[0], keys[len(keys)-1])
	}
}

// TestWaitingIsToldRarely waits for the same reason for a long time.
func TestWaitingIsToldRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := &watch{log: btclog.NewSLogger(newConsole(&out).lines(btclog.LevelInfo))}
		down, begin := errors.New("down"), time.Now()
		require.NoError(t, w.retry(t.Context(), "Waiting",
			func(error) bool { return true },
			func() error {
				if time.Since(begin) > 150*time.Minute {
					return nil
				}

				return down
			}))
		require.Equal(t, 3, bytes.Count(out.Bytes(), []byte("\n")))
	})
}

// TestWebhookThroughKills kills the program (SIGKILL) at each message of what it
// has to send, after the server has had it. In the end the server has had every
// outcome, those that it had twice with the same key, and nothing is sent again.
func TestWebhookThroughKills(t *testing.T) {
	t.Parallel()

	n, r := newFakeNode(t), newReceiver(t)
	made := 0
	add := func() {
		made++
		n.set(func() {
			n.payments = append(n.payments, pay(
				uint64(made), succeeded, none,
			))
		})
	}

	const kills = 8
	for kill := range kills {
		add()
		had, killed := make(chan struct{}), make(chan struct{})
		r.set(func(n int, _ http.ResponseWriter) {
			if n == kill+1 {
				close(had)
				<-killed
			}
		})
		p := startProcess(t, n.flags(r.flags...))
		select {
		case <-had:
		case <-time.After(patience):
			require.NoError(t, p.Alive())
			require.Fail(t, "there is no message")
		}
		p.Kill()
		close(killed)
	}

	// Whoever becomes live has kept the position: the next one sends what is
	// new.
	for _, want := range []int{kills + 1, 1} {
		add()
		r.set(nil)
		p := start(t, n.flags(r.flags...))
		p.errOut.await(t, fmt.Sprint("Live caught_up=", want))
		p.interrupt()
		require.NoError(t, p.wait(t))
		count, payments := r.messages()
		require.Equal(t, want, count)
		require.Equal(t, made, payments)
	}

	seen := make(map[string]bool)
	for hash, keys := range r.keys {
		require.False(t, seen[keys[0]], hash)
		seen[keys[0]] = true
		for _, key := range keys {
			require.Equal(t, keys[0], key)
		}
	}
	require.Len(t, r.keys[n.payments[0].PaymentHash], kills+1)
}
