package watcher

import (
	"context"
	"net"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// rpcNode serves a node over gRPC, by lnd's own server.
type rpcNode struct {
	lnrpc.UnimplementedLightningServer
	routerrpc.UnimplementedRouterServer

	*node

	// refusal is the error of every stream, if it is not nil.
	refusal error
}

// ListPayments returns a page of the node's payments.
func (r *rpcNode) ListPayments(ctx context.Context,
	in *lnrpc.ListPaymentsRequest) (*lnrpc.ListPaymentsResponse, error) {

	request, err := paymentrpc.Convert[paymentrpc.ListPaymentsRequest](in)
	if err != nil {
		return nil, err
	}
	page, err := r.node.ListPayments(ctx, request)
	if err != nil {
		return nil, err
	}

	return paymentrpc.Convert[lnrpc.ListPaymentsResponse](page)
}

// TrackPayments streams the node's updates.
func (r *rpcNode) TrackPayments(_ *routerrpc.TrackPaymentsRequest,
	server routerrpc.Router_TrackPaymentsServer) error {

	if r.refusal != nil {
		return r.refusal
	}
	s, err := r.node.TrackPayments(
		server.Context(), &paymentrpc.TrackPaymentsRequest{},
	)
	if err != nil {
		return err
	}
	for {
		p, err := s.Recv()
		if err != nil {
			return err
		}
		update, err := paymentrpc.Convert[lnrpc.Payment](p)
		if err != nil {
			return err
		}
		if err := server.Send(update); err != nil {
			return err
		}
	}
}

// startRPC runs a watcher over gRPC and returns it with what ends everything
// but the watcher.
func startRPC(t *testing.T, n *rpcNode, sink Sink) (*running, func()) {
	t.Helper()

	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	lnrpc.RegisterLightningServer(server, n)
	routerrpc.RegisterRouterServer(server, n)
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
	}()
	conn, err := grpc.NewClient("passthrough:///node",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (
			net.Conn, error) {

			return listener.DialContext(ctx)
		}))
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(context.Background())
	r := &running{cancel: cancel, done: make(chan error, 1)}
	client := paymentrpc.NewClient(conn)
	w := New(Config{Payments: client, Router: client, Sink: sink})
	go func() {
		r.done <- w.Run(ctx)
	}()

	return r, func() {
		require.NoError(t, conn.Close())
		server.Stop()
		require.NoError(t, <-served)
	}
}

// TestRunLeavesNoGoroutine runs a watcher of lnd's own server, and stops it
// while the stream is open.
func TestRunLeavesNoGoroutine(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())

	n, sink := newNode(), &memory{}
	for i := range 3 {
		n.succeed(n.pay(hashOf(i)))
	}
	open := n.pay(hashOf(3))
	r, stop := startRPC(t, &rpcNode{node: n}, sink)
	require.Eventually(t, func() bool {
		return sink.len() == 3
	}, 10*time.Second, time.Millisecond)

	// The stream has begun by the time that it tells of the end.
	require.Eventually(t, func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()

		return len(n.streams) == 1
	}, 10*time.Second, time.Millisecond)
	n.succeed(open)
	require.Eventually(t, func() bool {
		return sink.len() == 4
	}, 10*time.Second, time.Millisecond)

	require.ErrorIs(t, r.stop(), context.Canceled)
	stop()
}

// TestRefusedMacaroonEndsRun checks that what will not go away is returned, and
// says what to do.
func TestRefusedMacaroonEndsRun(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())

	r, stop := startRPC(t, &rpcNode{
		node:    newNode(),
		refusal: status.Error(codes.Unknown, "permission denied"),
	}, &memory{})

	err := <-r.done
	require.ErrorIs(t, err, ErrPermission)
	require.ErrorContains(t, err, "offchain:read")
	stop()
}
