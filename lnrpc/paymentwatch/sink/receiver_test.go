package sink

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// taken is a message that a receiver has had, whether it took it or not.
type taken struct {
	id   string
	body Message
}

// receiver is the server of a webhook.
type receiver struct {
	*httptest.Server

	key signingKey

	// secret and position are the files of the sink.
	secret, position string

	// mu protects what follows.
	mu       sync.Mutex
	messages []taken

	// answer says what to answer to the message with the given number,
	// which counts from zero. Nil is to take all.
	answer func(n int, w http.ResponseWriter)
}

// newReceiver starts a receiver that runs until the test ends.
func newReceiver(t *testing.T) *receiver {
	t.Helper()

	r := &receiver{
		key:      []byte(strings.Repeat("k", minSecret)),
		secret:   filepath.Join(t.TempDir(), "secret"),
		position: filepath.Join(t.TempDir(), "position"),
	}
	text := base64.StdEncoding.EncodeToString(r.key) + "\n"
	require.NoError(t, os.WriteFile(r.secret, []byte(text), 0o600))
	r.Server = httptest.NewServer(r)
	t.Cleanup(func() { r.Close() })

	return r
}

// restart stops the server, and returns what starts it again where it was.
func (r *receiver) restart(t *testing.T) func() {
	t.Helper()

	address := r.Listener.Addr().String()
	r.Close()

	return func() {
		listener, err := net.Listen("tcp", address)
		require.NoError(t, err)
		server := httptest.NewUnstartedServer(r)
		require.NoError(t, server.Listener.Close())
		server.Listener = listener
		server.Start()
		r.Server = server
	}
}

// ServeHTTP takes a message that is signed, unless it is told to do otherwise.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	id := request.Header.Get("Webhook-Id")
	sent, err := strconv.ParseInt(
		request.Header.Get("Webhook-Timestamp"), 10, 64,
	)
	signed := make(http.Header)
	r.key.sign(signed, id, time.Unix(sent, 0), body)
	var m Message
	switch {
	case err != nil, time.Since(time.Unix(sent, 0)) > time.Minute,
		request.Method != http.MethodPost,
		id != request.Header.Get("Idempotency-Key"),
		signed.Get("Webhook-Signature") !=
			request.Header.Get("Webhook-Signature"),
		json.Unmarshal(body, &m) != nil:

		w.WriteHeader(http.StatusTeapot)

		return
	}

	r.mu.Lock()
	n, answer := len(r.messages), r.answer
	r.messages = append(r.messages, taken{id, m})
	r.mu.Unlock()
	if answer != nil {
		answer(n, w)
	}
}

// set changes what it answers.
func (r *receiver) set(answer func(int, http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// take returns the messages so far, and forgets them.
func (r *receiver) take() []taken {
	r.mu.Lock()
	defer r.mu.Unlock()

	messages := r.messages
	r.messages = nil

	return messages
}

// open opens the sink of our node and closes it after the test.
func (r *receiver) open(t *testing.T) *webhook {
	t.Helper()

	s, err := r.try(ours)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })

	return s.(*webhook)
}

// try opens the sink of a node.
func (r *receiver) try(identity Identity) (Sink, error) {
	return Open(context.Background(), r.URL+"/outcomes", identity,
		SecretFile(r.secret), PositionFile(r.position))
}
