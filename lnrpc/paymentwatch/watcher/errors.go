package watcher

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrPermission is returned when the macaroon does not allow what the
	// watcher does.
	ErrPermission = errors.New("the macaroon does not allow to read " +
		"payments: use one with the permission offchain:read, such " +
		"as the node's readonly.macaroon")

	// ErrMacaroon is returned when the node does not know the macaroon.
	ErrMacaroon = errors.New("the node does not accept the macaroon: use " +
		"one that this node has made and not revoked since")

	// ErrCertificate is returned when the node's TLS certificate is not the
	// expected one.
	ErrCertificate = errors.New("the node's TLS certificate does not " +
		"match: use the tls.cert that the node has now, and an " +
		"address that the certificate names")

	// ErrUnsupported is returned when the node does not have the calls.
	ErrUnsupported = errors.New("the node cannot track all payments: it " +
		"has to be lnd 0.16 or later, with the router's RPC server")

	// ErrTooLarge is returned when a single payment does not fit into the
	// largest message that lnd itself allows.
	ErrTooLarge = errors.New("a payment is too large to be read: the " +
		"node lists it in a message of more than 200 MiB, which no " +
		"client of lnd takes")

	// ErrSink is returned when the sink failed. Whether it has stored what
	// was delivered last is not known, so a watcher that goes on has to
	// begin with the sink's position.
	ErrSink = errors.New("the sink failed")
)

// permanent maps what lnd says to what is wrong for good. lnd gives the errors
// of its macaroon service no code, so their text has to tell. A macaroon store
// that is locked opens with the wallet.
var permanent = []struct {
	code codes.Code
	text string
	err  error
}{
	{codes.PermissionDenied, "", ErrPermission},
	{codes.Unauthenticated, "", ErrMacaroon},
	{codes.Unimplemented, "", ErrUnsupported},
	{codes.Unavailable, "x509: ", ErrCertificate},
	{codes.ResourceExhausted, "larger than max", ErrTooLarge},
	{codes.Unknown, "permission denied", ErrPermission},
	{codes.Unknown, "verification failed", ErrMacaroon},
	{codes.Unknown, "cannot get macaroon", ErrMacaroon},
	{codes.Unknown, "expected 1 macaroon, got ", ErrMacaroon},
}

// final returns what is wrong for good, or nil if the error may go away by
// itself: a node that is down, locked or starting is waited for.
func final(err error) error {
	if errors.Is(err, ErrSink) {
		return err
	}

	s, ok := status.FromError(err)
	if !ok || strings.Contains(s.Message(), "store is locked") {
		return nil
	}
	for _, p := range permanent {
		if s.Code() == p.code && strings.Contains(s.Message(), p.text) {
			return fmt.Errorf("%w: %w", p.err, err)
		}
	}

	return nil
}

const (
	// minRetry and maxRetry are the bounds of the time between two attempts
	// to connect.
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

// backoff is how long to wait before the next attempt to connect.
type backoff struct {
	last time.Duration
}

// reset begins anew, after a connection that worked.
func (b *backoff) reset() {
	b.last = 0
}

// next returns how long to wait: twice as long every time, and up to half of it
// less at random, so that those who lost a node do not all come back at once.
func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, minRetry), maxRetry)

	return b.last - rand.N(b.last/2)
}
