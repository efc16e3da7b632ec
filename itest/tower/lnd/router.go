//go:build tower

package lnd

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/record"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/model"
)

const (
	// Amount is what every payment is worth.
	Amount = lnwire.MilliSatoshi(model.Worth)

	// height is the height of the chain.
	height = 800_000

	// hopCount is the length of every route. Longer routes cost the
	// processor more, for their onions, and the database hardly more.
	hopCount = 2
)

// vertices are the nodes along every route, ourselves first.
var vertices = func() [hopCount + 1]route.Vertex {
	var keys [hopCount + 1]route.Vertex
	for i := range keys {
		_, pub := btcec.PrivKeyFromBytes([]byte{byte(i + 1)})
		keys[i] = route.NewVertex(pub)
	}

	return keys
}()

// ctx is what payments run in if nothing else is said.
var ctx = context.Background()

// Recipient is the node that payments are made to.
var Recipient = vertices[hopCount]

// lastAttempt is the attempt ID given out last. Attempts of different runs on
// one database must not have the same.
var lastAttempt atomic.Uint64

func init() {
	lastAttempt.Store(uint64(time.Now().UnixNano()))
}

// NewRouter creates a router that makes payments with the control tower. Their
// attempts end as told.
func NewRouter(t testing.TB, tower routing.ControlTower,
	ends ...End) *routing.ChannelRouter {

	t.Helper()

	return RouterOf(t, tower, newPayer(ends...), session{}, nil)
}

// RouterOf creates a router that makes payments with the control tower, by way
// of a switch, over the routes that a session finds. All else that it calls is
// called in a life, which may be nil.
func RouterOf(t testing.TB, tower routing.ControlTower,
	payer routing.PaymentAttemptDispatcher,
	session routing.PaymentSession,
	life *explore.Life) *routing.ChannelRouter {

	t.Helper()

	// All else of the config is as lnd has it by default. Failed attempts
	// are deleted from the database when SendPayment is done.
	router, err := routing.New(routing.Config{
		SelfNode:       vertices[0],
		Chain:          chain{life: life},
		Payer:          payer,
		Control:        tower,
		MissionControl: missionControl{life},
		SessionSource:  sessions{session, life},
		TrafficShaper:  shaperOf(life),
		Clock:          clockOf(life),
		NextPaymentID: func() (uint64, error) {
			return lastAttempt.Add(1), life.Call("id", succeed)
		},

		// All channels are there, also right after a start.
		GetLink: func(lnwire.ShortChannelID) (htlcswitch.ChannelLink,
			error) {

			return nil, life.Call("link", succeed)
		},
	})
	require.NoError(t, err)

	return router
}

// NewHash returns the hash of a payment that was never made before.
func NewHash() lntypes.Hash {
	var hash lntypes.Hash
	_, _ = rand.Read(hash[:])

	return hash
}

// NewRoute returns a route to the recipient. lnd writes to the routes that it
// is given, so every attempt has its own.
func NewRoute() *route.Route {
	return NewRouteFor(Amount)
}

// NewRouteFor returns a route to the recipient for a part of a payment.
func NewRouteFor(part lnwire.MilliSatoshi) *route.Route {
	rt := &route.Route{
		TotalTimeLock: height + 144*hopCount,
		TotalAmount:   part,
		SourcePubKey:  vertices[0],
	}
	for i := range hopCount {
		rt.Hops = append(rt.Hops, &route.Hop{
			PubKeyBytes:      vertices[i+1],
			ChannelID:        uint64(i + 1),
			OutgoingTimeLock: height + 144,
			AmtToForward:     part,
		})
	}

	return rt
}

// NewShardRoute returns a route for a shard that is worth the whole payment.
func NewShardRoute() *route.Route {
	return NewShardRouteFor(Amount)
}

// NewShardRouteFor returns a route for a shard of a payment.
func NewShardRouteFor(part lnwire.MilliSatoshi) *route.Route {
	rt := NewRouteFor(part)
	rt.FinalHop().MPP = record.NewMPP(Amount, [32]byte{1})

	return rt
}

// noPath is what the error says that a path finding ends with.
const noPath = "unable to find a path to destination"

// NoPath returns the error of a path finding that has found no path. Its type is
// a number that only the router can name, but a session that does not look for a
// route has another error of the same type.
func NoPath() error {
	_, empty := (sessions{}).NewPaymentSessionEmpty().RequestRoute(
		0, 0, 0, 0, nil,
	)
	number := reflect.New(reflect.TypeOf(empty)).Elem()
	for n := range uint64(math.MaxUint8) {
		number.SetUint(n)
		err, ok := number.Interface().(error)
		if ok && err.Error() == noPath {
			return err
		}
	}
	panic("the router has no error that says: " + noPath)
}

// session finds the route to the recipient.
type session struct {
	routing.PaymentSession
}

// RequestRoute returns a route for what is left to be sent.
func (session) RequestRoute(lnwire.MilliSatoshi, lnwire.MilliSatoshi, uint32,
	uint32, lnwire.CustomRecords) (*route.Route, error) {

	return NewRoute(), nil
}

// IsRejection tells whether a payment has failed since it was rejected.
func IsRejection(err error) bool {
	var (
		failure *htlcswitch.ForwardingError
		reason  FailureReason
	)
	if errors.As(err, &failure) {
		_, ok := failure.WireMessage().(*lnwire.FailIncorrectDetails)

		return ok
	}

	return errors.As(err, &reason) && reason == reasonDetails
}
