package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"gopkg.in/macaroon.v2"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
)

const (
	// minRetry and maxRetry are the bounds of the time between two attempts
	// to reach the node at the start, or the sink.
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

// connectParams keep gRPC from waiting longer than we do before it connects
// again; its own bound is two minutes.
var connectParams = grpc.ConnectParams{
	Backoff: backoff.Config{
		BaseDelay:  minRetry,
		Multiplier: backoff.DefaultConfig.Multiplier,
		Jitter:     backoff.DefaultConfig.Jitter,
		MaxDelay:   maxRetry,
	},
	MinConnectTimeout: 20 * time.Second,
}

// keepaliveParams let us notice that the way to the node is gone though nobody
// has said so. What we send has to be acknowledged within the timeout, and the
// watcher reads every minute. In between we ping, but not more often than every
// five minutes: lnd 0.16 leaves it to gRPC to forbid that, and ends connections
// that do; later ones allow a ping every five seconds unless they are told
// otherwise.
var keepaliveParams = keepalive.ClientParameters{
	Time:    6 * time.Minute,
	Timeout: 20 * time.Second,
}

// node is an lnd that we can talk to, whether it runs or not.
type node struct {
	*nodeConfig

	conn *grpc.ClientConn
	rpc  *paymentrpc.Client
}

// connect reads certificate and macaroon and returns the node. The connection
// is made when it is needed.
func connect(cfg *nodeConfig) (*node, error) {
	cert, err := credentials.NewClientTLSFromFile(cfg.tlsCert, "")
	if err != nil {
		return nil, fmt.Errorf("unable to read the node's TLS "+
			"certificate: %w; lnd makes it when it starts, and "+
			"--tlscertpath or --lnddir say where it is", err)
	}
	mac, err := readMacaroon(cfg.macaroon)
	if err != nil {
		return nil, err
	}

	conn, err := grpc.NewClient(
		target(cfg.rpcServer), grpc.WithTransportCredentials(cert),
		grpc.WithPerRPCCredentials(mac), grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(paymentrpc.MaxMessage),
		),
		grpc.WithConnectParams(connectParams),
		grpc.WithKeepaliveParams(keepaliveParams),
	)
	if err != nil {
		return nil, fmt.Errorf("--rpcserver %q: %w", cfg.rpcServer, err)
	}

	return &node{
		nodeConfig: cfg, conn: conn, rpc: paymentrpc.NewClient(conn),
	}, nil
}

// close ends the connection.
func (n *node) close() {
	_ = n.conn.Close()
}

// explain returns an error of the node with what it is about and what to do.
func (n *node) explain(err error) error {
	return explain(n.nodeConfig, err)
}

// readMacaroon reads a macaroon from a file.
func readMacaroon(path string) (credentials.PerRPCCredentials, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("unable to read the macaroon: %w; lnd "+
			"makes it when its wallet is created, and "+
			"--macaroonpath, or --lnddir and --network, say "+
			"where it is", err)
	}

	mac := &macaroon.Macaroon{}
	if err := mac.UnmarshalBinary(raw); err != nil {
		return nil, fmt.Errorf("%s is not a macaroon as lnd writes "+
			"it: %w", path, err)
	}

	return macaroonCredential(hex.EncodeToString(raw)), nil
}

// macaroonCredential is a macaroon in hex, as lnd takes it with each call.
type macaroonCredential string

// RequireTransportSecurity says that nobody else may see the macaroon.
func (m macaroonCredential) RequireTransportSecurity() bool {
	return true
}

// GetRequestMetadata returns what is sent with a call.
func (m macaroonCredential) GetRequestMetadata(context.Context, ...string) (
	map[string]string, error) {

	return map[string]string{"macaroon": string(m)}, nil
}

// identify returns which node this is, and on which network. It fails if that
// is not the network that the user has named.
func (n *node) identify(ctx context.Context) (sink.Identity, error) {
	var none sink.Identity

	// This one needs no macaroon and is answered before all others. A node
	// that is too old to know it is one that has to be asked directly.
	state, err := n.rpc.GetState(ctx, &paymentrpc.GetStateRequest{})
	if err != nil {
		return none, n.explain(err)
	}
	if reason, ok := notReady[state.GetState()]; ok {
		return none, fmt.Errorf("%w: %s", errNotReady, reason)
	}

	info, err := n.rpc.GetInfo(ctx, &paymentrpc.GetInfoRequest{})
	if err != nil {
		return none, n.explain(err)
	}
	if len(info.GetChains()) == 0 {
		return none, errors.New("the node does not say on which " +
			"network it is")
	}

	identity := sink.Identity{
		PubKey:  info.GetIdentityPubkey(),
		Network: info.GetChains()[0].GetNetwork(),
	}
	if n.network != "" && n.network != identity.Network {
		return none, fmt.Errorf("%w: the node at %s is on %s, not on "+
			"%s as --network says", errNetwork, n.rpcServer,
			identity.Network, n.network)
	}

	return identity, nil
}

// notReady are the states in which a node does not answer, and why.
var notReady = map[paymentrpc.WalletState]string{
	paymentrpc.WalletState_NON_EXISTING: "it has no wallet yet; create " +
		"one with lncli create",
	paymentrpc.WalletState_LOCKED: "its wallet is locked; unlock it " +
		"with lncli unlock",
	paymentrpc.WalletState_UNLOCKED:         "it is starting",
	paymentrpc.WalletState_WAITING_TO_START: "it is waiting to start",
}
