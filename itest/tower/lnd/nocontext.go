//go:build tower && !towercontext

package lnd

import (
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
)

// This file is for lnd versions whose control tower takes no context;
// context.go has the same for those after.

// init initiates a payment.
func (p *Payments) init(hash lntypes.Hash, info *creationInfo) error {
	return p.InitPayment(hash, info)
}

// initWith initiates a payment with its first attempt.
func (p *Payments) initWith(hash lntypes.Hash, info *creationInfo,
	attempt *attemptInfo) error {

	tower, ok := p.ControlTower.(interface {
		InitPaymentWithAttempt(lntypes.Hash, *creationInfo,
			*attemptInfo) error
	})
	if !ok {
		return errStock
	}

	return tower.InitPaymentWithAttempt(hash, info, attempt)
}

// register registers an attempt.
func (p *Payments) register(hash lntypes.Hash, attempt *attemptInfo) error {
	return p.RegisterAttempt(hash, attempt)
}

// settle settles an attempt.
func (p *Payments) settle(hash lntypes.Hash, id uint64,
	info *settleInfo) (*StoredAttempt, error) {

	return p.SettleAttempt(hash, id, info)
}

// fail fails an attempt.
func (p *Payments) fail(hash lntypes.Hash, id uint64,
	info *failInfo) (*StoredAttempt, error) {

	return p.FailAttempt(hash, id, info)
}

// failBecause fails an attempt and proposes a reason for its payment.
func (p *Payments) failBecause(hash lntypes.Hash, id uint64, info *failInfo,
	reason FailureReason, deleteFailed bool) (*StoredAttempt, error) {

	tower, ok := p.ControlTower.(interface {
		FailAttemptWithReason(lntypes.Hash, uint64, *failInfo,
			FailureReason, bool) (*StoredAttempt, error)
	})
	if !ok {
		return nil, errStock
	}

	return tower.FailAttemptWithReason(
		hash, id, info, reason, deleteFailed,
	)
}

// giveUp fails a payment.
func (p *Payments) giveUp(hash lntypes.Hash, reason FailureReason) error {
	return p.FailPayment(hash, reason)
}

// removeFailed deletes the failed attempts of a payment.
func (p *Payments) removeFailed(hash lntypes.Hash) error {
	return p.DeleteFailedAttempts(hash)
}

// fetch returns a payment as the control tower finds it in its database.
func (p *Payments) fetch(hash lntypes.Hash) (any, error) {
	return p.FetchPayment(hash)
}

// Live returns all payments that have not ended. It is the scan of the whole
// database that the router makes when it starts.
func (p *Payments) Live() ([]*StoredPayment, error) {
	return p.FetchInFlightPayments()
}

// Delete deletes a payment that has ended, as the RPC server does. On stock that
// knows of no control tower.
func (p *Payments) Delete(hash lntypes.Hash) error {
	remove := func() error {
		return p.db.DeletePayment(hash, false)
	}
	tower, ok := p.ControlTower.(interface {
		DeletePayment(lntypes.Hash, func() error) error
	})
	if !ok {
		return remove()
	}

	return tower.DeletePayment(hash, remove)
}

// SendToRoute makes a payment over a route.
func SendToRoute(r *routing.ChannelRouter, hash lntypes.Hash, rt *route.Route,
	skipTempErr bool) error {

	send := r.SendToRoute
	if skipTempErr {
		send = r.SendToRouteSkipTempErr
	}
	_, err := send(hash, rt, nil)

	return err
}

// SendPayment makes a payment over routes that its session finds.
func SendPayment(r *routing.ChannelRouter, p *routing.LightningPayment) error {
	_, _, err := r.SendPayment(p)

	return err
}
