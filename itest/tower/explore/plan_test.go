package explore

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlanSaysWhatFails lets each call of a process fail in every way, and looks
// at what had its effect, and what the caller was told.
func TestPlanSaysWhatFails(t *testing.T) {
	// call makes calls and returns what has had an effect and where
	// calls were.
	call := func(plan *Plan) (string, []string) {
		var effect, answers string
		l := NewLife(New(""), new(int))
		l.Follow(plan, 1)
		l.Enter(Alive)
		note := func(what string, err error) {
			if err != nil {
				require.Equal(t, ErrFault, err)
				answers += what
			}
		}
		note("w", l.Write(func(fault error) error {
			if fault == nil {
				effect += "w"
			}

			return fault
		}))
		note("r", l.Read(func() error { return nil }))
		note("s", l.Send(func() error {
			effect += "s"

			return nil
		}))
		note("c", l.Call("clean", func() error {
			effect += "c"

			return nil
		}))

		return effect + "/" + answers, l.Places()
	}

	effect, places := call(nil)
	require.Equal(t, "wsc/", effect)
	require.Equal(t, []string{
		"again/write1", "again/read1", "again/send1", "again/clean1",
	}, places)

	found := map[string]string{}
	for _, place := range places {
		for _, fault := range Faults(place) {
			found[fault], _ = call(&Plan{Faults: []string{fault}})
		}
	}
	require.Equal(t, map[string]string{
		"again/write1:fails": "sc/w", "again/write1:done": "wsc/w",
		"again/read1:fails": "wsc/r",
		"again/send1:fails": "wc/s", "again/send1:done": "wsc/s",
		"again/clean1:fails": "ws/c", "again/clean1:done": "wsc/c",
	}, found)
}

// TestPlanIsInTheName finds a plan again in the name of its case.
func TestPlanIsInTheName(t *testing.T) {
	plan := &Plan{Death: "after2", Faults: []string{"again/read1:fails"}}
	name := plan.Name("stored:a,b")
	require.Equal(t, "again/read1:fails,after2,stored:a,b", name)

	found, rest := PlanOf(name)
	require.Equal(t, plan, found)
	require.Equal(t, "stored:a,b", rest)
	require.True(t, found.Fails("read"))
	require.False(t, found.Fails("write"))
	require.False(t, found.Hides())
	found.Faults = append(found.Faults, "again/write1:done")
	require.True(t, found.Hides())

	found, rest = PlanOf("after2,stored:a,b")
	require.Nil(t, found)
	require.Equal(t, "after2,stored:a,b", rest)
}
