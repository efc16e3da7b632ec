package paymentrpc

import (
	"fmt"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// newerEnum is a number that no enumeration of lnd has, as one of a later version
// may be.
const newerEnum = 54321

// filler gives values to fields, a different one to each.
type filler struct {
	last int64
}

// fill sets all fields of a message, and of the messages in it. Lists and maps
// get two elements.
func (f *filler) fill(m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case field.IsMap():
			entries := m.Mutable(field).Map()
			for range 2 {
				value := entries.NewValue()
				f.value(field.MapValue(), &value)
				entries.Set(f.key(field.MapKey()), value)
			}

		case field.IsList():
			list := m.Mutable(field).List()
			for range 2 {
				value := list.NewElement()
				f.value(field, &value)
				list.Append(value)
			}

		default:
			value := m.NewField(field)
			f.value(field, &value)
			m.Set(field, value)
		}
	}
}

// key returns a value for the key of a map.
func (f *filler) key(field protoreflect.FieldDescriptor) protoreflect.MapKey {
	var value protoreflect.Value
	f.value(field, &value)

	return value.MapKey()
}

// value sets a value that a field, or an element of it, can have.
func (f *filler) value(field protoreflect.FieldDescriptor,
	value *protoreflect.Value) {

	f.last++
	switch field.Kind() {
	case protoreflect.MessageKind:
		f.fill(value.Message())

	case protoreflect.BoolKind:
		*value = protoreflect.ValueOfBool(true)

	case protoreflect.EnumKind:
		// Zero would not be sent.
		numbers := field.Enum().Values()
		number := protoreflect.EnumNumber(newerEnum)
		if n := 1 + int(f.last)%numbers.Len(); n < numbers.Len() {
			number = numbers.Get(n).Number()
		}
		*value = protoreflect.ValueOfEnum(number)

	case protoreflect.StringKind:
		*value = protoreflect.ValueOfString(fmt.Sprint("text ", f.last))

	case protoreflect.BytesKind:
		*value = protoreflect.ValueOfBytes(fmt.Append(nil, f.last))

	case protoreflect.Int32Kind:
		*value = protoreflect.ValueOfInt32(int32(-f.last))

	case protoreflect.Int64Kind:
		*value = protoreflect.ValueOfInt64(-f.last << 40)

	case protoreflect.Uint32Kind:
		*value = protoreflect.ValueOfUint32(uint32(f.last))

	case protoreflect.Uint64Kind:
		*value = protoreflect.ValueOfUint64(uint64(f.last) << 40)

	default:
		panic(fmt.Sprintf("field %s is of a kind that no field was "+
			"of: %v", field.FullName(), field.Kind()))
	}
}
