// Package watcher delivers how each payment of an lnd node ended, once, to a
// Sink that keeps the outcomes and the watcher's position together. It works
// with stock lnd from 0.16 on and with lnd-once.
//
//	client := paymentrpc.NewClient(conn)
//	w := watcher.New(watcher.Config{
//		Payments:     client,
//		Router:       client,
//		Sink:         sink,
//		From:         watcher.FromNow(),
//		HoldFailures: watcher.DefaultHold,
//	})
//	err := w.Run(ctx)
//
// The macaroon needs offchain:read, which is part of readonly.macaroon.
//
// # What is guaranteed
//
// Each payment that has ended is delivered exactly once, whatever is restarted
// or lost in between: the watcher, the node, the connection, or the sink. All
// that the watcher goes on from is the Position in the sink, which changes in
// the transaction that stores the outcomes. A retry of a payment hash is a
// payment of its own. SUCCEEDED carries no reason, FAILED always one.
//
// The live stream, TrackPayments, and the database, ListPayments, are joined by
// the payment index. With every connection the watcher subscribes first, then
// reads from the database all that it has not delivered. It reads that again
// two seconds later and then every minute, which finds what the stream has not
// told. A payment that succeeds while the watcher is live is delivered at once,
// one that fails when its failure was held back for Config.HoldFailures.
//
// Reading again costs three or four small calls, and one for each gap in what
// was delivered: that is for each payment in flight and each lately deleted
// one. Catching up costs one call more for every 500 payments made since. If so
// many do not fit into a message, half of them are asked for, down to one.
//
// # When indexes change
//
// lnd's migration to native SQL gives payments new indexes, in the order of the
// old ones. So the position also says without them what was delivered: all up to
// a creation time but those that are open, by hash and creation time. It names
// the last payments, too. With every connection the watcher looks whether one of
// them is left, and where. If it is elsewhere, or none is left, the watcher reads
// all payments once, takes those up to that time for delivered, and asks the sink
// for those above it, which are the ones of the last minute. Nothing is stored
// meanwhile. A position of a version that did not name payments is treated like
// this if it has no gap; otherwise its indexes are trusted once.
//
// # Which reason
//
// A payment that failed is delivered with the most specific reason, as package
// outcome ranks them, among
//
//   - those that the stream has told before the end, and while the failure is
//     held back,
//   - the one that the node has stored,
//   - INCORRECT_PAYMENT_DETAILS, if an attempt has failed with the recipient's
//     verdict: a failure of the final hop from which lnd itself concludes that.
//
// On lnd-once these are the same, and no failure has to be held back.
//
// # What only a patched node can give
//
// Stock lnd overwrites the reason of a payment that has ended, and deletes the
// attempts that failed unless it runs with keep-failed-payment-attempts. So if
// nobody was connected when the payment ended, the more specific reason may be
// lost for good. A reason that stock changes when the failure was delivered is
// not taken. A payment that stock leaves in flight for ever has no outcome until
// the node is restarted. A late failure that stock writes to the next payment
// of the same hash is taken for one of that payment.
//
// # What no client can have
//
// A payment that was deleted, or failed and was made again, while nobody was
// connected is not in the database any more. If it was seen in flight before,
// it is counted in State.Gone.
//
// On SQLite, where the index of a deleted payment
// is given to the next one, a payment is missed if the node's clock was set
// back to before the newest one delivered. lnd hands out an index before it
// writes the payment: if that takes longer than a minute and the watcher is
// restarted just then, that payment is missed. So is one that was made while the
// watcher was away and the node's clock was set back, if the node then gave out
// new indexes.
//
// A watcher that begins from now waits 15 seconds for the node to tell what is
// in flight before it stores the first position. A stock node that takes longer
// to read its payments makes it miss what ends while it is away after that. One
// that is stopped or killed before the first position is stored begins anew the
// next time, from the now of then: nothing between the two is delivered.
//
// # Memory
//
// The watcher keeps about 200 bytes for each payment in flight, at most 1,000
// payments that have ended and wait for the sink, 1,000 more that are held back
// for their time, and two pages of 500. If the sink is so slow that
// more come, the stream is given up and the database is read when the sink is
// ready; failures above that number are delivered before their time is over.
// The position has a range, 16 bytes, for each gap in what was delivered since
// the oldest payment in flight was made, however long ago that was, and names the
// last eight payments and those that are in flight for longer than a minute.
package watcher
