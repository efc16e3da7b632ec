package sink_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// identity is that of the node in the examples, and outcome one of its payments.
var (
	identity = sink.Identity{PubKey: "02ab", Network: "regtest"}
	outcome  = &watcher.Outcome{Payment: &paymentrpc.Payment{
		PaymentHash: "00ff", PaymentIndex: 1, ValueMsat: 5000,
		CreationTimeNs: 1_700_000_000_000_000_000,
		Status:         paymentrpc.Payment_SUCCEEDED,
	}}
)

// ExampleOpen delivers an outcome to an SQLite database, as a watcher does, and
// reads it again.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "sink")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	ctx, url := context.Background(), "sqlite:"+dir+"/outcomes.db"

	s, err := sink.Open(ctx, url, identity)
	if err != nil {
		panic(err)
	}
	position := watcher.Position{Next: 2}
	err = s.Deliver(ctx, []*watcher.Outcome{outcome}, position)
	if err != nil {
		panic(err)
	}

	// A reader can come at any time, and be another program.
	err = sink.Read(ctx, url, "", func(r *sink.Reader) error {
		return r.Payments(ctx, sink.Period{}, func(p *sink.Payment) {
			fmt.Println(p.PaymentHash, p.Status, p.ValueMsat)
		})
	})
	if err != nil {
		panic(err)
	}
	if err := s.Close(); err != nil {
		panic(err)
	}
	// Output: 00ff SUCCEEDED 5000
}

// signed returns the body of a request if it was signed with the secret, and not
// long ago.
func signed(r *http.Request, secret []byte) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	id, at := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))

	given := r.Header.Get("Webhook-Signature")
	if !hmac.Equal([]byte(want), []byte(given)) {
		return nil, errors.New("the signature is wrong")
	}
	sent, err := strconv.ParseInt(at, 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return nil, errors.New("the message is too old")
	}

	return body, nil
}

// Example_webhook is the server of a webhook, which looks at the signature and
// takes each outcome once.
func Example_webhook() {
	dir, err := os.MkdirTemp("", "webhook")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	secret := []byte("a secret of 24 bytes, or more")
	file := filepath.Join(dir, "secret")
	text := base64.StdEncoding.EncodeToString(secret)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		panic(err)
	}

	// A real server keeps the keys where it keeps what it does with them.
	had := make(map[string]bool)
	server := httptest.NewServer(http.HandlerFunc(func(
		w http.ResponseWriter, r *http.Request) {

		body, err := signed(r, secret)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)

			return
		}
		var m sink.Message
		if err := json.Unmarshal(body, &m); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)

			return
		}
		if key := r.Header.Get("Webhook-Id"); !had[key] {
			had[key] = true
			fmt.Println(m.PaymentHash, m.Status, "by", m.PubKey)
		}
	}))
	defer server.Close()

	ctx := context.Background()
	s, err := sink.Open(ctx, server.URL, identity, sink.SecretFile(file),
		sink.PositionFile(filepath.Join(dir, "position")))
	if err != nil {
		panic(err)
	}
	defer s.Close()
	for range 2 {
		err = s.Deliver(ctx, []*watcher.Outcome{outcome},
			watcher.Position{Next: 2})
		if err != nil {
			panic(err)
		}
	}
	// Output: 00ff SUCCEEDED by 02ab
}

// TestDocsHaveTheExample checks that what the docs tell servers to do is what is
// compiled here.
func TestDocsHaveTheExample(t *testing.T) {
	t.Parallel()

	source, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(source), "\nfunc signed(")
	require.True(t, ok)
	function, _, ok := strings.Cut("func signed("+rest, "\n}\n")
	require.True(t, ok)

	docs, err := os.ReadFile("../../../docs/paymentwatch.md")
	require.NoError(t, err)
	require.Contains(t, strings.ReplaceAll(string(docs), "\n    ", "\n"),
		strings.ReplaceAll(function, "\t", "    "))
}
