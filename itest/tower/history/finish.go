package history

import (
	"lnd-once/itest/tower/model"
	"lnd-once/lnrpc/paymentcontract"
)

// finish lets every HTLC have its result and gives up all payments, which ends
// them; then checks what is to be seen of them, and deletes them.
func (h *history) finish() {
	for _, p := range h.subjects {
		h.endPayment(p)
	}
	h.closeStreams()

	payments, err := h.tower.List()
	if err != nil {
		h.violated("payments cannot be listed: %v", err)
	}
	h.checkList(payments, func(t model.Run) bool { return t.Created != 0 })

	for _, p := range h.subjects {
		if p.now.Created != 0 {
			h.must(model.Change{Action: model.Remove}, p.hash)
		}
	}
}

// endPayment ends a payment. It must then have the most specific reason that it
// was given up for, or have succeeded.
func (h *history) endPayment(p *subject) {
	var ends []model.Change
	for i, s := range p.now.Shards {
		c := model.Change{Action: model.Fail, Shard: s}
		if (i+int(s.ID))%3 == 0 {
			c.Action = model.Settle
		}
		if s.Result == model.Pending {
			ends = append(ends, c)
		}
	}
	ends = append(ends, model.Change{Action: model.GiveUp, Reason: 1})

	for _, c := range ends {
		h.batch++
		calls := []*call{{
			Attempted: model.Attempted{Change: c}, on: p,
		}}
		h.makeAll(calls)
		h.follow(p, calls)
	}

	payment, text := h.stored(p)
	if payment == nil {
		return
	}
	if !payment.Ended {
		h.violated("%v has not ended: %s", p.hash, text)
	}
	err := paymentcontract.CheckSpecific(
		payment.RPC, RPCReason(p.now.Reason),
	)
	if err != nil {
		h.violated("%v", err)
	}
}
