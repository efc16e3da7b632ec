// Package regtest starts a btcd with a chain of its own and two lnd nodes on
// it, a sender with a funded channel to a recipient, all on loopback, and stops
// them again.
package regtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"lnd-once/internal/process"

	"github.com/lightningnetwork/lnd/lnrpc"
)

// endNotice is how long the end of a program may go unnoticed.
const endNotice = time.Second

// Config says what a network is made of.
type Config struct {
	// Dir is the folder of the network. What it holds is deleted.
	Dir string

	// Btcd, Sender and Recipient are the paths of the programs.
	Btcd, Sender, Recipient string

	// SenderFlags are more flags for the sender's lnd, at every start.
	SenderFlags []string

	// Outlive lets the programs run on when we end without Stop. There is
	// a StopScript for them from the start.
	Outlive bool

	// Log is told of every step that was made.
	Log func(step string)
}

// Network is a btcd, two lnd nodes and a channel from one to the other.
type Network struct {
	Sender, Recipient *Node

	cfg   Config
	chain *chain
}

// Start starts a network and returns when the sender can pay the recipient. If
// it fails, nothing that it started is left.
func Start(ctx context.Context, cfg Config) (*Network, error) {
	// Programs are looked up first: all else would be in vain.
	for _, binary := range []string{
		cfg.Btcd, cfg.Sender, cfg.Recipient,
	} {
		if _, err := exec.LookPath(binary); err != nil {
			return nil, fmt.Errorf("a program is missing, \"make "+
				"demo\" builds them: %w", err)
		}
	}

	if err := os.RemoveAll(cfg.Dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0700); err != nil {
		return nil, err
	}

	n := &Network{cfg: cfg}
	if err := n.start(ctx); err != nil {
		n.Stop()

		return nil, err
	}

	return n, nil
}

// start takes a network all the way to a channel that carries payments.
func (n *Network) start(ctx context.Context) error {
	if n.cfg.Outlive {
		if err := writeStopScript(n.cfg.Dir); err != nil {
			return err
		}
	}

	var err error
	n.chain, err = startChain(n.cfg.Btcd, n.cfg.Dir, n.cfg.Outlive)
	if err != nil {
		return err
	}
	if err := n.chain.connect(ctx); err != nil {
		return err
	}
	if err := n.chain.mine(ctx, firstBlocks); err != nil {
		return err
	}
	n.cfg.Log(fmt.Sprintf("btcd is up, %d blocks", firstBlocks))

	err = n.startNode(ctx, &n.Recipient, "recipient", n.cfg.Recipient)
	if err != nil {
		return err
	}
	err = n.startNode(
		ctx, &n.Sender, "sender", n.cfg.Sender, n.cfg.SenderFlags...,
	)
	if err != nil {
		return err
	}

	if err := n.fundSender(ctx); err != nil {
		return fmt.Errorf("funding the sender: %w", err)
	}
	if err := n.connectPeers(ctx); err != nil {
		return fmt.Errorf("connecting the nodes: %w", err)
	}
	if err := n.openChannel(ctx); err != nil {
		return fmt.Errorf("opening the channel: %w", err)
	}
	n.cfg.Log("channel is open")

	return nil
}

// startNode starts one of the two nodes, with flags beyond the usual ones.
func (n *Network) startNode(ctx context.Context, node **Node, name,
	binary string, flags ...string) error {

	var err error
	*node, err = newNode(name, n.cfg.Dir, n.cfg.Outlive, n.chain, flags)
	if err != nil {
		return err
	}

	return n.run(ctx, *node, binary)
}

// run starts a node's lnd, waits until it answers, and says so.
func (n *Network) run(ctx context.Context, node *Node, binary string) error {
	if err := node.start(binary); err != nil {
		return err
	}
	if err := node.connect(ctx); err != nil {
		return err
	}
	if n.cfg.Outlive {
		if err := node.writeEnv(); err != nil {
			return err
		}
	}
	n.cfg.Log(fmt.Sprintf("%s is up, lnd %s", node.Name, node.Version))

	return nil
}

