// Package paymentrpc is a client of the part of lnd's RPC that tells of payments.
// What it sends and receives is what lnrpc does, under lnd's names, but without
// lnd: a program that uses it is built from a fraction of the packages. It can be
// linked beside lnrpc.
package paymentrpc

import (
	"context"

	"google.golang.org/grpc"
)

//go:generate go run ./generate

// MaxMessage is the largest message in bytes that lnd's own clients take.
const MaxMessage = 200 << 20

// UpdateStream is a stream of updates of payments.
type UpdateStream = grpc.ServerStreamingClient[Payment]

// Client calls an lnd.
type Client struct {
	conn grpc.ClientConnInterface
}

// NewClient returns the client of the lnd at the other end of a connection.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{conn: conn}
}

// GetState returns what the node's wallet and RPC server are ready for. It needs
// no macaroon.
func (c *Client) GetState(ctx context.Context, in *GetStateRequest,
	opts ...grpc.CallOption) (*GetStateResponse, error) {

	return call[GetStateResponse](ctx, c, "lnrpc.State/GetState", in, opts)
}

// GetInfo returns which node it is.
func (c *Client) GetInfo(ctx context.Context, in *GetInfoRequest,
	opts ...grpc.CallOption) (*GetInfoResponse, error) {

	return call[GetInfoResponse](
		ctx, c, "lnrpc.Lightning/GetInfo", in, opts,
	)
}

// ListPayments returns a page of the payments that the node holds.
func (c *Client) ListPayments(ctx context.Context, in *ListPaymentsRequest,
	opts ...grpc.CallOption) (*ListPaymentsResponse, error) {

	return call[ListPaymentsResponse](
		ctx, c, "lnrpc.Lightning/ListPayments", in, opts,
	)
}

// ListChannels returns the channels that are open.
func (c *Client) ListChannels(ctx context.Context, in *ListChannelsRequest,
	opts ...grpc.CallOption) (*ListChannelsResponse, error) {

	return call[ListChannelsResponse](
		ctx, c, "lnrpc.Lightning/ListChannels", in, opts,
	)
}

// PendingChannels returns the channels that are being opened or closed.
func (c *Client) PendingChannels(ctx context.Context,
	in *PendingChannelsRequest, opts ...grpc.CallOption) (
	*PendingChannelsResponse, error) {

	return call[PendingChannelsResponse](
		ctx, c, "lnrpc.Lightning/PendingChannels", in, opts,
	)
}

// TrackPayments streams the updates of all payments.
func (c *Client) TrackPayments(ctx context.Context, in *TrackPaymentsRequest,
	opts ...grpc.CallOption) (UpdateStream, error) {

	stream, err := c.conn.NewStream(
		ctx, &grpc.StreamDesc{ServerStreams: true},
		"/routerrpc.Router/TrackPayments", opts...,
	)
	if err != nil {
		return nil, err
	}
	updates := &grpc.GenericClientStream[TrackPaymentsRequest, Payment]{
		ClientStream: stream,
	}
	if err := updates.SendMsg(in); err != nil {
		return nil, err
	}

	return updates, updates.CloseSend()
}

// call calls a method that returns one message.
func call[Out any](ctx context.Context, c *Client, method string, in any,
	opts []grpc.CallOption) (*Out, error) {

	out := new(Out)
	err := c.conn.Invoke(ctx, "/"+method, in, out, opts...)
	if err != nil {
		return nil, err
	}

	return out, nil
}
