package main

import (
	"bytes"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// needed are the flags that have no default.
var needed = []string{"-lnd", "/bin/lnd", "-btcd", "/bin/btcd", "-dir", "/dir"}

// TestFlagDefaults checks what is measured when nothing more is asked for.
func TestFlagDefaults(t *testing.T) {
	t.Parallel()

	cfg, err := parseFlags(needed, nil)
	require.NoError(t, err)
	require.Equal(t, &config{
		lnd: "/bin/lnd", receiver: "/bin/lnd", btcd: "/bin/btcd",
		dir: "/dir", parallel: parallels{1, 10, 100},
		duration: 20 * time.Second, warmup: 2 * time.Second,
	}, cfg)
}

// TestFlagsAreTaken checks that every flag is, and that paths become absolute.
func TestFlagsAreTaken(t *testing.T) {
	t.Parallel()

	cfg, err := parseFlags([]string{
		"-lnd", "a", "-receiver", "b", "-btcd", "c", "-dir", "d",
		"-parallel", "3, 483,1", "-duration", "5s", "-warmup", "0",
		"-db", "bbolt",
	}, nil)
	require.NoError(t, err)

	for name, path := range map[string]string{
		"a": cfg.lnd, "b": cfg.receiver, "c": cfg.btcd, "d": cfg.dir,
	} {
		absolute, err := filepath.Abs(name)
		require.NoError(t, err)
		require.Equal(t, absolute, path)
	}
	require.Equal(t, parallels{3, 483, 1}, cfg.parallel)
	require.Equal(t, "3,483,1", cfg.parallel.String())
	require.Equal(t, 5*time.Second, cfg.duration)
	require.Zero(t, cfg.warmup)
}

// TestBadFlagsAreNamed checks that what is wrong with the command line is told
// along with the flag.
func TestBadFlagsAreNamed(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"-lnd", ""}, []string{"-lnd is missing"}},
		{[]string{"-btcd", ""}, []string{"-btcd is missing"}},
		{[]string{"-dir", ""}, []string{"-dir is missing"}},
		{[]string{"-parallel", ""}, []string{
			"-parallel", `"" is not a number`,
		}},
		{[]string{"-parallel", "1,x"}, []string{
			"-parallel", `"x" is not a number`,
		}},
		{[]string{"-parallel", "0"}, []string{
			"-parallel", "0 is not between 1 and 483",
		}},
		{[]string{"-parallel", "484"}, []string{"484 is not between"}},
		{[]string{"-duration", "20"}, []string{"-duration", `"20"`}},
		{[]string{"-duration", "0s"}, []string{"-duration", "0s"}},
		{[]string{"-warmup", "-1s"}, []string{"-warmup", "negative"}},
		{[]string{"-db", "sqlite"}, []string{
			"-db", `"sqlite"`, "bbolt",
		}},
		{[]string{"-speed"}, []string{"-speed"}},
		{[]string{"now"}, []string{`"now" is not a flag`}},
	} {
		_, err := parseFlags(append(needed[:6:6], c.args...), nil)
		for _, want := range c.want {
			require.ErrorContains(t, err, want)
		}
	}
}

// TestHelpListsFlags checks that one can ask what the flags are.
func TestHelpListsFlags(t *testing.T) {
	t.Parallel()

	var usage bytes.Buffer
	_, err := parseFlags([]string{"-h"}, &usage)
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Contains(t, usage.String(), "-parallel")
	require.Contains(t, usage.String(), "1,10,100")
}