// launch starts a program of a network. No context ends it: programs are stopped
// by Stop, in an order that lets each of them end well.
func launch(cfg process.Config) (*process.Process, error) {
	return process.Start(context.Background(), cfg)
}

// RestartSender stops the sender and starts the given lnd in its place, with
// the same folder and addresses, and from now on with more flags.
func (n *Network) RestartSender(ctx context.Context, binary string,
	flags ...string) error {

	n.Sender.Stop()
	n.Sender.flags = append(n.Sender.flags, flags...)
	if err := n.run(ctx, n.Sender, binary); err != nil {
		return err
	}

	// The recipient may be about to connect as well, and two connections
	// that cross drop each other. Whoever wins, the channel comes back.
	return n.channelReady(ctx)
}

// Reconnect has the nodes connect anew, which loads their channel again, and
// waits until that carries payments.
func (n *Network) Reconnect(ctx context.Context) error {
	// They may have lost each other already, and may find each other without
	// us.
	_, _ = n.Recipient.Lightning.DisconnectPeer(
		ctx, &lnrpc.DisconnectPeerRequest{PubKey: n.Sender.PubKey},
	)
	err := n.Sender.Await(ctx, "a connection", func(
		ctx context.Context) error {

		err := n.connectPeers(ctx)
		if n.Sender.active(ctx) == nil {
			err = nil
		}

		return err
	})
	if err != nil {
		return err
	}

	return n.channelReady(ctx)
}

// Mine mines blocks, and waits until the sender has seen them.
func (n *Network) Mine(ctx context.Context, blocks uint32) error {
	before, err := n.Sender.Lightning.GetInfo(
		ctx, &lnrpc.GetInfoRequest{},
	)
	if err != nil {
		return err
	}
	if err := n.chain.mine(ctx, blocks); err != nil {
		return err
	}

	return n.Sender.Await(ctx, "the blocks", func(
		ctx context.Context) error {

		info, err := n.Sender.Lightning.GetInfo(
			ctx, &lnrpc.GetInfoRequest{},
		)
		if err == nil && info.BlockHeight < before.BlockHeight+blocks {
			err = fmt.Errorf("it is at %d", info.BlockHeight)
		}

		return err
	})
}

// KillSender ends the sender as a crash would. RestartSender starts it again.
func (n *Network) KillSender() {
	n.Sender.Kill()
}

// Guard returns a context that ends when a program of the network does. Its
// cause then tells which one, and quotes the program's log. The function ends
// the context and must be called before a program is stopped on purpose.
func (n *Network) Guard(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	for _, p := range n.processes() {
		go func() {
			select {
			case <-p.Ended():
				cancel(p.Alive())

			case <-ctx.Done():
			}
		}()
	}

	return ctx, func() { cancel(nil) }
}

// Explain returns why a guarded context has ended, if it has, and otherwise the
// error of an RPC that failed. An RPC may fail a moment before the end of the
// program that caused it is noticed.
func Explain(guarded context.Context, err error) error {
	select {
	case <-guarded.Done():
		return context.Cause(guarded)

	case <-time.After(endNotice):
		return err
	}
}

// Stop stops all programs of the network, the nodes before their chain.
func (n *Network) Stop() {
	for _, p := range n.processes() {
		p.Stop()
	}
	if n.cfg.Outlive {
		_ = os.Remove(StopScript(n.cfg.Dir))
	}
}

// processes returns what was started, in the order in which it is to be
// stopped.
func (n *Network) processes() []*process.Process {
	var started []*process.Process
	for _, node := range []*Node{n.Sender, n.Recipient} {
		if node != nil && node.Process != nil {
			started = append(started, node.Process)
		}
	}
	if n.chain != nil {
		started = append(started, n.chain.Process)
	}

	return started
}

// Logs returns the paths of the log files of a network in a folder.
func Logs(dir string) []string {
	logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))

	return logs
}
