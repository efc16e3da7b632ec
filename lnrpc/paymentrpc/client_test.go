package paymentrpc

import (
	"context"
	"net"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// lnd answers by lnd's own server code what a client asks.
type lnd struct {
	lnrpc.UnimplementedStateServer
	lnrpc.UnimplementedLightningServer
	routerrpc.UnimplementedRouterServer
}

// GetState returns a state.
func (lnd) GetState(context.Context, *lnrpc.GetStateRequest) (
	*lnrpc.GetStateResponse, error) {

	return &lnrpc.GetStateResponse{State: lnrpc.WalletState_LOCKED}, nil
}

// GetInfo returns a name.
func (lnd) GetInfo(context.Context, *lnrpc.GetInfoRequest) (
	*lnrpc.GetInfoResponse, error) {

	return &lnrpc.GetInfoResponse{Alias: "alice"}, nil
}

// ListPayments returns the payment after the offset, if one is asked for.
func (lnd) ListPayments(_ context.Context, in *lnrpc.ListPaymentsRequest) (
	*lnrpc.ListPaymentsResponse, error) {

	if in.MaxPayments == 0 {
		return nil, status.Error(codes.InvalidArgument, "no number")
	}

	return &lnrpc.ListPaymentsResponse{Payments: []*lnrpc.Payment{{
		PaymentIndex: in.IndexOffset + 1,
	}}}, nil
}

// ListChannels returns a channel.
func (lnd) ListChannels(context.Context, *lnrpc.ListChannelsRequest) (
	*lnrpc.ListChannelsResponse, error) {

	return &lnrpc.ListChannelsResponse{Channels: []*lnrpc.Channel{{
		ChanId: 8,
	}}}, nil
}

// PendingChannels returns a channel.
func (lnd) PendingChannels(context.Context, *lnrpc.PendingChannelsRequest) (
	*lnrpc.PendingChannelsResponse, error) {

	type closing = lnrpc.PendingChannelsResponse_WaitingCloseChannel

	return &lnrpc.PendingChannelsResponse{
		WaitingCloseChannels: []*closing{{}},
	}, nil
}

// TrackPayments sends one update, and another if those in flight are asked for.
func (lnd) TrackPayments(in *routerrpc.TrackPaymentsRequest,
	stream routerrpc.Router_TrackPaymentsServer) error {

	if !in.NoInflightUpdates {
		err := stream.Send(&lnrpc.Payment{
			Status: lnrpc.Payment_IN_FLIGHT,
		})
		if err != nil {
			return err
		}
	}
	err := stream.Send(&lnrpc.Payment{Status: lnrpc.Payment_FAILED})
	if err != nil {
		return err
	}

	return status.Error(codes.Unavailable, "shutting down")
}

// newTestClient returns a client of such an lnd.
func newTestClient(t *testing.T) *Client {
	t.Helper()

	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	lnrpc.RegisterStateServer(server, lnd{})
	lnrpc.RegisterLightningServer(server, lnd{})
	routerrpc.RegisterRouterServer(server, lnd{})
	served := make(chan error, 1)
	go func() {
		served <- server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-served)
	})
	conn, err := grpc.NewClient("passthrough:///node",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (
			net.Conn, error) {

			return listener.DialContext(ctx)
		}))
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
	})

	return NewClient(conn)
}

// TestClientCallsLnd makes each call to a server of lnd's, linked into the same
// program. It gets our request and sends an answer or an error.
func TestClientCallsLnd(t *testing.T) {
	t.Parallel()

	ctx, client := t.Context(), newTestClient(t)
	state, err := client.GetState(ctx, &GetStateRequest{})
	require.NoError(t, err)
	require.Equal(t, WalletState_LOCKED, state.GetState())

	info, err := client.GetInfo(ctx, &GetInfoRequest{})
	require.NoError(t, err)
	require.Equal(t, "alice", info.GetAlias())

	page, err := client.ListPayments(ctx, &ListPaymentsRequest{
		IndexOffset: 6, MaxPayments: 1,
	})
	require.NoError(t, err)
	require.Equal(t, uint64(7), page.GetPayments()[0].GetPaymentIndex())
	_, err = client.ListPayments(ctx, &ListPaymentsRequest{})
	require.Equal(t, codes.InvalidArgument, status.Code(err))

	open, err := client.ListChannels(ctx, &ListChannelsRequest{})
	require.NoError(t, err)
	require.Equal(t, uint64(8), open.GetChannels()[0].GetChanId())
	closing, err := client.PendingChannels(ctx, &PendingChannelsRequest{})
	require.NoError(t, err)
	require.Len(t, closing.GetWaitingCloseChannels(), 1)

	for _, ends := range []bool{true, false} {
		stream, err := client.TrackPayments(ctx, &TrackPaymentsRequest{
			NoInflightUpdates: ends,
		})
		require.NoError(t, err)
		want := []Payment_PaymentStatus{
			Payment_IN_FLIGHT, Payment_FAILED,
		}
		if ends {
			want = want[1:]
		}
		for _, status := range want {
			update, err := stream.Recv()
			require.NoError(t, err)
			require.Equal(t, status, update.GetStatus())
		}
		_, err = stream.Recv()
		require.Equal(t, codes.Unavailable, status.Code(err))
	}
}
