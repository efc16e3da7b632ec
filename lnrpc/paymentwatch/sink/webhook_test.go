package sink

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestSignatureIsThatOfStandardWebhooks signs the message of their reference
// test.
func TestSignatureIsThatOfStandardWebhooks(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
	), 0o600))
	key, err := readKey(path)
	require.NoError(t, err)

	header := make(http.Header)
	key.sign(header, "msg_p5jXN8AQM9LWM0D4loKWxJek",
		time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	require.Equal(t, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		header.Get("webhook-signature"))
	require.Equal(t, "1614265330", header.Get("webhook-timestamp"))
}

// TestWebhookGetsEachOutcome checks what is posted, and that a position without
// outcomes posts nothing.
func TestWebhookGetsEachOutcome(t *testing.T) {
	t.Parallel()

	ctx, r := context.Background(), newReceiver(t)
	s := r.open(t)
	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Nil(t, position)

	first, second := pay(1, succeeded, none), pay(2, failed, timeout)
	require.NoError(t, s.Deliver(ctx,
		[]*watcher.Outcome{first, second}, at(3)))
	require.NoError(t, s.Deliver(ctx, nil, at(4)))
	messages := r.take()
	require.Len(t, messages, 2)
	require.Equal(t, ours, messages[0].body.Identity)
	for i, o := range []*watcher.Outcome{first, second} {
		got := messages[i].body.Payment
		require.Equal(t, NewPayment(o.Payment, got.DeliveredAt), got)
	}
	require.NotEqual(t, messages[0].id, messages[1].id)

	// Native SQL leaves creation times their microseconds, and no more.
	first.Payment.CreationTimeNs -= first.Payment.CreationTimeNs % 1000
	require.Equal(t, messages[0].id, ours.messageID(first.Payment))
	require.NotEqual(t, messages[0].id, theirs.messageID(first.Payment))

	_, err = r.try(ours)
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Deliver(ctx, nil, at(5)), ErrClosed)
	_, err = s.Holds(ctx, nil)
	require.ErrorIs(t, err, ErrClosed)
	_, err = r.try(theirs)
	require.ErrorIs(t, err, ErrOtherNode)

	s = r.open(t)
	position, err = s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, at(4), *position)
	held, err := s.Holds(ctx, []watcher.Run{watcher.RunOf(first.Payment)})
	require.NoError(t, err)
	require.Equal(t, []bool{false}, held)
}

// troubles are what a server may do instead of taking an outcome.
var troubles = map[string]func(http.ResponseWriter){
	"answers 500 Internal Server Error": answers(500),
	"answers 503 Service Unavailable":   answers(503),
	"answers 408 Request Timeout":       answers(408),
	"answers 425 Too Early":             answers(425),
	"answers 429 Too Many Requests":     answers(429),
	"EOF": func(http.ResponseWriter) {
		panic(http.ErrAbortHandler)
	},
}

// answers is the behaviour of a server that answers with a status.
func answers(status int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Location", "https://elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("because"))
	}
}

// TestWebhookIsTriedAgain lets the server not take the second of three outcomes.
// The position stays, and the same delivery goes on with that one, with the same
// key. Who opens the sink anew begins with the first.
func TestWebhookIsTriedAgain(t *testing.T) {
	t.Parallel()

	ctx := context.Background()
	outcomes := []*watcher.Outcome{
		pay(1, succeeded, none), pay(2, failed, timeout),
		pay(3, succeeded, none),
	}
	for says, trouble := range troubles {
		r := newReceiver(t)
		s := r.open(t)
		r.set(func(n int, w http.ResponseWriter) {
			if n > 0 {
				trouble(w)
			}
		})
		for range 2 {
			err := s.Deliver(ctx, outcomes, at(4))
			require.ErrorIs(t, err, ErrNotTaken, says)
			require.ErrorIs(t, err, ErrUnavailable)
			require.NotErrorIs(t, err, ErrRefused)
			require.ErrorContains(t, err, says)
			require.NotContains(t, err.Error(), "/outcomes")
			position, err := s.Position(ctx)
			require.NoError(t, err)
			require.Nil(t, position)
		}
		first := r.take()

		r.set(nil)
		require.NoError(t, s.Deliver(ctx, outcomes, at(4)))
		second := r.take()
		require.Len(t, second, 2)
		require.Equal(t, first[1].id, first[len(first)-1].id)
		require.Equal(t, first[1].id, second[0].id)

		// What was taken of one delivery is sent again with another.
		require.NoError(t, s.Deliver(ctx, outcomes, at(4)))
		third := r.take()
		require.Len(t, third, 3)
		require.Equal(t, first[0].id, third[0].id)
		require.Equal(t, second[1].id, third[2].id)
	}
}

