package regtest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/lightningnetwork/lnd/lnrpc"
)

const (
	// channelSize is the capacity of a channel in satoshis. The longest
	// test sends a tenth of it.
	channelSize = 10_000_000

	// channelBlocks is how many blocks bury a channel, which makes it
	// public as well, if it is to be.
	channelBlocks = 6

	// feeRate is what on-chain transactions pay, in satoshis per virtual
	// byte. A chain this empty has no estimate.
	feeRate = 5

	// wayFee is what a node on the way takes, in satoshis. From 4.3 on lnd
	// gets the fee of a blinded path wrong: it counts millionths of a
	// millisatoshi in 32 bits (calcNextTotalBaseFee).
	wayFee = 1
)

// channel is a channel that one node opens to another.
type channel struct {
	from, to *Node

	// push is how much of it belongs to the other one at once.
	push int64

	// private says that only the two know of it.
	private bool
}

// channels returns the channels that the network is to have, in the order in
// which they are opened.
func (n *Network) channels() []channel {
	if len(n.Ways) == 0 {
		return []channel{{from: n.Sender, to: n.Recipient}}
	}

	// What the sender is paid comes over its own channels. Nobody else's
	// payments go over those of the payer.
	var all []channel
	for _, way := range n.Ways {
		all = append(all,
			channel{from: n.Sender, to: way, push: channelSize / 2},
			channel{from: way, to: n.Recipient},
			channel{from: n.Payer, to: way, private: true},
		)
	}

	return all
}

// fundNodes gives coins to who opens channels, out of a block for each.
func (n *Network) fundNodes(ctx context.Context) error {
	funded := make(map[*Node]bool)
	for _, channel := range n.channels() {
		if funded[channel.from] {
			continue
		}
		funded[channel.from] = true
		err := n.fund(ctx, channel.from, int64(len(funded)))
		if err != nil {
			return err
		}
	}

	return nil
}

// fund gives a node the reward of a block.
func (n *Network) fund(ctx context.Context, node *Node, block int64) error {
	addr, err := node.Lightning.NewAddress(
		ctx, &lnrpc.NewAddressRequest{
			Type: lnrpc.AddressType_WITNESS_PUBKEY_HASH,
		},
	)
	if err != nil {
		return err
	}
	if err := n.chain.fund(ctx, addr.Address, block); err != nil {
		return err
	}
	if err := n.chain.mine(ctx, 1); err != nil {
		return err
	}

	return node.Await(ctx, "its coins", func(ctx context.Context) error {
		balance, err := node.Lightning.WalletBalance(
			ctx, &lnrpc.WalletBalanceRequest{},
		)
		if err == nil && balance.ConfirmedBalance < channelSize {
			err = errors.New("no coins yet")
		}

		return err
	})
}

// connectPeers connects the nodes that have channels with each other.
func (n *Network) connectPeers(ctx context.Context) error {
	for _, channel := range n.channels() {
		_, err := channel.from.Lightning.ConnectPeer(
			ctx, &lnrpc.ConnectPeerRequest{
				Addr: &lnrpc.LightningAddress{
					Pubkey: channel.to.PubKey,
					Host:   channel.to.PeerAddr,
				},
			},
		)
		if err != nil {
			return err
		}
	}

	return nil
}

// openChannels opens all channels and waits until they can be used.
func (n *Network) openChannels(ctx context.Context) error {
	for _, channel := range n.channels() {
		open := &lnrpc.OpenChannelRequest{
			NodePubkeyString:   channel.to.PubKey,
			LocalFundingAmount: channelSize,
			PushSat:            channel.push,
			Private:            channel.private,
			SatPerVbyte:        feeRate,
		}

		// Nodes do not open a channel before both have seen the last
		// block.
		err := channel.from.Await(ctx, "the funding transaction",
			func(ctx context.Context) error {
				_, err := channel.from.Lightning.
					OpenChannelSync(ctx, open)

				return err
			},
		)
		if err != nil {
			return err
		}
		if err := n.chain.mine(ctx, channelBlocks); err != nil {
			return err
		}
	}

	return n.ready(ctx)
}

// ready waits until all nodes hold their channels for active, and until the
// sender finds a route to the recipient, and who pays the sender one to it, over
// every way.
func (n *Network) ready(ctx context.Context) error {
	has := make(map[*Node]int)
	for _, channel := range n.channels() {
		has[channel.from]++
		has[channel.to]++
	}
	for _, node := range n.nodes {
		err := node.Await(ctx, "active channels", func(
			ctx context.Context) error {

			return node.active(ctx, has[node])
		})
		if err != nil {
			return err
		}
	}

	if len(n.Ways) == 0 {
		return n.Sender.awaitRoute(ctx, n.Recipient, nil)
	}
	for _, way := range n.Ways {
		err := n.Sender.awaitRoute(ctx, n.Recipient, way)
		if err != nil {
			return err
		}
		if err := n.Payer.awaitRoute(ctx, n.Sender, way); err != nil {
			return err
		}
	}

	return nil
}

// awaitRoute waits until a node finds a route to another one, on which the last
// node before that is a certain one, if any.
func (n *Node) awaitRoute(ctx context.Context, to, last *Node) error {
	// A payment may not cost more in fees than it is worth.
	query := &lnrpc.QueryRoutesRequest{PubKey: to.PubKey, Amt: wayFee}
	if last != nil {
		var err error
		query.LastHopPubkey, err = hex.DecodeString(last.PubKey)
		if err != nil {
			return err
		}
	}

	return n.Await(ctx, "a route", func(ctx context.Context) error {
		_, err := n.Lightning.QueryRoutes(ctx, query)

		return err
	})
}

// active returns an error if the node does not have a number of channels that it
// can use.
func (n *Node) active(ctx context.Context, channels int) error {
	list, err := n.Lightning.ListChannels(
		ctx, &lnrpc.ListChannelsRequest{ActiveOnly: true},
	)
	if err == nil && len(list.Channels) < channels {
		err = fmt.Errorf("%d of %d are active", len(list.Channels),
			channels)
	}

	return err
}
