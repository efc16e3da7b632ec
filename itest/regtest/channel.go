package regtest

import (
	"context"
	"errors"

	"github.com/lightningnetwork/lnd/lnrpc"
)

const (
	// channelSize is the capacity of the channel in satoshis. The longest
	// test sends a tenth of it.
	channelSize = 10_000_000

	// channelBlocks is how many blocks bury the channel, which makes it
	// public as well.
	channelBlocks = 6

	// feeRate is what on-chain transactions of the sender pay, in satoshis
	// per virtual byte. A chain this empty has no estimate.
	feeRate = 5
)

// fundSender gives the sender coins.
func (n *Network) fundSender(ctx context.Context) error {
	addr, err := n.Sender.Lightning.NewAddress(
		ctx, &lnrpc.NewAddressRequest{
			Type: lnrpc.AddressType_WITNESS_PUBKEY_HASH,
		},
	)
	if err != nil {
		return err
	}
	if err := n.chain.fund(ctx, addr.Address); err != nil {
		return err
	}
	if err := n.chain.mine(ctx, 1); err != nil {
		return err
	}

	return n.Sender.Await(ctx, "its coins", func(ctx context.Context) error {
		balance, err := n.Sender.Lightning.WalletBalance(
			ctx, &lnrpc.WalletBalanceRequest{},
		)
		switch {
		case err != nil:
			return err

		case balance.ConfirmedBalance < channelSize:
			return errors.New("no coins yet")
		}

		return nil
	})
}

// connectPeers connects the sender to the recipient.
func (n *Network) connectPeers(ctx context.Context) error {
	_, err := n.Sender.Lightning.ConnectPeer(ctx, &lnrpc.ConnectPeerRequest{
		Addr: &lnrpc.LightningAddress{
			Pubkey: n.Recipient.PubKey,
			Host:   n.Recipient.PeerAddr,
		},
	})

	return err
}

// openChannel opens the channel and waits until both ends can use it.
func (n *Network) openChannel(ctx context.Context) error {
	open := &lnrpc.OpenChannelRequest{
		NodePubkeyString:   n.Recipient.PubKey,
		LocalFundingAmount: channelSize,
		SatPerVbyte:        feeRate,
	}

	// The nodes do not open channels before both have seen the last block.
	err := n.Sender.Await(ctx, "the funding transaction",
		func(ctx context.Context) error {
			_, err := n.Sender.Lightning.OpenChannelSync(ctx, open)

			return err
		},
	)
	if err != nil {
		return err
	}
	if err := n.chain.mine(ctx, channelBlocks); err != nil {
		return err
	}

	return n.channelReady(ctx)
}

// channelReady waits until both nodes hold the channel for active and the
// sender finds a route over it.
func (n *Network) channelReady(ctx context.Context) error {
	for _, node := range []*Node{n.Sender, n.Recipient} {
		err := node.Await(ctx, "an active channel", node.active)
		if err != nil {
			return err
		}
	}

	return n.Sender.Await(ctx, "a route", func(ctx context.Context) error {
		_, err := n.Sender.Lightning.QueryRoutes(
			ctx, &lnrpc.QueryRoutesRequest{
				PubKey: n.Recipient.PubKey, Amt: 1,
			},
		)

		return err
	})
}

// active returns an error if the node has no channel that it can use.
func (n *Node) active(ctx context.Context) error {
	list, err := n.Lightning.ListChannels(
		ctx, &lnrpc.ListChannelsRequest{ActiveOnly: true},
	)
	if err == nil && len(list.Channels) == 0 {
		err = errors.New("none is active")
	}

	return err
}
