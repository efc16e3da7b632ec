//go:build nodes

package nodes

import (
	"context"
	"errors"
	"net"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"google.golang.org/grpc"
)

// guest is a client on a TCP connection of its own, which it can let go of
// without a word.
type guest struct {
	tcp    net.Conn
	conn   *grpc.ClientConn
	cancel func()
}

// newGuest returns a guest of a node and the context of its streams. If it is
// to reset its connection, that is how it leaves.
func newGuest(node *regtest.Node, reset bool) (*guest, context.Context,
	error) {

	g := &guest{}
	dial := func(ctx context.Context, address string) (net.Conn, error) {
		if g.tcp != nil {
			return nil, errors.New("it does not come back")
		}
		tcp, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		g.tcp = tcp
		if reset {
			err = tcp.(*net.TCPConn).SetLinger(0)
		}

		return tcp, err
	}

	// With a fixed window, what is not read stays with the node soon.
	conn, err := node.Dial(
		grpc.WithContextDialer(dial), grpc.WithBlock(),
		grpc.WithInitialWindowSize(64<<10),
		grpc.WithInitialConnWindowSize(64<<10),
	)
	if err != nil {
		return nil, nil, err
	}
	g.conn = conn

	ctx, cancel := context.WithCancel(context.Background())
	g.cancel = cancel

	return g, ctx, nil
}

// vanish ends the connection without telling the node.
func (g *guest) vanish() {
	_ = g.tcp.Close()
	g.cancel()
	_ = g.conn.Close()
}

// paymentStream is what TrackPayments and TrackPaymentV2 return.
type paymentStream interface {
	Recv() (*lnrpc.Payment, error)
}

// subscribe opens a stream of all payments or, for every other guest, of a
// single one.
func (g *guest) subscribe(ctx context.Context, i int, hash []byte) (
	paymentStream, error) {

	router := routerrpc.NewRouterClient(g.conn)
	if i%2 == 0 {
		return router.TrackPayments(
			ctx, &routerrpc.TrackPaymentsRequest{},
		)
	}

	return router.TrackPaymentV2(
		ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash},
	)
}
