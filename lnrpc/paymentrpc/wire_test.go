package paymentrpc

import (
	"path/filepath"
	"strings"
	"testing"

	"lnd-once/internal/base"
	"lnd-once/internal/module"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// lndFiles are the files that have lnd's form of our messages.
var lndFiles = []string{
	"lightning.proto", "stateservice.proto", "routerrpc/router.proto",
}

// readRPC compiles what an lnd has in its folder of protocol files.
func readRPC(t *testing.T, b *base.Base) linker.Resolver {
	t.Helper()

	m, err := module.Download(t.Context(), b.Module, b.Version)
	require.NoError(t, err)
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(
			&protocompile.SourceResolver{ImportPaths: []string{
				filepath.Join(m.Dir, "lnrpc"),
			}},
		),
	}
	files, err := compiler.Compile(t.Context(), lndFiles...)
	require.NoError(t, err)

	return files.AsResolver()
}

// lndsOwn returns the message of lnd that has the name of ours.
func lndsOwn(t *testing.T, rpc linker.Resolver,
	our protoreflect.MessageType) protoreflect.MessageType {

	t.Helper()

	name := our.Descriptor().FullName()
	for _, lnds := range []string{"lnrpc.", "routerrpc."} {
		found, err := rpc.FindMessageByName(protoreflect.FullName(
			strings.Replace(string(name), "paymentrpc.", lnds, 1),
		))
		if err == nil {
			return found
		}
	}
	require.Failf(t, "no such message", "lnd has no %s", name)

	return nil
}

// ours returns the types of all of our messages.
func ours() []protoreflect.MessageType {
	var types []protoreflect.MessageType
	protoregistry.GlobalTypes.RangeMessages(
		func(message protoreflect.MessageType) bool {
			file := message.Descriptor().ParentFile()
			if file == File_paymentrpc_payment_proto {
				types = append(types, message)
			}

			return true
		},
	)

	return types
}

// TestMessagesAreLnds sends every message with all fields set as lnd's and reads
// it as ours, and the other way round, with the protocol files of every base.
// Nothing may change, and what the one side does not know must come back.
func TestMessagesAreLnds(t *testing.T) {
	t.Parallel()

	root, err := base.Root()
	require.NoError(t, err)
	bases, err := base.All(root)
	require.NoError(t, err)
	require.NotEmpty(t, bases)
	require.Len(t, ours(), 24)

	for i, b := range bases {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()

			rpc, newest := readRPC(t, b), i == len(bases)-1
			for _, message := range ours() {
				lnds := lndsOwn(t, rpc, message)
				requireSameFields(
					t, message.Descriptor(),
					lnds.Descriptor(), newest,
				)
				requireUnchanged(t, message, lnds)
				requireUnchanged(t, lnds, message)
			}
		})
	}
}

// requireSameFields checks that our fields and enumerations are lnd's. An lnd
// that is not the newest may lack some.
func requireSameFields(t *testing.T, our, lnds protoreflect.MessageDescriptor,
	newest bool) {

	t.Helper()

	for i := range our.Fields().Len() {
		field := our.Fields().Get(i)
		theirs := lnds.Fields().ByNumber(field.Number())
		if theirs == nil && !newest {
			require.Nil(t, lnds.Fields().ByName(field.Name()))

			continue
		}
		require.NotNil(t, theirs, field.FullName())
		require.Equal(t, field.Name(), theirs.Name())
		require.Equal(t, field.Kind(), theirs.Kind(), field.Name())
		require.Equal(t, field.Cardinality(), theirs.Cardinality())
		require.Equal(t, field.IsMap(), theirs.IsMap())
		switch {
		case field.Enum() != nil:
			requireSameValues(t, field.Enum(), theirs.Enum(),
				newest)

		case field.Message() != nil && !field.IsMap():
			require.Equal(t, field.Message().Name(),
				theirs.Message().Name())
		}
	}
}

// requireSameValues checks that an enumeration of ours has the names and numbers
// of lnd's, and all of them if that is the newest lnd.
func requireSameValues(t *testing.T, our, lnds protoreflect.EnumDescriptor,
	newest bool) {

	t.Helper()

	require.Equal(t, our.Name(), lnds.Name())
	for i := range lnds.Values().Len() {
		value := lnds.Values().Get(i)
		same := our.Values().ByNumber(value.Number())
		require.NotNil(t, same, value.FullName())
		require.Equal(t, value.Name(), same.Name())
	}
	if newest {
		require.Equal(t, our.Values().Len(), lnds.Values().Len())
	}
}

// requireUnchanged sends a message of the one type with all fields set, reads it
// as the other, and sends it back.
func requireUnchanged(t *testing.T, from, to protoreflect.MessageType) {
	t.Helper()

	sent, received, back := from.New(), to.New(), from.New()
	new(filler).fill(sent)
	transfer(t, sent, received)
	requireSame(t, sent, received)
	transfer(t, received, back)
	require.True(t, proto.Equal(sent.Interface(), back.Interface()),
		"sent %v, came back %v", sent, back)
}

// transfer encodes a message and decodes it as another.
func transfer(t *testing.T, from, to protoreflect.Message) {
	t.Helper()

	wire, err := proto.Marshal(from.Interface())
	require.NoError(t, err)
	require.NoError(t, proto.Unmarshal(wire, to.Interface()))
}

// requireSame checks that all fields which both messages can have are the same,
// also those of the messages in them.
func requireSame(t *testing.T, a, b protoreflect.Message) {
	t.Helper()

	a.Range(func(field protoreflect.FieldDescriptor,
		value protoreflect.Value) bool {

		other := b.Descriptor().Fields().ByNumber(field.Number())
		if other == nil {
			require.NotEmpty(t, b.GetUnknown())

			return true
		}
		switch got := b.Get(other); {
		case field.IsMap():
			require.Equal(t, 2, got.Map().Len())
			value.Map().Range(func(key protoreflect.MapKey,
				want protoreflect.Value) bool {

				requireSameValue(t, want, got.Map().Get(key))

				return true
			})

		case field.IsList():
			require.Equal(t, 2, got.List().Len())
			for i := range 2 {
				requireSameValue(t, value.List().Get(i),
					got.List().Get(i))
			}

		default:
			requireSameValue(t, value, got)
		}

		return true
	})
}

// requireSameValue checks that two values, of whatever kind, are the same.
func requireSameValue(t *testing.T, want, got protoreflect.Value) {
	t.Helper()

	if message, ok := want.Interface().(protoreflect.Message); ok {
		requireSame(t, message, got.Message())

		return
	}
	require.Equal(t, want.Interface(), got.Interface())
}
