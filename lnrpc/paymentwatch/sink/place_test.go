package sink

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestSecondWriterThroughALinkIsRefused opens the same file by way of links, to
// it and to its folder, before and after it is there.
func TestSecondWriterThroughALinkIsRefused(t *testing.T) {
	t.Parallel()

	for _, scheme := range []string{"sqlite:", "jsonl:"} {
		dir := t.TempDir()
		path := func(name string) string {
			return filepath.Join(dir, name)
		}
		require.NoError(t, os.Mkdir(path("real"), 0700))
		require.NoError(t, os.Symlink("real", path("folder")))
		require.NoError(t, os.Symlink("real/sink", path("link")))
		require.NoError(t, os.Symlink("folder/sink", path("other")))

		ways := []string{"link", "real/sink", "folder/sink", "other"}
		for _, first := range ways {
			s := open(t, scheme+path(first))
			for _, second := range ways {
				_, err := Open(context.Background(),
					scheme+path(second), ours)
				require.ErrorIs(t, err, ErrInUse, second)
			}
			require.NoError(t, s.Deliver(context.Background(), nil,
				at(2)))
			require.NoError(t, s.Close())
		}

		// The links are still what they were.
		target, err := os.Readlink(path("link"))
		require.NoError(t, err)
		require.Equal(t, "real/sink", target)
	}
}

// TestTablesOfALaterSchemaAreNotOurs puts the tables of another program into a
// schema that is searched only after ours.
func TestTablesOfALaterSchemaAreNotOurs(t *testing.T) {
	t.Parallel()

	theirs := postgresURL(t)
	exec(t, theirs, "CREATE TABLE payments (id INTEGER)")
	_, schema, _ := strings.Cut(theirs, "search_path=")

	url := postgresURL(t) + "," + schema
	require.NoError(t, open(t, url).Deliver(context.Background(),
		[]*watcher.Outcome{pay(1, succeeded, none)}, at(2)))
	require.Equal(t, "1", query(t, url, "SELECT COUNT(*) FROM payments"))
	require.Equal(t, "0", query(t, theirs, "SELECT COUNT(*) FROM payments"))
}
