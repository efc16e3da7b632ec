package regtest

import (
	"strings"

	"lnd-once/itest/scenario"
)

// Scenarios returns the network as scenarios use it that neither need a node on
// the way nor kill one.
func (n *Network) Scenarios() scenario.Network {
	clients := func(node *Node) func() scenario.Node {
		return func() scenario.Node {
			return scenario.Node{
				PubKey: node.PubKey, Lightning: node.Lightning,
				Router: node.Router, Invoices: node.Invoices,
			}
		}
	}

	return scenario.Network{
		Sender: clients(n.Sender), Recipient: clients(n.Recipient),
	}
}

// Base returns the base that the node's lnd is made from: lnd says of itself
// "0.1.2-beta commit=..." if that is v0.1.2-beta.
func (n *Node) Base() string {
	number, _, _ := strings.Cut(n.Version, " ")

	return "v" + number
}
