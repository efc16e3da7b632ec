package regtest

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"

	"lnd-once/internal/process"
)

const (
	// connectTimeout is how long a node may take to answer a connection,
	// and connectPause the time between two tries. That does not get longer
	// and longer for a node that is killed over and over.
	connectTimeout = 20 * time.Second
	connectPause   = 50 * time.Millisecond
)

// Node is an lnd. Its RPC clients work again when it is started again.
type Node struct {
	*process.Process

	// Name is what the node is in its network.
	Name string

	// Dir is lnd's own folder.
	Dir string

	// RPCAddr is where the node answers gRPC, PeerAddr where other nodes
	// reach it.
	RPCAddr, PeerAddr string

	// PubKey names the node, Version is what its lnd says it is.
	PubKey, Version string

	// Lightning, Router and Invoices are the RPC services.
	Lightning lnrpc.LightningClient
	Router    routerrpc.RouterClient
	Invoices  invoicesrpc.InvoicesClient

	chain   *chain
	outlive bool
	flags   []string
	conn    *grpc.ClientConn
}

// newNode prepares a node with an empty folder. It is not started. Its lnd gets
// the flags beside the usual ones.
func newNode(name, dir string, outlive bool, chain *chain,
	flags []string) (*Node, error) {

	n := &Node{
		Name:    name,
		Dir:     filepath.Join(dir, name),
		chain:   chain,
		outlive: outlive,
		flags:   flags,
	}
	if err := os.MkdirAll(n.Dir, 0700); err != nil {
		return nil, err
	}

	var err error
	if n.RPCAddr, err = FreeAddress(); err != nil {
		return nil, err
	}
	n.PeerAddr, err = FreeAddress()

	return n, err
}

// Macaroon returns the path of the macaroon that allows everything.
func (n *Node) Macaroon() string {
	return filepath.Join(
		n.Dir, "data", "chain", "bitcoin", "regtest", "admin.macaroon",
	)
}

// Cert returns the path of the certificate of the node's RPC server.
func (n *Node) Cert() string {
	return filepath.Join(n.Dir, "tls.cert")
}

// start starts the node with the given lnd.
func (n *Node) start(binary string) error {
	for _, addr := range []string{n.RPCAddr, n.PeerAddr} {
		if err := checkFree(addr); err != nil {
			return err
		}
	}

	var err error
	n.Process, err = launch(process.Config{
		Name: n.Name, Path: binary, Args: n.arguments(),
		Log: n.Dir + ".log", Outlive: n.outlive,
	})

	return err
}

// arguments returns the flags that the node's lnd is started with.
func (n *Node) arguments() []string {
	return append([]string{
		"--lnddir=" + n.Dir, "--noseedbackup", "--alias=" + n.Name,
		"--rpclisten=" + n.RPCAddr, "--listen=" + n.PeerAddr,
		"--norest", "--nobootstrap", "--trickledelay=50",
		"--bitcoin.regtest", "--bitcoin.node=btcd",
		"--bitcoin.defaultchanconfs=1",
		"--btcd.rpchost=" + n.chain.addr,
		"--btcd.rpccert=" + n.chain.cert,
		"--btcd.rpcuser=" + rpcUser, "--btcd.rpcpass=" + rpcPass,
	}, n.flags...)
}

// connect waits until the node serves all of its RPCs.
func (n *Node) connect(ctx context.Context) error {
	err := n.Await(ctx, "its certificate", func(context.Context) error {
		return n.dial()
	})
	if err != nil {
		return err
	}

	state := lnrpc.NewStateClient(n.conn)
	err = n.Await(ctx, "its RPC server", func(ctx context.Context) error {
		resp, err := state.GetState(ctx, &lnrpc.GetStateRequest{})
		switch {
		case err != nil:
			return err

		case resp.State != lnrpc.WalletState_SERVER_ACTIVE:
			return fmt.Errorf("state is %v", resp.State)
		}

		return nil
	})
	if err != nil {
		return err
	}

	return n.Await(ctx, "the chain", func(ctx context.Context) error {
		info, err := n.Lightning.GetInfo(ctx, &lnrpc.GetInfoRequest{})
		switch {
		case err != nil:
			return err

		case !info.SyncedToChain:
			return fmt.Errorf("at block %d", info.BlockHeight)
		}
		n.Version = info.Version

		// Whoever uses the node meanwhile may read this.
		if n.PubKey == "" {
			n.PubKey = info.IdentityPubkey
		}

		return nil
	})
}

// dial creates the RPC clients, unless an earlier start has.
func (n *Node) dial() error {
	if n.conn != nil {
		return nil
	}

	var err error
	if n.conn, err = n.Dial(); err != nil {
		return err
	}

	n.Lightning = lnrpc.NewLightningClient(n.conn)
	n.Router = routerrpc.NewRouterClient(n.conn)
	n.Invoices = invoicesrpc.NewInvoicesClient(n.conn)

	return nil
}

// Dial returns a connection of its own to the node's RPC server, which is made
// again when the node is started again. The caller closes it.
func (n *Node) Dial(options ...grpc.DialOption) (*grpc.ClientConn, error) {
	tls, err := credentials.NewClientTLSFromFile(n.Cert(), "")
	if err != nil {
		return nil, err
	}

	// NewClient would be the newer call, but the gRPC of the oldest lnd does
	// not have it, and we are built against that of every base.
	return grpc.Dial(n.RPCAddr, append(options,
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: connectPause, MaxDelay: connectPause,
			},
			MinConnectTimeout: connectTimeout,
		}),
		grpc.WithTransportCredentials(tls),
		grpc.WithPerRPCCredentials(macaroonFile(n.Macaroon())),
	)...)
}

// macaroonFile names the macaroon that is sent along with every RPC. It is read
// for each, as lnd writes it after its certificate, and not in one step: what
// is read too early may be the half of it.
type macaroonFile string

// GetRequestMetadata returns the header that lnd looks for.
func (m macaroonFile) GetRequestMetadata(context.Context, ...string) (
	map[string]string, error) {

	mac, err := os.ReadFile(string(m))
	if err != nil {
		return nil, err
	}

	return map[string]string{"macaroon": hex.EncodeToString(mac)}, nil
}

// RequireTransportSecurity keeps the macaroon off connections in the clear.
func (m macaroonFile) RequireTransportSecurity() bool {
	return true
}
