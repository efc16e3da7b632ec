package sink

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"
)

const (
	// postTimeout is how long the server of a webhook may take for one
	// outcome.
	postTimeout = 15 * time.Second

	// maxAnswer is how much of what such a server says is quoted.
	maxAnswer = 200
)

// Message is what a webhook gets of an outcome, as JSON.
type Message struct {
	Identity
	*Payment
}

// webhook posts each outcome to an HTTP server, in the form of Standard Webhooks
// (https://www.standardwebhooks.com), which servers in most languages have a
// library for. A server that has taken an outcome answers with 2xx. We may be
// stopped before we know that, and then it gets the outcome once more, with the
// same key.
type webhook struct {
	*positioned

	url    string
	key    signingKey
	client *http.Client

	// taken are the keys of those outcomes that were taken of a delivery
	// that was not taken as a whole.
	taken map[string]bool
}

// IsWebhook returns whether a sink's URL is that of a webhook.
func IsWebhook(url string) bool {
	scheme, _ := split(url)

	return scheme == "https" || scheme == "http"
}

// checkWebhook returns an error if no webhook can have the given URL and options.
// What is on its way must not be read by others, so that without TLS a server has
// to be on this machine.
func checkWebhook(address string, o *options) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		// The error has the URL in it, and that may have a password.
		return fmt.Errorf("%w: the webhook's URL is malformed: %w",
			ErrURL, errors.Unwrap(err))

	case u.Hostname() == "":
		return fmt.Errorf("%w: the webhook's URL names no host", ErrURL)

	case u.Scheme == "http" && u.Hostname() != "localhost" &&
		!net.ParseIP(u.Hostname()).IsLoopback():

		return fmt.Errorf("%w: %s is not on this machine; use "+
			"https:// for it", ErrURL, u.Host)
	}
	_, err = readKey(o.secret)

	return err
}

// openWebhook opens the sink. Nothing is sent yet.
func openWebhook(ctx context.Context, address string, o *options,
	identity Identity) (Sink, error) {

	key, err := readKey(o.secret)
	if err != nil {
		return nil, err
	}
	p, err := openPositioned(ctx, cmp.Or(
		o.position, DefaultWebhookPosition,
	), nil, identity)
	if err != nil {
		return nil, err
	}

	return &webhook{
		positioned: p, url: address, key: key,
		client: &http.Client{
			Timeout: postTimeout,

			// Elsewhere is not where the user wants it to go.
			CheckRedirect: func(*http.Request,
				[]*http.Request) error {

				return http.ErrUseLastResponse
			},
		},
		taken: make(map[string]bool),
	}, nil
}

// Deliver posts the outcomes one after the other, then stores the position. If
// it fails with ErrNotTaken, the next call goes on behind those that were taken.
func (w *webhook) Deliver(ctx context.Context, outcomes []*watcher.Outcome,
	position watcher.Position) error {

	w.mu.Lock()
	defer w.mu.Unlock()

	if w.closed {
		return ErrClosed
	}
	for _, o := range outcomes {
		id := w.identity.messageID(o.Payment)
		if w.taken[id] {
			continue
		}
		p := NewPayment(o.Payment, time.Now())
		if err := w.post(ctx, id, p); err != nil {
			return err
		}
		w.taken[id] = true
	}
	if err := w.file.store(position, nil); err != nil {
		return unavailable(err)
	}
	clear(w.taken)

	return nil
}

// messageID returns the key by which a server knows that it has had an outcome
// of a node already. lnd's migration to native SQL leaves a creation time its
// microseconds alone, so that there is no more of it in the key.
func (i Identity) messageID(p *paymentrpc.Payment) string {
	created := time.Unix(0, p.GetCreationTimeNs()).UnixMicro()
	hash := sha256.Sum256(fmt.Append(
		nil, i.PubKey, " ", p.GetPaymentHash(), " ", created,
	))

	return hex.EncodeToString(hash[:])
}

// post posts an outcome.
func (w *webhook) post(ctx context.Context, id string, p *Payment) error {
	body, err := json.Marshal(&Message{w.identity, p})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(
		ctx, http.MethodPost, w.url, bytes.NewReader(body),
	)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	w.key.sign(request.Header, id, time.Now(), body)

	// With this one a connection that was idle for too long is no error.
	request.Header.Set("Idempotency-Key", id)

	response, err := w.client.Do(request)
	if err != nil {
		return w.explain(request, err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 == 2 {
		// What is read to its end leaves the connection for the next.
		_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)

		return nil
	}

	return answered(response, p)
}

// explain returns why there was no answer, without the path and the password of
// the URL.
func (w *webhook) explain(request *http.Request, err error) error {
	if request.Context().Err() != nil {
		return request.Context().Err()
	}
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		err = urlErr.Err
	}

	return fmt.Errorf("%w: %s: %w", ErrNotTaken, request.URL.Host, err)
}

// answered returns the error of an answer other than 2xx.
func answered(response *http.Response, p *Payment) error {
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	said := fmt.Sprintf("%s answers %s %q", response.Request.URL.Host,
		response.Status, text)

	var advice string
	switch code := response.StatusCode; {
	case code >= 500, code == http.StatusRequestTimeout,
		code == http.StatusTooEarly,
		code == http.StatusTooManyRequests:

		return fmt.Errorf("%w: %s", ErrNotTaken, said)

	case code/100 == 3:
		advice = fmt.Sprintf("the webhook has moved to %q; name that "+
			"if it is the right one", response.Header.Get("Location"))

	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		advice = "do both sides have the same secret, and does the " +
			"server want a password in the URL?"

	case code == http.StatusNotFound, code == http.StatusGone,
		code == http.StatusMethodNotAllowed:

		advice = "is the URL right, and does it take a POST?"

	default:
		advice = "the server has to answer 2xx also to what it does " +
			"not want"
	}

	return fmt.Errorf("%w: %s to %s; %s; it is sent again at the next "+
		"start", ErrRefused, said, p.describe(), advice)
}

// Holds says that no outcome is known to be held. The server knows by its key
// what it has had before.
func (w *webhook) Holds(_ context.Context, runs []watcher.Run) ([]bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()

	if w.closed {
		return nil, ErrClosed
	}

	return make([]bool, len(runs)), nil
}
