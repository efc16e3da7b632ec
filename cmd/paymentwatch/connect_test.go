package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/cert"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// identify asks the node who it is, the way the program does.
func identify(t *testing.T, cfg *nodeConfig) error {
	t.Helper()

	n, err := connect(cfg)
	if err != nil {
		return err
	}
	defer n.close()
	_, err = n.identify(context.Background())

	return err
}

// config returns what it takes to talk to a fake node.
func (n *fakeNode) config() *nodeConfig {
	return &nodeConfig{
		rpcServer: n.addr, network: "regtest",
		tlsCert:  filepath.Join(n.dir, "tls.cert"),
		macaroon: filepath.Join(n.dir, n.macaroonFile("regtest")),
	}
}

// TestIdentify checks that a node that is fine is asked with our macaroon, and
// what is said about one that is not ready, or on another network.
func TestIdentify(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	require.NoError(t, identify(t, n.config()))
	require.True(t, n.sawMac)

	cfg := n.config()
	cfg.network = "mainnet"
	err := identify(t, cfg)
	require.ErrorContains(t, err, "is on regtest, not on mainnet as "+
		"--network says")
	require.False(t, temporary(err))

	for state, want := range map[lnrpc.WalletState]string{
		lnrpc.WalletState_LOCKED:           "lncli unlock",
		lnrpc.WalletState_NON_EXISTING:     "lncli create",
		lnrpc.WalletState_UNLOCKED:         "it is starting",
		lnrpc.WalletState_WAITING_TO_START: "waiting to start",
	} {
		n.set(func() { n.state = state })
		err := identify(t, n.config())
		require.ErrorIs(t, err, errNotReady)
		require.ErrorContains(t, err, want)
	}
}

// TestRefusals checks what is made of lnd's own words.
func TestRefusals(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	mac := n.config().macaroon
	for _, tc := range []struct {
		refusal error
		kind    error
		want    string
	}{{
		errors.New("permission denied"), errMacaroon,
		mac + " does not allow enough; the permissions info:read " +
			"and offchain:read are needed",
	}, {
		errors.New("verification failed: signature mismatch after " +
			"caveat verification"), errMacaroon,
		"does not know " + mac,
	}, {
		errors.New("cannot get macaroon: cannot decode macaroon"),
		errMacaroon, "does not know " + mac,
	}, {
		errors.New("wallet locked, unlock it to enable full RPC " +
			"access"), errNotReady, "its wallet is locked",
	}, {
		errors.New("the RPC server is in the process of starting " +
			"up, but not yet ready to accept calls"), errNotReady,
		"it is starting",
	}, {
		errors.New("unable to get best block info: connection refused"),
		nil, "the node says",
	}, {
		status.Error(codes.Internal, "oops"), nil, "the node says",
	}} {
		n.set(func() { n.refusal = tc.refusal })
		err := identify(t, n.config())
		require.ErrorContains(t, err, tc.want)
		if tc.kind != nil {
			require.ErrorIs(t, err, tc.kind)
		}
		require.Equal(t, tc.kind != errMacaroon, temporary(err))
	}
}

// TestConnectionIsKeptAsEveryNodeAllows checks that we do not ping more often
// than a node that leaves the limit to gRPC takes it, not without a stream, and
// that gRPC does not wait longer than the watcher does.
func TestConnectionIsKeptAsEveryNodeAllows(t *testing.T) {
	t.Parallel()

	require.Greater(t, keepaliveParams.Time, 5*time.Minute)
	require.False(t, keepaliveParams.PermitWithoutStream)
	require.LessOrEqual(t, keepaliveParams.Timeout, time.Minute)
	require.Equal(t, maxRetry, connectParams.Backoff.MaxDelay)
}

// TestWrongFiles checks what is said about a certificate or a macaroon that is
// missing or of something else.
func TestWrongFiles(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	other, _, err := cert.GenCertPair("x", nil, nil, true, 1<<40)
	require.NoError(t, err)
	n.write(t, "other.cert", other)
	n.write(t, "text", []byte("text"))
	path := func(name string) string { return filepath.Join(n.dir, name) }

	cfg := n.config()
	cfg.tlsCert = path("other.cert")
	err = identify(t, cfg)
	require.ErrorIs(t, err, errCertificate)
	require.ErrorContains(t, err, "the node at "+n.addr+" has another "+
		"one than "+cfg.tlsCert)
	require.False(t, temporary(err))

	cfg.tlsCert = path("text")
	require.ErrorContains(t, identify(t, cfg), "TLS certificate")

	cfg = n.config()
	cfg.macaroon = path("text")
	require.ErrorContains(t, identify(t, cfg), cfg.macaroon+" is not a "+
		"macaroon")
	cfg.macaroon = path("none")
	require.ErrorContains(t, identify(t, cfg), "unable to read the "+
		"macaroon: open "+cfg.macaroon)
}

// TestWrongAddress checks what is said where nobody listens, or something else.
func TestWrongAddress(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)

	cfg := n.config()
	cfg.rpcServer = listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("220 no TLS here\r\n"))
			_ = conn.Close()
		}
	}()
	err = identify(t, cfg)
	require.ErrorIs(t, err, errNoLnd)
	require.False(t, temporary(err))

	require.NoError(t, listener.Close())
	err = identify(t, cfg)
	require.ErrorIs(t, err, errUnreachable)
	require.ErrorContains(t, err, "is --rpcserver "+cfg.rpcServer)
	require.True(t, temporary(err))
}
