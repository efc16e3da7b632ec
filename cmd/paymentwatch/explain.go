package main

import (
	"errors"
	"fmt"
	"strings"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// errNotReady is returned while the node does not answer yet.
	errNotReady = errors.New("the node is not ready")

	// errUnreachable is returned when nobody answers at the address.
	errUnreachable = errors.New("the node cannot be reached")

	// errCertificate is returned when the node's certificate is not the
	// one in the file.
	errCertificate = errors.New("the certificate does not match")

	// errMacaroon is returned when the node does not take our macaroon.
	errMacaroon = errors.New("wrong macaroon")

	// errNetwork is returned when the node is on another network.
	errNetwork = errors.New("wrong network")

	// errNoLnd is returned when what answers is no lnd, or too old a one.
	errNoLnd = errors.New("this is not the gRPC server of lnd 0.16 or " +
		"later")
)

// complaint is an error of a node, known by its code and a part of its text:
// lnd gives most of its errors no code of their own.
type complaint struct {
	code codes.Code
	part string
	kind error
	say  func(*nodeConfig) string
}

// complaints are looked through in order.
var complaints = []complaint{
	// The address and the certificate.
	{codes.Unavailable, "x509: certificate is valid for", errCertificate,
		func(n *nodeConfig) string {
			return fmt.Sprintf("it is not for the name in %s; add "+
				"it to lnd with tlsextradomain or tlsextraip",
				n.rpcServer)
		}},
	{codes.Unavailable, "x509: ", errCertificate,
		func(n *nodeConfig) string {
			return fmt.Sprintf("the node at %s has another one "+
				"than %s; is it another node, or has lnd "+
				"made a new one?", n.rpcServer, n.tlsCert)
		}},
	{codes.Unavailable, "first record does not look like a TLS", errNoLnd,
		wrongAddress},
	{codes.Unavailable, "error reading server preface", errNoLnd,
		wrongAddress},
	{codes.Unavailable, "missing selected ALPN", errNoLnd, wrongAddress},

	// lnd before all of its services run.
	{codes.Unknown, "waiting to start", errNotReady, waitForIt},
	{codes.Unknown, "wallet not created", errNotReady, waitForIt},
	{codes.Unknown, "wallet locked", errNotReady, waitForIt},
	{codes.Unknown, "starting up", errNotReady, waitForIt},
	{codes.Unknown, "store is locked", errNotReady, waitForIt},
	{codes.Unavailable, "", errUnreachable,
		func(n *nodeConfig) string {
			return fmt.Sprintf("is lnd running, and is "+
				"--rpcserver %s right?", n.rpcServer)
		}},

	// The macaroon.
	{codes.Unknown, "permission denied", errMacaroon, lacksPermission},
	{codes.PermissionDenied, "", errMacaroon, lacksPermission},
	{codes.Unknown, "verification failed", errMacaroon, ofAnother},
	{codes.Unknown, "cannot get macaroon", errMacaroon, ofAnother},
	{codes.Unauthenticated, "", errMacaroon, ofAnother},
	{codes.Unimplemented, "", errNoLnd, wrongAddress},
}

// explain returns an error of the node with what it is about and what to do.
func explain(n *nodeConfig, err error) error {
	s, ok := status.FromError(err)
	if !ok {
		return err
	}

	for _, c := range complaints {
		if s.Code() == c.code && strings.Contains(
			strings.ToLower(s.Message()), strings.ToLower(c.part),
		) {
			return fmt.Errorf("%w: %s (%s)", c.kind, c.say(n),
				s.Message())
		}
	}

	return fmt.Errorf("the node says: %w", err)
}

// explainWatch returns the error that ended a watcher, with the names of the
// files that it is about.
func explainWatch(n *nodeConfig, err error) error {
	switch {
	case errors.Is(err, watcher.ErrPermission),
		errors.Is(err, watcher.ErrMacaroon):

		return fmt.Errorf("macaroon %s: %w", n.macaroon, err)

	case errors.Is(err, watcher.ErrCertificate):
		return fmt.Errorf("certificate %s: %w", n.tlsCert, err)

	default:
		return err
	}
}

// temporary returns whether waiting may help. A node that starts, or whose
// backend does, has more ways to say so than we know.
func temporary(err error) bool {
	for _, kind := range []error{
		errMacaroon, errCertificate, errNoLnd, errNetwork,
	} {
		if errors.Is(err, kind) {
			return false
		}
	}

	return true
}

// wrongAddress says what to look at when something else answers.
func wrongAddress(n *nodeConfig) string {
	return fmt.Sprintf("--rpcserver is %s, lnd's port is %s unless "+
		"rpclisten says otherwise", n.rpcServer, defaultRPCPort)
}

// waitForIt says what a node that is not ready needs.
func waitForIt(*nodeConfig) string {
	return "it is starting, or its wallet is locked"
}

// lacksPermission says what the macaroon has to allow.
func lacksPermission(n *nodeConfig) string {
	return fmt.Sprintf("%s does not allow enough; the permissions "+
		"info:read and offchain:read are needed, which lnd's "+
		"readonly.macaroon has", n.macaroon)
}

// ofAnother says what is wrong with a macaroon that the node does not know.
func ofAnother(n *nodeConfig) string {
	return fmt.Sprintf("the node at %s does not know %s; it must be of "+
		"this node, and neither expired nor revoked", n.rpcServer,
		n.macaroon)
}
