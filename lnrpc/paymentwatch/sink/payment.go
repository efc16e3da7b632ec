package sink

import (
	"encoding/hex"
	"fmt"
	"time"

	"lnd-once/lnrpc/paymentcontract"
	"lnd-once/lnrpc/paymentrpc"
	"lnd-once/lnrpc/paymentwatch/watcher"
)

// Payment is an outcome as every sink keeps it: a line of JSON, or a row.
// Amounts are in millisatoshis, times in UTC. What is nil is not known, or does
// not apply.
type Payment struct {
	PaymentHash    string     `json:"payment_hash"`
	CreationTimeNs int64      `json:"creation_time_ns"`
	PaymentIndex   uint64     `json:"payment_index"`
	Status         string     `json:"status"`
	FailureReason  *string    `json:"failure_reason"`
	ValueMsat      int64      `json:"value_msat"`
	FeeMsat        int64      `json:"fee_msat"`
	PaymentRequest *string    `json:"payment_request"`
	Destination    *string    `json:"destination"`
	Preimage       *string    `json:"payment_preimage"`
	CreationTime   time.Time  `json:"creation_time"`
	ResolveTime    *time.Time `json:"resolve_time"`
	DeliveredAt    time.Time  `json:"delivered_at"`
	Attempts       []*Attempt `json:"attempts"`
}

// Attempt is an HTLC that was sent for a payment.
type Attempt struct {
	AttemptID     uint64     `json:"attempt_id"`
	Status        string     `json:"status"`
	AttemptTime   time.Time  `json:"attempt_time"`
	ResolveTime   *time.Time `json:"resolve_time"`
	TotalAmtMsat  int64      `json:"total_amt_msat"`
	TotalFeesMsat int64      `json:"total_fees_msat"`
	TotalTimeLock uint32     `json:"total_time_lock"`
	FailureCode   *string    `json:"failure_code"`
	FailureSource *uint32    `json:"failure_source_index"`
	Hops          []*Hop     `json:"hops"`
}

// Hop is a hop of an attempt's route. The channel is text: JSON readers that
// know only floating point would spoil a number of 64 bits.
type Hop struct {
	PubKey           string `json:"pub_key"`
	ChanID           uint64 `json:"chan_id,string"`
	AmtToForwardMsat int64  `json:"amt_to_forward_msat"`
	FeeMsat          int64  `json:"fee_msat"`
	Expiry           uint32 `json:"expiry"`
}

// NewPayment returns an outcome as it is kept, delivered at the given time.
func NewPayment(p *paymentrpc.Payment, now time.Time) *Payment {
	row := &Payment{
		PaymentHash:    p.GetPaymentHash(),
		CreationTimeNs: p.GetCreationTimeNs(),
		PaymentIndex:   p.GetPaymentIndex(),
		Status:         p.GetStatus().String(),
		ValueMsat:      p.GetValueMsat(),
		FeeMsat:        p.GetFeeMsat(),
		PaymentRequest: known(p.GetPaymentRequest()),
		Destination:    known(destination(p)),
		CreationTime:   time.Unix(0, p.GetCreationTimeNs()).UTC(),
		DeliveredAt:    now.UTC(),
		Attempts:       make([]*Attempt, 0, len(p.GetHtlcs())),
	}

	if p.GetStatus() == paymentrpc.Payment_SUCCEEDED {
		row.Preimage = known(p.GetPaymentPreimage())
	} else {
		reason := paymentcontract.ReasonName(p.GetFailureReason())
		row.FailureReason = &reason
	}

	for _, htlc := range p.GetHtlcs() {
		a := newAttempt(htlc)
		row.Attempts = append(row.Attempts, a)

		if a.ResolveTime != nil && (row.ResolveTime == nil ||
			a.ResolveTime.After(*row.ResolveTime)) {

			row.ResolveTime = a.ResolveTime
		}
	}

	return row
}

// newAttempt returns an attempt as it is kept.
func newAttempt(htlc *paymentrpc.HTLCAttempt) *Attempt {
	route := htlc.GetRoute()
	a := &Attempt{
		AttemptID:     htlc.GetAttemptId(),
		Status:        htlc.GetStatus().String(),
		AttemptTime:   time.Unix(0, htlc.GetAttemptTimeNs()).UTC(),
		TotalAmtMsat:  route.GetTotalAmtMsat(),
		TotalFeesMsat: route.GetTotalFeesMsat(),
		TotalTimeLock: route.GetTotalTimeLock(),
		Hops:          make([]*Hop, 0, len(route.GetHops())),
	}

	if ns := htlc.GetResolveTimeNs(); ns != 0 {
		resolved := time.Unix(0, ns).UTC()
		a.ResolveTime = &resolved
	}
	if failure := htlc.GetFailure(); failure != nil {
		code, source := failure.GetCode().String(),
			failure.GetFailureSourceIndex()
		a.FailureCode, a.FailureSource = &code, &source
	}
	for _, hop := range route.GetHops() {
		a.Hops = append(a.Hops, &Hop{
			PubKey:           hop.GetPubKey(),
			ChanID:           hop.GetChanId(),
			AmtToForwardMsat: hop.GetAmtToForwardMsat(),
			FeeMsat:          hop.GetFeeMsat(),
			Expiry:           hop.GetExpiry(),
		})
	}

	return a
}

// Run returns what identifies the payment.
func (p *Payment) Run() watcher.Run {
	return watcher.Run{
		Hash: p.PaymentHash, Created: p.CreationTimeNs,
		Index: p.PaymentIndex,
	}
}

// describe names a payment and its outcome in an error.
func (p *Payment) describe() string {
	return fmt.Sprintf("payment %s index %d created at %s, %s",
		p.PaymentHash, p.PaymentIndex,
		p.CreationTime.Format(time.RFC3339Nano), p.outcome())
}

// outcome returns status and reason as one.
func (p *Payment) outcome() string {
	if p.FailureReason == nil {
		return p.Status
	}

	return p.Status + " " + *p.FailureReason
}

// known returns nil for text that is empty, or the zeros that lnd gives for a
// preimage it does not have.
func known(text string) *string {
	if text == "" || text == unknownPreimage {
		return nil
	}

	return &text
}

// unknownPreimage is the preimage of a payment that has none yet, in hex.
var unknownPreimage = hex.EncodeToString(make([]byte, 32))
