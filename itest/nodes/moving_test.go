//go:build nodes

package nodes

import (
	"context"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/stretchr/testify/require"
)

// TestMovingUp checks that a folder can go from the oldest base up to the one
// that is tested, through stock and patched lnd of each, and in the end to lnd's
// tables for payments: no payment is lost, none gets another outcome, those that
// are in flight end, what one version has failed the next one can delete or try
// again, and paymentwatch, which runs all the time, has every outcome once. Some
// payments are as only an old lnd has left them.
func TestMovingUp(t *testing.T) {
	bases, err := Older(lndBase)
	require.NoError(t, err)
	if len(bases) == 0 {
		t.Skipf("%s is the oldest base", lndBase.Name)
	}
	versions := []version{{bases[0], stock}, {bases[0], patched}}
	for _, b := range append(bases[1:], lndBase) {
		versions = append(
			versions, version{b, stock}, version{b, patched},
		)
	}

	for _, kind := range []string{"bbolt", "sqlite"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testMovingUp(t, kind, versions)
		})
	}
}

// testMovingUp takes a folder through lnd versions, on a kind of store.
func testMovingUp(t *testing.T, kind string, versions []version) {
	begin := time.Now()
	d := startDropIn(t, versions[0], storeFlags(t, kind)...)
	m := newMonitor(t, d.net, workDir(t), "sqlite")
	m.start(t)
	m.waitLive(t)

	d.requireOutcomes(d.play())
	d.addDuplicates(kind)
	for i, to := range versions[1:] {
		d.moveUp(to, i%2 == 0)
	}

	d.requireRows(m, nil)
	if lndBase.HasStore("native" + kind) {
		// lnd numbers its payments anew there, and no longer lists
		// those of a hash that was paid more than once. What is told
		// stays as it was.
		moved := m.rows(t)
		d.moveUp(d.at, true, "--db.use-native-sql")
		d.requireRows(m, moved)
		d.moveUp(d.at, false)
		d.requireRows(m, moved)
	}
	writeResult(t, begin, Found{
		Kind: Moves, Side: patched, Store: kind, Counts: []Count{
			{Name: "versions", Value: len(versions)},
			{Name: "payments", Value: len(d.list())},
		},
	})
}

// requireRows waits until a monitor has each payment of the sender once, with its
// outcome. Rows that were there before lnd numbered its payments anew must be as
// they were, index included.
func (d *dropIn) requireRows(m *monitor, moved map[run]row) {
	// Stock may have stored another reason than the one that was told.
	eventually(d.T, rowTimeout, "all rows", func() error {
		m.requireAlive(d.T)
		listed, err := list(context.Background(), d.net.Sender)
		require.NoError(d, err)

		rows := m.rows(d.T)
		for k, was := range moved {
			require.Equal(d, was, rows[k], "%v", k)
			was.index = listed[k].GetPaymentIndex()
			rows[k] = was
			if listed[k] == nil && k.hash == d.duplicated {
				delete(rows, k)
			}
		}

		return compare(rows, listed, true, d.retried)
	})
}

// addDuplicates gives a payment that has settled others of the same hash.
func (d *dropIn) addDuplicates(kind string) {
	before := d.list()
	for run, row := range before {
		if row.Status == "SUCCEEDED" {
			d.duplicated = run.Hash
		}
	}
	require.NotEmpty(d, d.duplicated, "no payment has settled")
	hash, err := hex.DecodeString(d.duplicated)
	require.NoError(d, err)

	d.net.Sender.Stop()
	db := openChannelDB(d.T, d.net.Sender, kind)
	added := storeDuplicates(d.T, db, hash)
	require.NoError(d, db.Close())
	require.NoError(d, d.net.Restart(
		context.Background(), d.net.Sender, d.at.program(),
	))
	require.Len(d, d.list(), len(before)+added)
}

// failPayment makes a payment of a hash that the recipient rejects.
func (d *dropIn) failPayment(ctx context.Context, hash []byte) {
	request := requestTo(d.T, d.net.Recipient, hash, payTimeout)
	_, request.PaymentAddr = newPreimage()
	p, err := send(ctx, d.net.Sender.Router, request)
	require.NoError(d, err)
	require.Equal(d, "INCORRECT_PAYMENT_DETAILS",
		paymentcontract.ReasonName(p.FailureReason))
}

// deletePayment deletes a payment, which then must be gone.
func (d *dropIn) deletePayment(ctx context.Context, hash []byte) {
	_, err := d.net.Sender.Lightning.DeletePayment(
		ctx, &lnrpc.DeletePaymentRequest{PaymentHash: hash},
	)
	require.NoError(d, err)
	for run := range d.list() {
		require.NotEqual(d, hex.EncodeToString(hash), run.Hash)
	}
}

// moveUp lets another lnd run the sender from now on, with a payment in flight
// that then settles or fails, and makes payments of all outcomes. Of three that
// have failed one is deleted before, and one after, and one is tried again.
func (d *dropIn) moveUp(to version, settles bool, flags ...string) {
	ctx, cancel := context.WithTimeout(context.Background(), payTimeout)
	defer cancel()

	var failed [][]byte
	for range 3 {
		_, hash := newPreimage()
		d.failPayment(ctx, hash)
		d.retried[hex.EncodeToString(hash)] = true
		failed = append(failed, hash)
	}
	d.deletePayment(ctx, failed[0])

	preimage, hash := newPreimage()
	request, states, err := holdInvoice(ctx, d.net.Recipient, hash)
	require.NoError(d, err)
	_, err = d.net.Sender.Router.SendPaymentV2(
		ctx, &routerrpc.SendPaymentRequest{
			PaymentRequest: request, FeeLimitSat: amount,
			TimeoutSeconds: int32((10 * payTimeout).Seconds()),
		},
	)
	require.NoError(d, err)
	require.True(d, awaitAccepted(states, nil), "no HTLC has arrived")

	d.handOver(to, flags...)

	// What the start of a node takes does not count.
	ctx, cancel = context.WithTimeout(context.Background(), payTimeout)
	defer cancel()
	require.NoError(d, resolve(
		ctx, d.net.Recipient, preimage, hash, settles,
	))
	d.requireEnd(ctx, hash, settles)
	d.deletePayment(ctx, failed[1])
	d.failPayment(ctx, failed[2])
	d.requireOutcomes(d.play())
}

// requireEnd waits for the end of a payment, which must have settled, or have
// failed by the recipient's verdict.
func (d *dropIn) requireEnd(ctx context.Context, hash []byte, settled bool) {
	stream, err := d.net.Sender.Router.TrackPaymentV2(
		ctx, &routerrpc.TrackPaymentRequest{PaymentHash: hash},
	)
	require.NoError(d, err)
	for {
		p, err := stream.Recv()
		require.NoError(d, err, "payment %s has not ended",
			hex.EncodeToString(hash))
		if !ended(p) {
			continue
		}
		want := "FAILED INCORRECT_PAYMENT_DETAILS"
		if settled {
			want = "SUCCEEDED NONE"
		}
		require.Equal(d, want, strings.Join([]string{
			p.Status.String(),
			paymentcontract.ReasonName(p.FailureReason),
		}, " "))

		return
	}
}
