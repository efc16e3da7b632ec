package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"testing"

	"github.com/btcsuite/btclog/v2"
	"github.com/stretchr/testify/require"
	"github.com/urfave/cli"
)

// logWith returns a logger that flags ask for.
func logWith(t *testing.T, out *bytes.Buffer, level, format string) (
	btclog.Logger, error) {

	t.Helper()

	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.String("debuglevel", level, "")
	set.String("logformat", format, "")

	return newLogger(
		cli.NewContext(nil, set, nil), newConsole(out), "",
	)
}

// TestLogAsJSON checks that each entry is an object on a line of its own, of the
// level asked for or above.
func TestLogAsJSON(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	log, err := logWith(t, &out, "warn", jsonLog)
	require.NoError(t, err)
	log.InfoS(t.Context(), "Not told")
	log.WarnS(t.Context(), "Lost", errors.New("one\ntwo"), "n", 3,
		"status", failed)

	var entry map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &entry))
	require.NotEmpty(t, entry["time"])
	delete(entry, "time")
	require.Equal(t, map[string]any{
		"level": "WARN", "msg": "Lost", "err": "one\ntwo", "n": 3.0,
		"status": "FAILED", "subsystem": subsystem,
	}, entry)
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("\n")))
}

// TestLogLevels checks which entries are logged, and what is no level and no
// form.
func TestLogLevels(t *testing.T) {
	t.Parallel()

	for level, want := range map[string]int{
		"debug": 3, "INFO": 2, "error": 1, "off": 0,
	} {
		var out bytes.Buffer
		log, err := logWith(t, &out, level, textLog)
		require.NoError(t, err)
		log.DebugS(t.Context(), "one")
		log.InfoS(t.Context(), "two")
		log.ErrorS(t.Context(), "three", nil)
		require.Equal(t, want, bytes.Count(out.Bytes(), []byte("\n")))
	}

	_, err := logWith(t, &bytes.Buffer{}, "loud", textLog)
	require.ErrorContains(t, err, "--debuglevel")
	_, err = logWith(t, &bytes.Buffer{}, "info", "xml")
	require.ErrorContains(t, err, "--logformat")
}
