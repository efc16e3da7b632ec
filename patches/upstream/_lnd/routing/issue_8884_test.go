package routing

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/stretchr/testify/require"
)

// issue8884Timeout is the timeout of a payment whose HTLC is held for longer.
const issue8884Timeout = 2 * time.Second

// heldRouteHops is how many hops the route has.
const heldRouteHops = 2

// lateSwitch is a switch that sends an HTLC and knows its result only when the
// test says so, as if it paid a hold invoice.
type lateSwitch struct {
	mockPaymentAttemptDispatcherOld

	// sent is closed when the HTLC has left, result has its result.
	sent   chan struct{}
	result chan *htlcswitch.PaymentResult
}

// SendHTLC notes that the HTLC has left.
func (h *lateSwitch) SendHTLC(lnwire.ShortChannelID, uint64,
	*lnwire.UpdateAddHTLC) error {

	close(h.sent)

	return nil
}

// GetAttemptResult returns the channel on which the result will come.
func (h *lateSwitch) GetAttemptResult(uint64, lntypes.Hash,
	htlcswitch.ErrorDecrypter) (<-chan *htlcswitch.PaymentResult, error) {

	return h.result, nil
}

// TestIssue8884TimeoutBeforeSettle checks that a payment whose HTLC settles
// after the payment's timeout has succeeded, once and for no reason of failure.
func TestIssue8884TimeoutBeforeSettle(t *testing.T) {
	t.Parallel()

	preimage := lntypes.Preimage{8, 8, 8, 4}

	updates, stored := payLate(t, preimage.Hash(),
		&htlcswitch.PaymentResult{Preimage: preimage})

	require.Equal(t, []string{"Succeeded"}, updates)
	require.Equal(t, "Succeeded", stored)
}

// TestIssue8884TimeoutBeforeFail checks that a payment whose recipient refuses
// its HTLC after the payment's timeout has failed, once and for that reason.
func TestIssue8884TimeoutBeforeFail(t *testing.T) {
	t.Parallel()

	refused := htlcswitch.NewForwardingError(
		&lnwire.FailIncorrectDetails{}, heldRouteHops,
	)

	updates, stored := payLate(t, sha256.Sum256([]byte("8884")),
		&htlcswitch.PaymentResult{Error: refused})

	require.Equal(t, []string{"Failed incorrect_payment_details"}, updates)
	require.Equal(t, "Failed incorrect_payment_details", stored)
}

// payLate makes a payment whose HTLC gets its result after the payment's time
// is up. It returns the terminal updates that a subscriber to all payments was
// sent, as TrackPayments is, and what is stored in the end.
func payLate(t *testing.T, hash lntypes.Hash,
	result *htlcswitch.PaymentResult) ([]string, string) {

	// All is real but the graph and the switch.
	ctx := createTestCtxFromFile(t, 101, basicGraphFilePath)
	db, err := paymentsdb.NewKVStore(initDB(t))
	require.NoError(t, err)
	tower := NewControlTower(db)
	payer := &lateSwitch{
		sent:   make(chan struct{}),
		result: make(chan *htlcswitch.PaymentResult, 1),
	}
	ctx.router.cfg.Control, ctx.router.cfg.Payer = tower, payer

	sub, err := tower.SubscribeAllPayments()
	require.NoError(t, err)
	defer sub.Close()

	ended := make(chan struct{})
	go func() {
		defer close(ended)

		_, _, _ = ctx.router.SendPayment(t.Context(), &LightningPayment{
			Target:            ctx.aliases["sophon"],
			Amount:            lnwire.NewMSatFromSatoshis(1000),
			FeeLimit:          noFeeLimit,
			CltvLimit:         100_000,
			FinalCLTVDelta:    40,
			PayAttemptTimeout: issue8884Timeout,
			paymentHash:       &hash,
		})
	}()

	// The timeout passes while the HTLC is in flight.
	waitFor8884(t, payer.sent, "the HTLC to leave")
	time.Sleep(issue8884Timeout + time.Second)
	payer.result <- result
	waitFor8884(t, ended, "the payment to end")

	payment, err := db.FetchPayment(t.Context(), hash)
	require.NoError(t, err)

	// What was sent before another payment begins is all that was sent.
	other, _, _, err := genInfo()
	require.NoError(t, err)
	require.NoError(t, tower.InitPayment(
		t.Context(), other.PaymentIdentifier, other,
	))

	return endsOf8884(t, sub, hash), outcome8884(payment)
}

// endsOf8884 returns the terminal updates of a payment that a subscriber
// was sent, up to the first update of another payment.
func endsOf8884(t *testing.T, sub ControlTowerSubscriber,
	hash lntypes.Hash) []string {

	var updates []string
	for {
		select {
		case update := <-sub.Updates():
			payment, ok := update.(*paymentsdb.MPPayment)
			require.True(t, ok)
			if payment.Info.PaymentIdentifier != hash {
				return updates
			}
			if payment.Terminated() {
				updates = append(updates, outcome8884(payment))
			}

		case <-time.After(testTimeout):
			t.Fatal("no update of the other payment")
		}
	}
}

// outcome8884 returns the status of a payment, and the reason if it has one.
func outcome8884(payment *paymentsdb.MPPayment) string {
	if payment.FailureReason == nil {
		return payment.Status.String()
	}

	return fmt.Sprintf("%v %v", payment.Status, payment.FailureReason)
}

// waitFor8884 waits for a channel to be closed.
func waitFor8884(t *testing.T, done <-chan struct{}, what string) {
	select {
	case <-done:
	case <-time.After(testTimeout):
		t.Fatalf("waited too long for %s", what)
	}
}
