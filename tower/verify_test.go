//go:build tower && patched

package oncetower

import (
	"bytes"
	"encoding/hex"
	"errors"
	"runtime"
	"slices"
	"strings"
	"time"

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
				more = more || slices.Equal(got, want[:len(got)])
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

// begins returns for each payment hash where in its log a stream that begins
// now would begin: with the announcement of what is live, or with the next.
func (h *history) begins() []int {
	begins := make([]int, 0, len(h.payments))
	for _, p := range h.payments {
		n := len(p.log)
		if n > 0 && p.log[n-1].live {
			n--
		}
		begins = append(begins, n)
	}

	return begins
}

// admit makes a listener of who has subscribed in a batch. The hash subscribed
// to may have had the payments passed in between.
func (h *history) admit(c *call, begins []int, passed []try) {
	switch {
	case c.leaves != nil:
		c.leaves.left = true

		return

	case c.sub == nil && c.err == nil:
		return

	// A payment that does not exist cannot be subscribed to.
	case c.action == listenToOne && c.err != nil:
		if !slices.ContainsFunc(passed, func(t try) bool {
			return t.created == 0
		}) {
			h.violated("not subscribed to %v: %v", c.on.hash, c.err)
		}

		return

	case c.action != listenToAll && c.action != listenToOne:
		return

	case c.err != nil:
		h.violated("not subscribed: %v", c.err)
	}

	to := everyPayment
	if c.action == listenToOne {
		to = slices.Index(h.payments, c.on)
	}
	l := listen(c.sub, to)
	l.first, l.last = begins, h.begins()
	for _, t := range passed {
		if t.ended() {
			l.stored = append(l.stored, t.String())
		}
	}
	h.listeners = append(h.listeners, l)
}

// hire subscribes the witness.
func (h *history) hire() {
	sub, err := h.open.SubscribeAllPayments()
	if err != nil {
		h.violated("not subscribed: %v", err)
	}

	h.witness = listen(sub, everyPayment)
	h.witness.first, h.witness.last = h.begins(), h.begins()
}

// everybody lists all listeners, the witness included.
func (h *history) everybody() []*listener {
	return append([]*listener{h.witness}, h.listeners...)
}

// closeStreams checks what each listener has received, once it has received
// all, and ends all streams. Nothing of them may be left.
func (h *history) closeStreams() {
	// Nobody is told anything after the last payment.
	last := change{action: initiate, created: h.tick()}
	sign := h.newHash()
	h.must(last, sign)

	for _, l := range h.everybody() {
		l.resume()
		if l.to == everyPayment && !l.left &&
			!l.await(func() bool {
				return len(l.texts(sign)) > 0
			}) {

			h.violated("a listener misses the last payment")
		}
	}
	for i, p := range h.payments {
		payment, _ := h.stored(p)
		for _, l := range h.everybody() {
			h.hearOut(l, i, p)
			h.checkContract(l, p, payment)
		}
	}

	h.dismiss()
	h.must(change{action: remove}, sign)
	h.checkGoroutines()
}

// hearOut checks what a listener has received of a payment hash.
func (h *history) hearOut(l *listener, i int, p *tried) {
	if l.to != everyPayment && l.to != i {
		if got := l.texts(p.hash); len(got) > 0 {
			h.violated("a stream of another payment carried\n%s",
				lines(got))
		}

		return
	}

	var err error
	l.await(func() bool {
		err = l.heard(i, p.hash, p.log)

		return err == nil
	})
	if err != nil {
		h.violated("a listener has not received what it should: %v",
			err)
	}
}

// checkContract asks the checker of the contract about what a listener has
// received of a payment hash, and about the payment that is stored now, if there
// is one.
func (h *history) checkContract(l *listener, p *tried,
	payment *storedPayment) {

	// Nobody can tell which of two payments is the newer one if the time of
	// creation says one thing and the order of announcements another, unless
	// the database never uses an index twice. SQLite with tables does.
	if p.backwards {
		return
	}

	l.mu.Lock()
	defer l.mu.Unlock()

	v := l.verdict(p.hash)
	err := v.broken
	if payment != nil {
		err = errors.Join(err, v.Stored(overRPC(payment)))
	}
	if err != nil {
		h.violated("the contract is broken: %v", err)
	}
}

// dismiss ends all streams.
func (h *history) dismiss() {
	for _, l := range h.everybody() {
		l.resume()
		l.leave()
		<-l.done
	}
	h.listeners = nil
}

// checkGoroutines checks that no stream has left a goroutine behind.
func (h *history) checkGoroutines() {
	var stacks []byte
	for range 100 {
		stacks = make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("/paymentfeed.")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.violated("streams have left goroutines behind:\n%s", stacks)
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

// changes returns whether the call changes a payment, or tries to.
func (c *call) changes() bool {
	switch c.action {
	case listenToAll, listenToOne, leave:
		return false
	}

	return true
}

// String describes the call.
func (c *call) String() string {
	hash := hex.EncodeToString(c.on.hash[:4])
	if !c.changes() {
		return string(c.action) + " " + hash
	}

	return hash + " " + c.attempted.String()
}
