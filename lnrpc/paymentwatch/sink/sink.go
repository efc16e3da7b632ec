// Package sink keeps the outcomes of payments, and how far they have been
// delivered, in a place of the user's choice:
//
//	URL                   what it is                  delivers
//	sqlite:FILE           an SQLite database          exactly once
//	postgres://...        a PostgreSQL database       exactly once
//	jsonl:FILE            JSON lines in FILE          exactly once
//	jsonl                 JSON lines, printed         at least once
//	https://...           a webhook                   at least once
//
// A database gets the position in the transaction that writes the payments, so
// that a crash leaves both or neither. JSON lines have theirs in a file of its
// own. It says how long FILE is, so that what a crash has left half done is cut
// off. Lines that were printed cannot be taken back: after a crash between them
// and the position some are printed again. A webhook has a file like that, too,
// and what it may get again has the same key as before.
//
// A database can have the payments of several nodes, other sinks have those of
// one. A sink remembers which, and each node has one writer at a time.
package sink

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"lnd-once/lnrpc/paymentwatch/watcher"
)

const (
	// sqliteScheme and jsonlScheme begin the URLs of these sinks.
	sqliteScheme = "sqlite"
	jsonlScheme  = "jsonl"

	// DefaultPositionFile holds the position of JSON lines that are
	// printed, and DefaultWebhookPosition that of a webhook, unless an
	// option names another file.
	DefaultPositionFile    = "paymentwatch.position"
	DefaultWebhookPosition = "webhook.position"

	// positionSuffix makes the name of the position of JSON lines in a
	// file, unless an option names another one.
	positionSuffix = ".position"
)

// Option says more about a sink than its URL does.
type Option func(*options)

// options is what all options say.
type options struct {
	position, secret string
}

// PositionFile names the file for the position of JSON lines, or of a webhook.
// An empty name is none.
func PositionFile(path string) Option {
	return func(o *options) {
		o.position = path
	}
}

// SecretFile names the file with the secret that a webhook's messages are signed
// with. An empty name is none.
func SecretFile(path string) Option {
	return func(o *options) {
		o.secret = path
	}
}

// newOptions returns what the options say.
func newOptions(more []Option) *options {
	o := &options{}
	for _, option := range more {
		option(o)
	}

	return o
}

// Identity says whose payments a sink holds.
type Identity struct {
	// PubKey is the node's public key in hex.
	PubKey string `json:"node_pubkey"`

	// Network is the network's name, as in lnd's GetInfo.
	Network string `json:"network"`
}

// String names the node and its network.
func (i Identity) String() string {
	return fmt.Sprintf("node %s on %s", i.PubKey, i.Network)
}

// Sink is a watcher's sink that is closed when it is no longer needed. It is as
// stable as that is.
type Sink interface {
	watcher.Sink

	// Close gives the sink free for the next writer.
	Close() error
}

// Open opens the sink with the given URL for the payments of a node, and
// creates what is not there yet. It fails with ErrOtherNode if the sink is no
// database and holds payments of another node, and with ErrInUse if somebody else
// writes those of this one.
func Open(ctx context.Context, url string, identity Identity,
	more ...Option) (Sink, error) {

	if err := Check(url, more...); err != nil {
		return nil, err
	}

	o := newOptions(more)
	switch scheme, rest := split(url); scheme {
	case sqliteScheme:
		return openSQLite(ctx, rest, identity)

	case "postgres", "postgresql":
		return openPostgres(ctx, url, identity)

	case jsonlScheme:
		if rest != "" {
			return openLines(ctx, rest, o.position, identity)
		}

		return OpenJSONLines(ctx, os.Stdout, cmp.Or(
			o.position, DefaultPositionFile,
		), identity)

	case "http", "https":
		return openWebhook(ctx, url, o, identity)

	default:
		return nil, unknownScheme(url)
	}
}

// Check returns an error if no sink can have the given URL and options. It opens
// nothing.
func Check(url string, more ...Option) error {
	scheme, rest := split(url)
	o := newOptions(more)
	switch {
	case IsWebhook(url):
		return checkWebhook(url, o)

	case o.position != "" && scheme != jsonlScheme:
		return fmt.Errorf("%w: %s has its position in itself, only "+
			"jsonl and webhooks have it in a file", ErrURL, scheme)

	case scheme == sqliteScheme && rest == "":
		return fmt.Errorf("%w %q: it names no file, as in %s:FILE",
			ErrURL, url, sqliteScheme)

	case scheme == sqliteScheme, scheme == jsonlScheme:
		return nil

	case scheme == "postgres", scheme == "postgresql":
		_, err := postgresConfig(url)

		return err

	default:
		return unknownScheme(url)
	}
}

// split returns the scheme of a sink's URL and what comes after it. A URL
// without a colon is all scheme.
func split(url string) (string, string) {
	scheme, rest, _ := strings.Cut(url, ":")
	// sqlite:///var/lib/x.db is how other programs write an absolute path.
	if scheme == sqliteScheme {
		rest = strings.TrimPrefix(rest, "//")
	}

	return scheme, rest
}

// unknownScheme returns the error of a URL that is of no sink.
func unknownScheme(url string) error {
	scheme, _ := split(url)

	return fmt.Errorf("%w: %q is neither sqlite:FILE nor postgres://... "+
		"nor jsonl nor jsonl:FILE nor https://...", ErrURL, scheme)
}
