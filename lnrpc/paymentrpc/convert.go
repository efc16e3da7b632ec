package paymentrpc

import "google.golang.org/protobuf/proto"

// Convert returns a message as another that is the same on the wire, such as an
// lnrpc.Payment as a Payment. What the other one has no field for is kept with it.
func Convert[To any, Message interface {
	*To
	proto.Message
}](from proto.Message) (Message, error) {
	wire, err := proto.Marshal(from)
	if err != nil {
		return nil, err
	}
	to := Message(new(To))

	return to, proto.Unmarshal(wire, to)
}
