package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/lightningnetwork/lnd/cert"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"gopkg.in/macaroon.v2"
)

const (
	succeeded = paymentrpc.Payment_SUCCEEDED
	failed    = paymentrpc.Payment_FAILED
	inFlight  = paymentrpc.Payment_IN_FLIGHT

	none    = paymentrpc.PaymentFailureReason_FAILURE_REASON_NONE
	timeout = paymentrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT

	// patience is how long something that must happen may take.
	patience = 20 * time.Second
)

// pubKey is the public key of a fake node, and otherKey that of another one.
var (
	pubKey   = strings.Repeat("02", 33)
	otherKey = strings.Repeat("03", 33)
)

// fakeNode is an lnd as far as we talk to one. What it is asked and answers
// goes through lnd's own server.
type fakeNode struct {
	lnrpc.UnimplementedStateServer
	lnrpc.UnimplementedLightningServer
	routerrpc.UnimplementedRouterServer

	// dir is laid out as lnd's own, addr is where the node answers.
	dir, addr string

	pubKey string

	// updates is what TrackPayments streams.
	updates chan *paymentrpc.Payment

	// lasts is how often the last payment was asked for, and singles how
	// often one in particular.
	lasts, singles atomic.Int64

	// mu protects what follows.
	mu       sync.Mutex
	state    lnrpc.WalletState
	refusal  error
	payments []*paymentrpc.Payment
	sawMac   bool
}

// newFakeNode starts a node on regtest that runs until the test ends.
func newFakeNode(t *testing.T) *fakeNode {
	t.Helper()

	n := &fakeNode{
		dir: t.TempDir(), state: lnrpc.WalletState_SERVER_ACTIVE,
		updates: make(chan *paymentrpc.Payment, 10), pubKey: pubKey,
	}
	certBytes, keyBytes, err := cert.GenCertPair(
		"test", nil, nil, true, time.Hour,
	)
	require.NoError(t, err)
	n.write(t, "tls.cert", certBytes)
	n.write(t, n.macaroonFile("regtest"), newMacaroon(t))

	pair, err := tls.X509KeyPair(certBytes, keyBytes)
	require.NoError(t, err)
	server := grpc.NewServer(grpc.Creds(
		credentials.NewServerTLSFromCert(&pair),
	))
	lnrpc.RegisterStateServer(server, n)
	lnrpc.RegisterLightningServer(server, n)
	routerrpc.RegisterRouterServer(server, n)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	n.addr = listener.Addr().String()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-done
	})

	return n
}

// newMacaroon returns a macaroon as lnd writes it.
func newMacaroon(t *testing.T) []byte {
	t.Helper()

	mac, err := macaroon.New(
		[]byte("key"), []byte("id"), "lnd", macaroon.LatestVersion,
	)
	require.NoError(t, err)
	raw, err := mac.MarshalBinary()
	require.NoError(t, err)

	return raw
}

// macaroonFile returns the path of a network's macaroon in lnd's folder.
func (n *fakeNode) macaroonFile(network string) string {
	return filepath.Join(
		"data", "chain", "bitcoin", network, "readonly.macaroon",
	)
}

// write writes a file in lnd's folder.
func (n *fakeNode) write(t *testing.T, name string, content []byte) {
	t.Helper()

	path := filepath.Join(n.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0700))
	require.NoError(t, os.WriteFile(path, content, 0600))
}

// flags returns a command line about this node.
func (n *fakeNode) flags(more ...string) []string {
	return append([]string{
		"paymentwatch", "--lnddir", n.dir, "--network", "regtest",
		"--rpcserver", n.addr,
	}, more...)
}

// set changes what the node says.
func (n *fakeNode) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

// end makes a payment end: it is stored, and announced.
func (n *fakeNode) end(p *paymentrpc.Payment) {
	n.set(func() {
		n.payments = append(n.payments, p)
	})
	n.updates <- p
}

// GetState says what state the node is in.
func (n *fakeNode) GetState(context.Context, *lnrpc.GetStateRequest) (
	*lnrpc.GetStateResponse, error) {

	n.mu.Lock()
	defer n.mu.Unlock()

	return &lnrpc.GetStateResponse{State: n.state}, nil
}

// GetInfo says which node it is, unless it refuses to.
func (n *fakeNode) GetInfo(ctx context.Context, _ *lnrpc.GetInfoRequest) (
	*lnrpc.GetInfoResponse, error) {

	n.mu.Lock()
	defer n.mu.Unlock()

	md, _ := metadata.FromIncomingContext(ctx)
	n.sawMac = len(md.Get("macaroon")) == 1

	return &lnrpc.GetInfoResponse{
		IdentityPubkey: n.pubKey,
		Chains:         []*lnrpc.Chain{{Network: "regtest"}},
	}, n.refusal
}

// ListPayments lists what is stored.
func (n *fakeNode) ListPayments(_ context.Context,
	in *lnrpc.ListPaymentsRequest) (*lnrpc.ListPaymentsResponse, error) {

	n.mu.Lock()
	defer n.mu.Unlock()

	list := &paymentrpc.ListPaymentsResponse{}
	for _, p := range n.payments {
		above := p.PaymentIndex > in.IndexOffset
		below := p.PaymentIndex < in.IndexOffset || in.IndexOffset == 0
		if !in.Reversed && above || in.Reversed && below {
			list.Payments = append(list.Payments, p)
		}
	}
	extra := len(list.Payments) - int(in.MaxPayments)
	switch {
	case in.MaxPayments == 0 || extra <= 0:

	case in.Reversed:
		list.Payments = list.Payments[extra:]

	default:
		list.Payments = list.Payments[:in.MaxPayments]
	}
	switch {
	case in.Reversed:
		n.lasts.Add(1)

	case in.MaxPayments == 1:
		n.singles.Add(1)
	}
	if count := len(list.Payments); count > 0 {
		list.FirstIndexOffset = list.Payments[0].PaymentIndex
		list.LastIndexOffset = list.Payments[count-1].PaymentIndex
	}

	return paymentrpc.Convert[lnrpc.ListPaymentsResponse](list)
}

// ListChannels says that there is none.
func (n *fakeNode) ListChannels(context.Context, *lnrpc.ListChannelsRequest) (
	*lnrpc.ListChannelsResponse, error) {

	return &lnrpc.ListChannelsResponse{}, nil
}

// PendingChannels says that none is being opened or closed.
func (n *fakeNode) PendingChannels(context.Context,
	*lnrpc.PendingChannelsRequest) (*lnrpc.PendingChannelsResponse, error) {

	return &lnrpc.PendingChannelsResponse{}, nil
}

// TrackPayments streams updates.
func (n *fakeNode) TrackPayments(_ *routerrpc.TrackPaymentsRequest,
	stream routerrpc.Router_TrackPaymentsServer) error {

	for {
		select {
		case p := <-n.updates:
			if p == nil {
				return errors.New("the stream breaks")
			}
			update, err := paymentrpc.Convert[lnrpc.Payment](p)
			if err != nil {
				return err
			}
			if err := stream.Send(update); err != nil {
				return err
			}

		case <-stream.Context().Done():
			return nil
		}
	}
}

// pay is an update of a payment.
func pay(index uint64, status paymentrpc.Payment_PaymentStatus,
	reason paymentrpc.PaymentFailureReason) *paymentrpc.Payment {

	return &paymentrpc.Payment{
		PaymentHash:    fmt.Sprintf("%064x", index),
		PaymentIndex:   index,
		CreationTimeNs: int64(index) * 1e9,
		Status:         status,
		FailureReason:  reason,
		ValueMsat:      1000,
	}
}
