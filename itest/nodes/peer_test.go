package nodes

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMendLink checks that a link counts all HTLCs that came together when it is
// mended, and takes none for a replay, and that one is told when lnd's link has
// changed.
func TestMendLink(t *testing.T) {
	t.Parallel()

	const link = `
	unackedAdds := make([]*Add, 0, len(fwdPkg.Adds))
	for i, update := range fwdPkg.Adds {
		if msg, ok := update.(*Add); ok {
			unackedAdds = append(unackedAdds, msg)
		}
	}
	resps, err := decode(
		fwdPkg.ID(), decodeReqs, reforward,
	)
	for i, update := range unackedAdds {
		idx := uint16(i)
	}
`
	mended, err := mendLink(link)
	require.NoError(t, err)
	require.Equal(t, `
	indexes := make([]uint16, 0, len(fwdPkg.Adds))
	unackedAdds := make([]*Add, 0, len(fwdPkg.Adds))
	for i, update := range fwdPkg.Adds {
		if msg, ok := update.(*Add); ok {
			unackedAdds = append(unackedAdds, msg)
			indexes = append(indexes, uint16(i))
		}
	}
	resps, err := decode(
		fwdPkg.ID(), decodeReqs, true,
	)
	for i, update := range unackedAdds {
		idx := indexes[i]
	}
`, mended)

	_, err = mendLink(mended)
	require.ErrorContains(t, err, "mended itself")
}
