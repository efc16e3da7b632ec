//go:build tower

package lnd

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/record"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/history"
	"lnd-once/itest/tower/model"
)

// Tower is a control tower of lnd on which histories can be played.
type Tower struct {
	*Payments

	// Life is that of the process, if calls to the database may fail.
	Life *explore.Life
}

// A compile-time check that histories can be played on it.
var _ history.Tower = Tower{}

// Make makes a change to the payment of a hash.
func (t Tower) Make(hash lntypes.Hash, c model.Change) error {
	switch c.Action {
	case model.Initiate:
		return t.init(hash, creation(c, hash))

	case model.InitiateWith:
		attempt, err := attempt(c, hash)
		if err != nil {
			return err
		}

		return t.initWith(hash, creation(c, hash), attempt)

	case model.Register:
		attempt, err := attempt(c, hash)
		if err != nil {
			return err
		}

		return t.register(hash, attempt)

	case model.Settle:
		attempt, err := t.settle(hash, c.Shard.ID, &settleInfo{
			Preimage:   lntypes.Preimage(hash),
			SettleTime: time.Now(),
		})

		return returned(c, attempt, err)

	case model.Fail:
		attempt, err := t.fail(hash, c.Shard.ID, failure())

		return returned(c, attempt, err)

	case model.FailBecause:
		attempt, err := t.failBecause(
			hash, c.Shard.ID, failure(), reasons[c.Reason],
			c.DeleteFailed,
		)

		return returned(c, attempt, err)

	case model.GiveUp:
		return t.giveUp(hash, reasons[c.Reason])

	case model.RemoveFailed:
		return t.removeFailed(hash)
	}

	return t.Delete(hash)
}

// returned returns the error of a change, or one that says that it has not
// returned the attempt that it has changed.
func returned(c model.Change, attempt *StoredAttempt, err error) error {
	switch {
	case err != nil:
		return err

	case attempt.AttemptID != c.Shard.ID,
		(attempt.Settle != nil) != (c.Action == model.Settle),
		(attempt.Failure != nil) == (c.Action == model.Settle):

		return fmt.Errorf("unexpected attempt %v", attempt)
	}

	return nil
}

// creation describes a payment that is initiated.
func creation(c model.Change, hash lntypes.Hash) *creationInfo {
	return &creationInfo{
		PaymentIdentifier: hash,
		Value:             Amount,
		CreationTime:      time.UnixMilli(c.Created),
	}
}

// failure describes why a shard has failed.
func failure() *failInfo {
	return &failInfo{
		FailTime:           time.Now(),
		Reason:             failMessage,
		Message:            &lnwire.FailTemporaryNodeFailure{},
		FailureSourceIndex: 1,
	}
}

// attempt describes the shard of a change. Each has an onion key of its own.
func attempt(c model.Change, hash lntypes.Hash) (*attemptInfo, error) {
	key, _ := btcec.PrivKeyFromBytes(
		binary.BigEndian.AppendUint64(nil, c.Shard.ID),
	)
	rt := routeOf(c, hash)

	// With AMP the HTLC of each shard has its own hash.
	if c.AMP {
		hash[0] ^= byte(c.Shard.ID)
		hash[1] ^= 1
	}

	return newAttempt(c.Shard.ID, key, *rt, time.UnixMilli(c.Created), hash)
}

// routeOf returns the route of the shard of a change.
func routeOf(c model.Change, hash lntypes.Hash) *route.Route {
	rt := NewRouteFor(lnwire.MilliSatoshi(c.Shard.Amount))
	if !c.Shard.Single {
		rt.FinalHop().MPP = record.NewMPP(Amount, [32]byte{1})
	}
	if c.AMP {
		rt.FinalHop().AMP = record.NewAMP(
			[32]byte{2}, hash, uint32(c.Shard.ID),
		)
	}

	return rt
}

// Payment returns the payment of a hash, nil if there is none.
func (t Tower) Payment(hash lntypes.Hash) (*history.Payment, error) {
	payment, err := t.Fetch(hash)
	if payment == nil || err != nil {
		return nil, err
	}

	return observe(payment), nil
}

// Observe returns the same, behind the control tower's back.
func (t Tower) Observe(hash lntypes.Hash) (*history.Payment, error) {
	return Tower{Payments: t.Observed()}.Payment(hash)
}

// Disturb lets calls to the database fail, and the process die.
func (t Tower) Disturb(plan *explore.Plan) (int, bool) {
	if t.Life == nil {
		return 0, false
	}

	return t.Life.Disturb(plan)
}

// Live returns all payments that have not ended.
func (t Tower) Live() ([]*history.Payment, error) {
	return observeAll(t.Payments.Live())
}

// List returns all payments, in the order of their creation.
func (t Tower) List() ([]*history.Payment, error) {
	return observeAll(t.Payments.List())
}

// SubscribeAll subscribes to all payments.
func (t Tower) SubscribeAll() (history.Stream, error) {
	sub, err := t.SubscribeAllPayments()

	return stream{sub}, err
}

// Subscribe subscribes to the payment of a hash.
func (t Tower) Subscribe(hash lntypes.Hash) (history.Stream, error) {
	sub, err := t.SubscribePayment(hash)

	return stream{sub}, err
}

// stream is a subscription as histories see it.
type stream struct {
	routing.ControlTowerSubscriber
}

// Receive returns the next update, nil once there will be none.
func (s stream) Receive() *history.Payment {
	update, ok := <-s.Updates()
	if !ok {
		return nil
	}

	return observe(update.(*StoredPayment))
}