// TestWebhookThatIsRestarted delivers while there is no server, and to one that
// says nothing, and then to the one that comes.
func TestWebhookThatIsRestarted(t *testing.T) {
	t.Parallel()

	ctx, r := context.Background(), newReceiver(t)
	s := r.open(t)
	outcomes := []*watcher.Outcome{pay(1, succeeded, none)}

	silent := make(chan struct{})
	r.set(func(int, http.ResponseWriter) { <-silent })
	s.client.Timeout = 50 * time.Millisecond
	err := s.Deliver(ctx, outcomes, at(2))
	require.ErrorIs(t, err, ErrNotTaken)
	require.ErrorContains(t, err, "Client.Timeout exceeded")
	stopped, stop := context.WithCancel(ctx)
	stop()
	err = s.Deliver(stopped, outcomes, at(2))
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrUnavailable)
	close(silent)
	s.client.Timeout = postTimeout
	r.set(nil)

	startAgain := r.restart(t)
	err = s.Deliver(ctx, outcomes, at(2))
	require.ErrorIs(t, err, ErrNotTaken)
	require.ErrorContains(t, err, "connection refused")
	startAgain()

	// The key is also that of another run of us.
	require.NoError(t, s.Close())
	s = r.open(t)
	require.NoError(t, s.Deliver(ctx, outcomes, at(2)))
	messages := r.take()
	require.Len(t, messages, 2)
	require.Equal(t, messages[0].id, messages[1].id)
}

// TestWebhookRefuses checks what is said where trying again does not help.
func TestWebhookRefuses(t *testing.T) {
	t.Parallel()

	for status, advice := range map[int]string{
		302: `has moved to "https://elsewhere"`,
		400: "has to answer 2xx also to what it does not want",
		401: "do both sides have the same secret",
		403: "do both sides have the same secret",
		404: "is the URL right",
		405: "does it take a POST",
		410: "is the URL right",
		422: "has to answer 2xx",
	} {
		ctx, r := context.Background(), newReceiver(t)
		s := r.open(t)
		r.set(func(_ int, w http.ResponseWriter) {
			answers(status)(w)
		})
		err := s.Deliver(ctx, []*watcher.Outcome{
			pay(1, succeeded, none),
		}, at(2))
		require.ErrorIs(t, err, ErrRefused)
		require.NotErrorIs(t, err, ErrUnavailable)
		require.ErrorContains(t, err, advice)
		require.ErrorContains(t, err, http.StatusText(status)+
			` "because" to payment `)
		position, err := s.Position(ctx)
		require.NoError(t, err)
		require.Nil(t, position)
		require.Len(t, r.take(), 1)
	}
}

// TestWebhookURLAndSecret checks what is said about those that cannot be, and
// that no secret is in it.
func TestWebhookURLAndSecret(t *testing.T) {
	t.Parallel()

	r := newReceiver(t)
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))

		return path
	}
	short := strings.Repeat("c2Vj", minSecret/3-1)
	for _, test := range []struct{ url, secret, want string }{
		{"http://example.com/x", r.secret, "is not on this machine"},
		{"http://10.0.0.1/x", r.secret, "is not on this machine"},
		{"https:///x", r.secret, "names no host"},
		{"https://me:c2Vj@[::1/x", r.secret, "malformed"},
		{"https://localhost/x", "", "openssl rand -base64 32"},
		{"https://localhost/x", "/none", "no such file"},
		{"https://localhost/x", write(short), "24 bytes or more"},
		{"https://localhost/x", write("c2Vj!"), "24 bytes or more"},
	} {
		err := Check(test.url, SecretFile(test.secret))
		require.ErrorContains(t, err, test.want, test.url)
		require.NotContains(t, err.Error(), "c2Vj")
	}
	for _, url := range []string{
		"https://example.com", "http://localhost:1", "http://[::1]/x",
	} {
		require.NoError(t, Check(url, SecretFile(r.secret)))
		err := Read(context.Background(), url, "", nil)
		require.ErrorIs(t, err, ErrNoReport)
		require.ErrorContains(t, err, "keeps nothing here")
	}
}
