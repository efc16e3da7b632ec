package paymentcontract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ErrNoPayment is returned for an update that is nil.
var ErrNoPayment = errors.New("nil payment update, a stream never carries one")

const (
	// The statuses of a payment, and of an HTLC where it has them.
	statusInitiated = "INITIATED"
	statusInFlight  = "IN_FLIGHT"
	statusSucceeded = "SUCCEEDED"
	statusFailed    = "FAILED"

	// noReason is the failure reason of a payment that has none.
	noReason = "NONE"
)

// Payment is a payment as lnd's RPC tells it: an lnrpc.Payment, or the message
// of a client that has its fields by the same names.
type Payment interface {
	proto.Message

	// GetPaymentHash returns the payment hash in hex.
	GetPaymentHash() string

	// GetPaymentIndex returns the index that the node has for the payment.
	GetPaymentIndex() uint64

	// GetCreationTimeNs returns when the payment was made, in nanoseconds
	// since the epoch.
	GetCreationTimeNs() int64
}

// Record is what the guarantees speak about in a payment: what tells runs
// apart, what is compared with later updates, and what an error quotes. A
// stream may be checked for months, and most of a payment is its routes.
// Enumerations are by their names.
type Record struct {
	Hash     string
	Index    uint64
	Created  int64
	Status   string
	Reason   string
	Attempts []Attempt
}

// Attempt is an HTLC in a Record.
type Attempt struct {
	ID       uint64
	Status   string
	Code     string
	Source   uint32
	Preimage []byte
}

// NewRecord returns the record of a payment, or nil if there is none. It shares
// no memory that can change.
func NewRecord(p Payment) *Record {
	if p == nil || !p.ProtoReflect().IsValid() {
		return nil
	}

	m := p.ProtoReflect()
	r := &Record{
		Hash: p.GetPaymentHash(), Index: p.GetPaymentIndex(),
		Created: p.GetCreationTimeNs(), Status: nameIn(m, "status"),
		Reason: trimReason(nameIn(m, "failure_reason")),
	}
	htlcs := valueIn(m, "htlcs").List()
	r.Attempts = make([]Attempt, 0, htlcs.Len())
	for i := range htlcs.Len() {
		htlc := htlcs.Get(i).Message()
		failure := valueIn(htlc, "failure").Message()
		r.Attempts = append(r.Attempts, Attempt{
			ID:     valueIn(htlc, "attempt_id").Uint(),
			Status: nameIn(htlc, "status"),
			Code:   nameIn(failure, "code"),
			Source: uint32(valueIn(
				failure, "failure_source_index",
			).Uint()),
			Preimage: slices.Clone(
				valueIn(htlc, "preimage").Bytes(),
			),
		})
	}

	return r
}

// valueIn returns what a message has in a field.
func valueIn(m protoreflect.Message,
	field protoreflect.Name) protoreflect.Value {

	return m.Get(m.Descriptor().Fields().ByName(field))
}

// nameIn returns the name of the value that a message has in an enumeration, or
// its number if it is newer than the message's definition.
func nameIn(m protoreflect.Message, field protoreflect.Name) string {
	number := valueIn(m, field).Enum()
	values := m.Descriptor().Fields().ByName(field).Enum().Values()
	if value := values.ByNumber(number); value != nil {
		return string(value.Name())
	}

	return strconv.Itoa(int(number))
}

// ReasonName returns the name of a failure reason without the prefix that all
// of them share.
func ReasonName(reason fmt.Stringer) string {
	return trimReason(reason.String())
}

// trimReason returns the name of a failure reason without that prefix.
func trimReason(name string) string {
	return strings.TrimPrefix(name, "FAILURE_REASON_")
}

// sameRun returns whether two updates of one hash are about the same run.
func (r *Record) sameRun(other *Record) bool {
	return r.Index == other.Index && r.Created == other.Created
}

// newerRun returns whether an update is about a later run of its hash than
// another. Either the index or the time may tell: a clock can be set back, and
// a database may give the index of a deleted row to the next one.
func (r *Record) newerRun(other *Record) bool {
	return r.Index > other.Index || r.Created > other.Created
}

// terminal returns whether the payment has ended.
func (r *Record) terminal() bool {
	return r.Status == statusSucceeded || r.Status == statusFailed
}
