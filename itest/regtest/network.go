// Package regtest starts a btcd with a chain of its own and lnd nodes on it, a
// sender with a funded channel to a recipient, or to nodes on the way to it, all
// on loopback, and stops them again.
package regtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

	// Ways are the programs of nodes on the way. With any, sender and
	// recipient have a channel with each of these and none with each other,
	// and so has one more node, which runs Payer, to pay the sender.
	Ways  []string
	Payer string

	// Outlive lets the programs run on when we end without Stop. There is
	// a StopScript for them from the start.
	Outlive bool

	// Log is told of every step that was made.
	Log func(step string)
}

// Network is a btcd, lnd nodes, and channels that lead from one to the other.
type Network struct {
	Sender, Recipient *Node

	// Ways are the nodes on the way. Payer is who pays the sender: the
	// recipient, if there is no other node for that.
	Ways  []*Node
	Payer *Node

	cfg   Config
	chain *chain

	// nodes are all of them, in the order in which they were started.
	nodes []*Node
}

// wayFlags have a node on the way take its fee.
var wayFlags = []string{
	fmt.Sprintf("--bitcoin.basefee=%d", wayFee*1000), "--bitcoin.feerate=0",
}

// payeeFlags have a recipient ask for no more than that for a blinded path.
var payeeFlags = []string{"--routing.blinding.policy-increase-multiplier=1"}

// Start starts a network and returns when the sender can pay the recipient. If
// it fails, nothing that it started is left.
func Start(ctx context.Context, cfg Config) (*Network, error) {
	// Programs are looked up first: all else would be in vain.
	programs := append([]string{cfg.Btcd, cfg.Sender, cfg.Recipient},
		cfg.Ways...)
	if len(cfg.Ways) > 0 {
		programs = append(programs, cfg.Payer)
	}
	for _, binary := range programs {
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

// start takes a network all the way to channels that carry payments.
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

	if err := n.startNodes(ctx); err != nil {
		return err
	}

	if err := n.fundNodes(ctx); err != nil {
		return fmt.Errorf("funding the nodes: %w", err)
	}
	if err := n.connectPeers(ctx); err != nil {
		return fmt.Errorf("connecting the nodes: %w", err)
	}
	if err := n.openChannels(ctx); err != nil {
		return fmt.Errorf("opening channels: %w", err)
	}
	n.cfg.Log("channels are open")

	return nil
}

// startNodes starts all nodes.
func (n *Network) startNodes(ctx context.Context) error {
	var flags []string
	if len(n.cfg.Ways) > 0 {
		flags = payeeFlags
	}
	var err error
	n.Recipient, err = n.startNode(
		ctx, "recipient", n.cfg.Recipient, flags...,
	)
	if err != nil {
		return err
	}
	n.Payer = n.Recipient
	for i, binary := range n.cfg.Ways {
		way, err := n.startNode(
			ctx, fmt.Sprintf("way-%d", i+1), binary, wayFlags...,
		)
		if err != nil {
			return err
		}
		n.Ways = append(n.Ways, way)
	}
	if len(n.Ways) > 0 {
		n.Payer, err = n.startNode(ctx, "payer", n.cfg.Payer)
		if err != nil {
			return err
		}
	}
	n.Sender, err = n.startNode(
		ctx, "sender", n.cfg.Sender, n.cfg.SenderFlags...,
	)

	return err
}

// startNode starts a new node, with flags beyond the usual ones.
func (n *Network) startNode(ctx context.Context, name, binary string,
	flags ...string) (*Node, error) {

	node, err := newNode(name, n.cfg.Dir, n.cfg.Outlive, n.chain, flags)
	if err != nil {
		return nil, err
	}
	n.nodes = append(n.nodes, node)

	// lnd stops to try and reach a node that is back and tells the network
	// of itself without the address that it was reached at. Each time that
	// a node goes it waits twice as long before it tries, up to an hour.
	if len(n.cfg.Ways) > 0 {
		node.flags = append(
			node.flags, "--externalip="+node.PeerAddr,
			"--maxbackoff=10s",
		)
	}

	return node, n.run(ctx, node, binary)
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

// Restart stops a node and starts the given lnd in its place, with the same
// folder and addresses, and from now on with more flags.
func (n *Network) Restart(ctx context.Context, node *Node, binary string,
	flags ...string) error {

	node.Stop()
	node.flags = append(node.flags, flags...)
	if err := n.run(ctx, node, binary); err != nil {
		return err
	}

	// Its peers may be about to connect as well, and two connections that
	// cross drop each other. Whoever wins, the channels come back.
	return n.ready(ctx)
}

// Reconnect has sender and recipient connect anew, which loads their channel
// again, and waits until that carries payments.
func (n *Network) Reconnect(ctx context.Context) error {
	// They may have lost each other already, and may find each other without
	// us.
	_, _ = n.Recipient.Lightning.DisconnectPeer(
		ctx, &lnrpc.DisconnectPeerRequest{PubKey: n.Sender.PubKey},
	)
	err := n.Sender.Await(ctx, "a connection", func(
		ctx context.Context) error {

		err := n.connectPeers(ctx)
		if n.Sender.active(ctx, 1) == nil {
			err = nil
		}

		return err
	})
	if err != nil {
		return err
	}

	return n.ready(ctx)
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
	for _, node := range n.nodes {
		if node.Process != nil {
			started = append(started, node.Process)
		}
	}
	slices.Reverse(started)
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
