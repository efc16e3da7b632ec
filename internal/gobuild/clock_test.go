package gobuild

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/progress"
)

// TestLndWithClock checks that the clock of such an lnd can be set, and that the
// time that goes by for it does not depend on that.
func TestLndWithClock(t *testing.T) {
	b := madeUp(t)
	files(t, b.Tree(), map[string]string{
		"cmd/lnd/main.go": "package main\n\n" +
			"import (\n\t\"os\"\n\t\"time\"\n)\n\n" +
			"func main() {\n" +
			"\tbegin := time.Now()\n" +
			"\tprintln(begin.Unix())\n" +
			"\tos.WriteFile(os.Getenv(\"" + ClockFile + "\")," +
			" []byte(\"60\"), 0o600)\n" +
			"\tfor time.Now().Unix() > begin.Unix()-1800 {\n" +
			"\t\ttime.Sleep(time.Millisecond)\n\t}\n" +
			"\tif time.Since(begin) < 0 {\n" +
			"\t\tprintln(\"backwards\")\n\t}\n}\n",
	})
	lnd := filepath.Join(t.TempDir(), "lnd-clock")
	err := LndWithClock(
		t.Context(), b, progress.New(&bytes.Buffer{}, "test"),
		b.Tree(), lnd,
	)
	require.NoError(t, err)

	file := filepath.Join(t.TempDir(), "clock")
	require.NoError(t, os.WriteFile(file, []byte("3600\n"), 0o600))
	t.Setenv(ClockFile, file)
	shown, err := strconv.ParseInt(run(t, lnd), 10, 64)
	require.NoError(t, err)
	require.WithinDuration(
		t, time.Now().Add(time.Hour), time.Unix(shown, 0),
		time.Minute,
	)
}
