package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/lightningnetwork/lnd/cert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

// ask returns what is answered at a path, and with which status.
func ask(t *testing.T, client *http.Client, url string, user ...string) (string,
	int) {

	t.Helper()

	request, err := http.NewRequestWithContext(
		t.Context(), http.MethodGet, url, nil,
	)
	require.NoError(t, err)
	if len(user) > 0 {
		request.SetBasicAuth(user[0], user[1])
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)

	return string(body), response.StatusCode
}

// TestReady checks what is said of a watcher that has not begun, is live, or is
// live with a sink that takes nothing.
func TestReady(t *testing.T) {
	t.Parallel()

	m, port := newMetrics(), freePort(t)
	stop, err := watched{m}.serve(port, "")
	require.NoError(t, err)
	defer stop()
	require.Contains(t, func() string {
		text, status := ask(t, http.DefaultClient,
			"http://127.0.0.1:"+port+"/metrics")
		require.Equal(t, http.StatusOK, status)

		return text
	}(), "paymentwatch_build_info{")

	check := func(path string, want int, says string) {
		t.Helper()

		text, status := ask(t, http.DefaultClient,
			"http://127.0.0.1:"+port+path)
		require.Equal(t, want, status)
		require.Contains(t, text, says)
	}
	check("/healthz", http.StatusOK, "ok")
	check("/readyz", http.StatusServiceUnavailable,
		"not live: disconnected")

	m.setPhase(watcher.CatchingUp)
	check("/readyz", http.StatusServiceUnavailable, "not live: catching up")
	m.setPhase(watcher.Live)
	check("/readyz", http.StatusOK, "ok")

	// A failure that is held back is not late.
	ago := func(d time.Duration) {
		ended := time.Now().Add(-d)
		m.follow(func() time.Time { return ended })
	}
	ago(watcher.DefaultHold)
	check("/readyz", http.StatusOK, "ok")
	ago(time.Minute)
	check("/readyz", http.StatusServiceUnavailable, "60 seconds behind")
	check("/healthz", http.StatusOK, "ok")
}

// TestMetricsAreGuarded serves with TLS and a password, as the exporters of
// Prometheus do.
func TestMetricsAreGuarded(t *testing.T) {
	t.Parallel()

	n := &fakeNode{dir: t.TempDir()}
	certificate, key, err := cert.GenCertPair("test", nil, nil, true,
		time.Hour)
	require.NoError(t, err)
	n.write(t, "cert.pem", certificate)
	n.write(t, "key.pem", key)
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"),
		bcrypt.MinCost)
	require.NoError(t, err)
	n.write(t, "web.yml", fmt.Appendf(nil, "tls_server_config:\n"+
		"  cert_file: cert.pem\n  key_file: key.pem\n"+
		"basic_auth_users:\n  reader: %s\n", hash))

	port := freePort(t)
	stop, err := watched{newMetrics()}.serve(port, filepath.Join(n.dir, "web.yml"))
	require.NoError(t, err)
	defer stop()

	transport := &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true,
	}}
	defer transport.CloseIdleConnections()
	client, url := &http.Client{Transport: transport},
		"https://127.0.0.1:"+port+"/metrics"
	_, status := ask(t, client, url)
	require.Equal(t, http.StatusUnauthorized, status)
	_, status = ask(t, client, url, "reader", "guess")
	require.Equal(t, http.StatusUnauthorized, status)
	text, status := ask(t, client, url, "reader", "secret")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "paymentwatch_state")

	// What is wrong in the file is found at once.
	n.write(t, "web.yml", []byte("tls_server_config: 3\n"))
	_, err = watched{newMetrics()}.serve(port, filepath.Join(n.dir, "web.yml"))
	require.ErrorContains(t, err, "--metrics-config")
}
