// Package sink keeps the outcomes of payments, and how far they have been
// delivered, in a place of the user's choice:
//
//	URL                   what it is                  delivers
//	sqlite:FILE           an SQLite database          exactly once
//	postgres://...        a PostgreSQL database       exactly once
//	jsonl, jsonl:FILE     JSON lines, position FILE   at least once
//
// A database gets the position in the transaction that writes the payments, so
// that a crash leaves both or neither. Lines that were written cannot be taken
// back: after a crash between them and the position some are written again.
//
// A sink belongs to one node and remembers which, and has one writer at a time.
package sink

import (
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

	// DefaultPositionFile holds the position of JSON lines unless the URL
	// names another file.
	DefaultPositionFile = "paymentwatch.position"
)

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

// Sink is a watcher's sink that is closed when it is no longer needed.
type Sink interface {
	watcher.Sink

	// Close gives the sink free for the next writer.
	Close() error
}

// Open opens the sink with the given URL for the payments of a node, and
// creates what is not there yet. It fails with ErrOtherNode if the sink holds
// payments of another node, and with ErrInUse if somebody else writes to it.
func Open(ctx context.Context, url string, identity Identity) (Sink, error) {
	switch scheme, rest := split(url); scheme {
	case sqliteScheme:
		return openSQLite(ctx, rest, identity)

	case "postgres", "postgresql":
		return openPostgres(ctx, url, identity)

	case jsonlScheme:
		return OpenJSONLines(ctx, os.Stdout, rest, identity)

	default:
		return nil, unknownScheme(url)
	}
}

// Check returns an error if no sink can have the given URL. It opens nothing.
func Check(url string) error {
	scheme, rest := split(url)
	switch {
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
// without a colon is all scheme. The position file of JSON lines is filled in.
func split(url string) (string, string) {
	scheme, rest, _ := strings.Cut(url, ":")
	if scheme == jsonlScheme && rest == "" {
		rest = DefaultPositionFile
	}

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
		"nor jsonl", ErrURL, scheme)
}
