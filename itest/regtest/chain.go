package regtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/btcsuite/btcd/rpcclient"
	"github.com/btcsuite/btcd/txscript"
	"github.com/btcsuite/btcd/wire"

	"lnd-once/internal/process"
)

const (
	// rpcUser and rpcPass guard a btcd on loopback that holds play money.
	rpcUser = "demo"
	rpcPass = "demo"

	// firstBlocks is mined before anything else: three windows of 144
	// blocks activate segwit and taproot, and the first coinbase matures.
	firstBlocks = 450

	// minerFee is what the miner pays for a transaction of its own.
	minerFee = 10_000
)

// anyoneCanSpend is the script whose hash the miner is paid to. It needs no key
// and no signature.
var anyoneCanSpend = []byte{txscript.OP_TRUE}

// chain is a btcd with a regtest chain.
type chain struct {
	*process.Process

	addr string
	cert string
	rpc  *rpcclient.Client
}

// startChain starts btcd.
func startChain(binary, dir string, outlive bool) (*chain, error) {

	data := filepath.Join(dir, "btcd")
	if err := os.MkdirAll(data, 0700); err != nil {
		return nil, err
	}

	addr, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	miner, err := btcutil.NewAddressScriptHash(
		anyoneCanSpend, &chaincfg.RegressionNetParams,
	)
	if err != nil {
		return nil, err
	}

	c := &chain{addr: addr, cert: filepath.Join(data, "rpc.cert")}
	c.Process, err = launch(process.Config{
		Name: "btcd", Path: binary, Args: []string{
			"--regtest", "--nolisten", "--txindex",
			"--datadir=" + data,
			"--logdir=" + filepath.Join(data, "logs"),
			"--rpclisten=" + addr,
			"--rpcuser=" + rpcUser, "--rpcpass=" + rpcPass,
			"--rpccert=" + c.cert,
			"--rpckey=" + filepath.Join(data, "rpc.key"),
			"--miningaddr=" + miner.EncodeAddress(),
		},
		Log: filepath.Join(dir, "btcd.log"), Outlive: outlive,
	})
	if err != nil {
		return nil, err
	}

	return c, nil
}

// connect waits until btcd answers.
func (c *chain) connect(ctx context.Context) error {
	return c.Await(ctx, "its RPC server", func(ctx context.Context) error {
		return c.call(ctx, "answer", c.dial)
	})
}

// dial creates the RPC client and asks for something.
func (c *chain) dial() error {
	cert, err := os.ReadFile(c.cert)
	if err != nil {
		return err
	}

	c.rpc, err = rpcclient.New(&rpcclient.ConnConfig{
		Host:         c.addr,
		User:         rpcUser,
		Pass:         rpcPass,
		Certificates: cert,
		HTTPPostMode: true,
	}, nil)
	if err != nil {
		return err
	}

	_, err = c.rpc.GetBlockCount()
	if err != nil {
		c.rpc.Shutdown()
	}

	return err
}

// call waits for calls of btcd, which know nothing of a context, but no longer
// than a program may take to answer.
func (c *chain) call(ctx context.Context, what string,
	calls func() error) error {

	ctx, cancel := context.WithTimeout(ctx, process.AnswerTimeout)
	defer cancel()

	// When we do not wait any more, the calls end with btcd.
	result := make(chan error, 1)
	go func() { result <- calls() }()

	var err error
	select {
	case err = <-result:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("btcd cannot %s: %w", what, err)
	}

	return nil
}

// mine mines blocks.
func (c *chain) mine(ctx context.Context, blocks uint32) error {
	return c.call(ctx, "mine", func() error {
		_, err := c.rpc.Generate(blocks)

		return err
	})
}

// fund sends all of a block's reward to an address.
func (c *chain) fund(ctx context.Context, address string, block int64) error {
	return c.call(ctx, "fund a node", func() error {
		return c.spendReward(address, block)
	})
}

// spendReward spends a block's reward by revealing the script that it was paid
// to.
func (c *chain) spendReward(address string, number int64) error {
	to, err := btcutil.DecodeAddress(
		address, &chaincfg.RegressionNetParams,
	)
	if err != nil {
		return err
	}
	script, err := txscript.PayToAddrScript(to)
	if err != nil {
		return err
	}

	hash, err := c.rpc.GetBlockHash(number)
	if err != nil {
		return err
	}
	block, err := c.rpc.GetBlock(hash)
	if err != nil {
		return err
	}
	reward := block.Transactions[0]
	id := reward.TxHash()
	reveal, err := txscript.NewScriptBuilder().AddData(anyoneCanSpend).
		Script()
	if err != nil {
		return err
	}

	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(&id, 0), reveal, nil))
	tx.AddTxOut(wire.NewTxOut(reward.TxOut[0].Value-minerFee, script))

	_, err = c.rpc.SendRawTransaction(tx, true)

	return err
}
