//go:build nodes

package nodes

import (
	"context"

	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// track is bad input to TrackPaymentV2: a hash.
func track(hash []byte) func(*badInput, context.Context) (string, error) {
	return func(b *badInput, ctx context.Context) (string, error) {
		stream, err := b.net.Sender.Router.TrackPaymentV2(
			ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash},
		)
		if err != nil {
			return "", err
		}
		p, err := stream.Recv()

		return p.GetStatus().String(), err
	}
}

var badTracks = []badCase{
	{"track no hash", track(nil), "invalid hash length of 0, want 32"},
	{"track a short hash", track(make([]byte, 5)),
		"invalid hash length of 5, want 32"},
	{"track a long hash", track(make([]byte, 33)),
		"invalid hash length of 33, want 32"},
	{"track a huge hash", track(make([]byte, 8<<20)),
		"invalid hash length of 8388608, want 32"},
	{"track what does not exist yet", track(make([]byte, 32)), "NotFound"},
}

// payload is a message as it is on the wire.
type payload []byte

// wire is a codec that sends a payload as it is and drops what is received.
type wire struct{}

// Marshal implements encoding.Codec.
func (wire) Marshal(message any) ([]byte, error) {
	return message.(payload), nil
}

// Unmarshal implements encoding.Codec.
func (wire) Unmarshal([]byte, any) error {
	return nil
}

// Name implements encoding.Codec.
func (wire) Name() string {
	return "proto"
}

// badMessages returns what no client sends that uses the messages of the RPC.
func badMessages() []badCase {
	var cases []badCase
	for _, method := range []string{
		"SendPaymentV2", "SendToRouteV2", "TrackPaymentV2",
		"TrackPayments",
	} {
		cases = append(cases, badCase{
			method + " of garbage",
			message(method, payload("\xff\xff\xff garbage")),
			codes.Internal.String(),
		})
	}

	return append(cases, badCase{
		"no such method", message("Nonsense", nil), "Unimplemented",
	})
}

// message is a message to a method of the router.
func message(method string, p payload) func(*badInput, context.Context) (string,
	error) {

	return func(b *badInput, ctx context.Context) (string, error) {
		stream, err := b.conn.NewStream(
			ctx, &grpc.StreamDesc{ServerStreams: true},
			"/routerrpc.Router/"+method, grpc.ForceCodec(wire{}),
		)
		if err != nil {
			return "", err
		}
		if err := stream.SendMsg(p); err != nil {
			return "", err
		}
		_ = stream.CloseSend()

		return "an answer", stream.RecvMsg(nil)
	}
}
