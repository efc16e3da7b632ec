//go:build tower && patched

package oncetower

import (
	"slices"
	"strings"

	"github.com/lightningnetwork/lnd/lnrpc/paymentwatch"
	"github.com/lightningnetwork/lnd/lntypes"
)

// violated ends the history.
func (h *history) violated(format string, args ...any) {
	h.fatalf("%s\n\n"+format, append(
		[]any{strings.Join(h.trace, "\n")}, args...,
	)...)
}

// stored returns the payment of a hash as lnd has it now, described; nil if
// there is none.
func (h *history) stored(p *tried) (*storedPayment, string) {
	payment, err := fetch(h.open, p.hash)
	switch {
	case err != nil:
		h.violated("%v cannot be read: %v", p.hash, err)

	case payment == nil:
		return nil, try{}.String()
	}
	text, _ := observe(payment)

	return payment, text
}

// follow compares what the changes of a batch have made of a payment with the
// model. It returns all payments that the hash may have had in between.
func (h *history) follow(p *tried, calls []*call) []try {
	var changes []attempted
	for _, c := range calls {
		if c.on == p && c.changes() {
			changes = append(changes, c.attempted)
		}
	}

	_, after := h.stored(p)
	possible := orders(p.now, after, changes)
	if len(possible) == 0 {
		h.violated("%v was\n  %v\nand became\n  %s\nin no order of"+
			"\n%s", p.hash, p.now, after, lines(changes))
	}

	// What was announced decides between them.
	if len(changes) > 0 {
		possible = h.askWitness(p, possible)
	}
	o := possible[0]
	now := o.passed[len(o.passed)-1]
	p.backwards = p.backwards || o.backwards()
	if p.now.created != 0 && now.created > p.now.created {
		h.retries++
	}
	p.now = now
	for _, a := range o.told {
		a.batch = h.batch
		p.log = append(p.log, a)
	}
	p.heard += len(o.texts())

	var passed []try
	for _, o := range possible {
		passed = append(passed, o.passed...)
	}

	return passed
}

// askWitness waits until the witness has heard what one of the orders would
// have announced, and returns the ones that agree with it.
func (h *history) askWitness(p *tried, possible []order) []order {
	var agree []order
	h.witness.await(func() bool {
		got := h.witness.texts(p.hash)[p.heard:]

		agree = nil
		more := false
		for _, o := range possible {
			want := o.texts()
			switch {
			case slices.Equal(got, want):
				agree = append(agree, o)

			case len(got) < len(want):
				begins := slices.Equal(got, want[:len(got)])
				more = more || begins
			}
		}

		return !more
	})

	if len(agree) == 0 {
		var want []string
		for _, o := range possible {
			want = append(want, "or:")
			want = append(want, o.texts()...)
		}
		h.violated("of %v was announced\n%swhere it should be\n%s",
			p.hash, lines(h.witness.texts(p.hash)[p.heard:]),
			lines(want))
	}

	return agree
}

// must makes a change which lnd has to make.
func (h *history) must(c change, hash lntypes.Hash) {
	if err := c.make(h.open, hash); err != nil {
		h.violated("%s: %v", c.action, err)
	}
}

// reopen closes the database and opens it again, as when lnd is restarted. If
// it is told to, the router comes first, which fetches all live payments;
// otherwise a subscriber does.
func (h *history) reopen(routerFirst bool) {
	h.note("reopen, router first: %t", routerFirst)
	h.closeStreams()
	h.restart()
	h.restarts++

	for _, p := range h.payments {
		p.log, p.heard = nil, 0
		if p.now.live() {
			p.log = []announcement{{
				text: p.now.String(), live: true,
				batch: h.batch,
			}}
		}
	}

	if routerFirst {
		h.checkLive()
	}
	h.hire()
	if !routerFirst {
		h.checkLive()
	}
	for i, p := range h.payments {
		h.hearOut(h.witness, i, p)
		p.heard = len(p.log)
	}
}

// checkLive checks that lnd finds the payments that are live.
func (h *history) checkLive() {
	payments, err := fetchLive(h.open)
	if err != nil {
		h.violated("live payments cannot be read: %v", err)
	}

	h.checkList(payments, func(t try) bool { return t.live() })
}

// checkList checks that lnd lists those of our payments that it should, in any
// order.
func (h *history) checkList(payments []*storedPayment,
	should func(try) bool) {

	got := make(map[lntypes.Hash]string)
	for _, payment := range payments {
		text, _ := observe(payment)
		got[payment.Info.PaymentIdentifier] = text
	}

	for _, p := range h.payments {
		want := ""
		if should(p.now) {
			want = p.now.String()
		}
		if got[p.hash] != want {
			h.violated("%v is listed as %q, want %q", p.hash,
				got[p.hash], want)
		}
	}
}

// finish lets every HTLC have its result and gives up all payments, which ends
// them; then checks what is to be seen of them, and deletes them.
func (h *history) finish() {
	for _, p := range h.payments {
		h.endPayment(p)
	}
	h.closeStreams()

	payments, err := list(h.open)
	if err != nil {
		h.violated("payments cannot be listed: %v", err)
	}
	h.checkList(payments, func(t try) bool { return t.created != 0 })

	for _, p := range h.payments {
		if p.now.created != 0 {
			h.must(change{action: remove}, p.hash)
		}
	}
}

// endPayment ends a payment. It must then have the most specific reason that it
// was given up for, or have succeeded.
func (h *history) endPayment(p *tried) {
	var ends []change
	for i, s := range p.now.shards {
		c := change{action: fail, shard: s}
		if (i+int(s.id))%3 == 0 {
			c.action = settle
		}
		if s.result == pending {
			ends = append(ends, c)
		}
	}
	ends = append(ends, change{action: giveUp, reason: 1})

	for _, c := range ends {
		h.batch++
		calls := []*call{{attempted: attempted{change: c}, on: p}}
		h.makeAll(calls)
		h.follow(p, calls)
	}

	payment, text := h.stored(p)
	if payment == nil {
		return
	}
	if !payment.Terminated() {
		h.violated("%v has not ended: %s", p.hash, text)
	}
	err := paymentwatch.CheckSpecific(
		overRPC(payment), rpcReason(p.now.reason),
	)
	if err != nil {
		h.violated("%v", err)
	}
}
