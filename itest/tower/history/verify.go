package history

import (
	"fmt"
	"slices"

	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/itest/tower/model"
)

// violated ends the history: Play returns the error.
func (h *history) violated(format string, args ...any) {
	panic(violation{fmt.Errorf(format, args...)})
}

// stored returns the payment of a hash as lnd has it now, described; nil if
// there is none.
func (h *history) stored(p *subject) (*Payment, string) {
	return h.described(p, h.tower.Payment)
}

// state returns the same. If calls fail in the history it does not help the
// control tower to know what has become of the payment.
func (h *history) state(p *subject) (*Payment, string) {
	if h.disturbed {
		return h.described(p, h.tower.Observe)
	}

	return h.stored(p)
}

// described reads the payment of a hash and describes it.
func (h *history) described(p *subject, read func(lntypes.Hash) (*Payment,
	error)) (*Payment, string) {

	payment, err := read(p.hash)
	switch {
	case err != nil:
		h.violated("%v cannot be read: %v", p.hash, err)

	case payment == nil:
		return nil, model.Run{}.String()
	}

	return payment, payment.Text
}

// follow compares what the changes of a batch have made of a payment with the
// model. It returns all payments that the hash may have had in between.
func (h *history) follow(p *subject, calls []*call) []model.Run {
	var changes []model.Attempted
	for _, c := range calls {
		if c.on == p && c.changes() {
			changes = append(changes, c.Attempted)
		}
	}

	_, after := h.state(p)
	possible := model.Orders(p.now, after, changes)
	if len(possible) == 0 {
		h.violated("%v was\n  %v\nand became\n  %s\nin no order of"+
			"\n%s", p.hash, p.now, after, lines(changes))
	}

	// What was announced decides between them, if all was.
	if len(changes) > 0 && !h.disturbed {
		possible = h.askRecorder(p, possible)
	}
	o := possible[0]
	now := o.Last()
	p.backwards = p.backwards || o.Backwards()
	if p.now.Created != 0 && now.Created > p.now.Created {
		h.Counts.Retries++
	}
	h.judge(p, now, changes)
	p.now = now
	p.log = append(p.log, o.Told...)
	p.heard += len(o.Told)

	var passed []model.Run
	for _, o := range possible {
		passed = append(passed, o.Passed...)
	}

	return passed
}

// askRecorder waits until the recorder has heard what one of the orders would
// have announced, and returns the ones that agree with it.
func (h *history) askRecorder(p *subject, possible []model.Order) []model.Order {
	var agree []model.Order
	h.recorder.await(func() bool {
		got := h.recorder.texts(p.hash)[p.heard:]

		agree = nil
		more := false
		for _, o := range possible {
			want := model.Texts(o.Told)
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
			want = append(want, model.Texts(o.Told)...)
		}
		h.violated("of %v was announced\n%swhere it should be\n%s",
			p.hash, lines(h.recorder.texts(p.hash)[p.heard:]),
			lines(want))
	}

	return agree
}

// must makes a change which lnd has to make.
func (h *history) must(c model.Change, hash lntypes.Hash) {
	if err := h.tower.Make(hash, c); err != nil {
		h.violated("%s: %v", c.Action, err)
	}
}

// reopen closes the database and opens it again, as when lnd is restarted. If
// it is told to, the router comes first, which fetches all live payments;
// otherwise a subscriber does.
func (h *history) reopen(routerFirst bool) {
	h.closeStreams()
	h.restart(routerFirst)
}

// restart closes the database and opens it again.
func (h *history) restart(routerFirst bool) {
	h.note("reopen, router first: %t", routerFirst)
	h.tower.Close()
	h.tower = h.open()
	h.Counts.Restarts++

	for _, p := range h.subjects {
		p.log, p.heard = nil, 0
		if p.now.Live() {
			p.log = []model.Announcement{model.Announce(p.now)}
		}
	}

	if routerFirst {
		h.checkLive()
	}
	h.hire()
	if !routerFirst {
		h.checkLive()
	}
	for i, p := range h.subjects {
		h.hearOut(h.recorder, i, p)
		p.heard = len(p.log)
	}
}

// checkLive checks that lnd finds the payments that are live.
func (h *history) checkLive() {
	payments, err := h.tower.Live()
	if err != nil {
		h.violated("live payments cannot be read: %v", err)
	}

	h.checkList(payments, func(t model.Run) bool { return t.Live() })
}

// checkList checks that lnd lists those of our payments that it should, in any
// order.
func (h *history) checkList(payments []*Payment,
	should func(model.Run) bool) {

	got := make(map[lntypes.Hash]string)
	for _, payment := range payments {
		got[payment.Hash] = payment.Text
	}

	for _, p := range h.subjects {
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
