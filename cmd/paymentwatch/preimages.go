package main

import (
	"context"

	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/sink"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/urfave/cli"
	"google.golang.org/protobuf/proto"
)

// noPreimagesFlag is for the commands that write to a sink.
var noPreimagesFlag = cli.BoolFlag{
	Name: "no-preimages",
	Usage: "Do not store preimages, with which whoever reads them can " +
		"prove to have paid.",
}

// withoutPreimages returns a sink that gets no preimages.
func withoutPreimages(s sink.Sink) sink.Sink {
	return forgetful{s}
}

// forgetful is a sink that does not keep preimages.
type forgetful struct {
	sink.Sink
}

// Deliver delivers the outcomes without their preimages.
func (f forgetful) Deliver(ctx context.Context, outcomes []*watcher.Outcome,
	position watcher.Position) error {

	var stripped []*watcher.Outcome
	for _, o := range outcomes {
		p := proto.Clone(o.Payment).(*paymentrpc.Payment)
		p.PaymentPreimage = ""
		for _, htlc := range p.GetHtlcs() {
			htlc.Preimage = nil
		}
		stripped = append(stripped, &watcher.Outcome{Payment: p})
	}

	return f.Sink.Deliver(ctx, stripped, position)
}
