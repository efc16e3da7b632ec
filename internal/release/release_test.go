package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/gobuild"
	"lnd-once/internal/progress"
)

// program is a small program that has C in it if Go lets it.
const program = "package main\n\nimport _ \"os/user\"\n\nfunc main() {}\n"

// madeUp returns a base with small programs in the place of lnd's and ours.
func madeUp(t *testing.T) *base.Base {
	t.Helper()

	b := &base.Base{
		Name: "v1.2.3", Module: "example.com/lnd", Root: t.TempDir(),
	}
	b.Dir = filepath.Join(b.Root, "patches", b.Name)
	const (
		lnd  = "module example.com/lnd\n\ngo 1.25\n"
		ours = "module lnd-once\n\ngo 1.25\n"
	)
	for path, text := range map[string]string{
		b.Root + "/cmd/paymentwatch/main.go": program,
		b.Tree() + "/cmd/lnd/main.go":        program,
		b.Tree() + "/cmd/lncli/main.go":      program,
		b.Tree() + "/go.mod":                 lnd,
		b.Root + "/go.mod":                   ours,
		b.Dir + "/base.yaml":                 "",
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {
			"-c", "user.name=a", "-c", "user.email=a@b", "commit",
			"-q", "-m", "lnd", "--date=2026-01-01T00:00:00Z",
		},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = b.Tree()
		cmd.Env = append(os.Environ(),
			"GIT_COMMITTER_DATE=2026-01-01T00:00:00Z")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}

	return b
}

// config returns what makes a base's release for the first two systems.
func config(b *base.Base) Config {
	return Config{
		Base: b, Tree: b.Tree(), Systems: gobuild.Systems[:2],
		Log: progress.New(io.Discard, "test"), Go: gobuild.Toolchain,
	}
}

// TestReleaseIsTheSameEverywhere checks that two folders, and settings that
// change what Go builds, give the same bytes, and what a release is made of.
func TestReleaseIsTheSameEverywhere(t *testing.T) {
	b := madeUp(t)
	manifest, err := Make(t.Context(), config(b))
	require.NoError(t, err)

	for name, value := range map[string]string{
		"CGO_ENABLED": "1", "GOARCH": "arm", "GOARM": "5",
		"GOAMD64": "v3", "GOFLAGS": "-gcflags=-N",
		"GOEXPERIMENT": "noregabi", "TZ": "Asia/Tokyo",
	} {
		t.Setenv(name, value)
	}
	again, err := Make(t.Context(), config(madeUp(t)))
	require.NoError(t, err)
	require.Equal(t, manifest, again)

	version, err := gobuild.Version(t.Context(), b, b.Tree())
	require.NoError(t, err)
	var names []string
	for line := range strings.Lines(manifest) {
		names = append(names, strings.ReplaceAll(
			nameOf(line), version, "V",
		))
	}
	require.Equal(t, []string{
		"lnd-linux-amd64-V.tar.gz", "lnd-linux-amd64-V/lncli",
		"lnd-linux-amd64-V/lnd", "lnd-linux-arm64-V.tar.gz",
		"lnd-linux-arm64-V/lncli", "lnd-linux-arm64-V/lnd",
		"paymentwatch-linux-amd64.tar.gz",
		"paymentwatch-linux-amd64/paymentwatch",
		"paymentwatch-linux-arm64.tar.gz",
		"paymentwatch-linux-arm64/paymentwatch",
	}, names)

	// The sums are those that everybody's tool gets.
	check := exec.Command(
		"sha256sum", "--check", "manifest-"+version+".txt",
	)
	check.Dir = Dir(b)
	out, err := check.CombinedOutput()
	require.NoError(t, err, string(out))
}

// TestArchive checks what is in an archive: files alone, all of one time, owned
// by nobody in particular.
func TestArchive(t *testing.T) {
	t.Parallel()

	dir := filepath.Join(t.TempDir(), "lnd-v1")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(dir+"/lnd", []byte("text"), 0o600))
	require.NoError(t, archive(dir, []string{"lnd"}))

	text, err := os.ReadFile(dir + archiveEnding)
	require.NoError(t, err)
	zipped, err := gzip.NewReader(bytes.NewReader(text))
	require.NoError(t, err)
	require.True(t, zipped.ModTime.IsZero())
	packed := tar.NewReader(zipped)
	for _, want := range []string{"lnd-v1/", "lnd-v1/lnd"} {
		header, err := packed.Next()
		require.NoError(t, err)
		require.Equal(t, want, header.Name)
		require.Equal(t, int64(0o755), header.Mode)
		require.Zero(t, header.Uid+header.Gid)
		require.Empty(t, header.Uname+header.Gname)
		require.True(t, fileTime.Equal(header.ModTime))
	}
	got, err := io.ReadAll(packed)
	require.NoError(t, err)
	require.Equal(t, "text", string(got))

	require.Error(t, archive(dir, []string{"none"}))
	require.NoFileExists(t, dir+archiveEnding+".new")
}

// TestVerify checks that a release is compared with what is kept, also for
// fewer systems, that what differs is named, and that nothing is built if
// nothing is kept of this lnd.
func TestVerify(t *testing.T) {
	t.Parallel()

	b := madeUp(t)
	_, err := Verify(t.Context(), config(b))
	require.ErrorIs(t, err, ErrNotKept)
	require.ErrorContains(t, err, "make release BASE=v1.2.3")
	require.Equal(t, 2, failure.Exit(err))
	require.NoDirExists(t, Dir(b))

	manifest, err := Make(t.Context(), config(b))
	require.NoError(t, err)
	require.NoError(t, Keep(b, manifest))
	kept, err := os.ReadFile(sumsPath(b))
	require.NoError(t, err)
	require.NotContains(t, string(kept), "paymentwatch")

	cfg := config(b)
	cfg.Systems = cfg.Systems[:1]
	some, err := Verify(t.Context(), cfg)
	require.NoError(t, err)
	require.Less(t, len(some), len(manifest))

	// Somebody says that another lnd would come out.
	other := "0" + string(kept)
	require.NoError(t, os.WriteFile(sumsPath(b), []byte(other), 0o600))
	_, err = Verify(t.Context(), cfg)
	line, _, _ := strings.Cut(string(kept), "\n")
	require.ErrorContains(t, err, "kept:  0"+line+"\n  built: "+line)
	require.NotContains(t, err.Error(), "/lncli")
}

// TestReleaseNeedsItsToolchain checks that no other Go packs a release.
func TestReleaseNeedsItsToolchain(t *testing.T) {
	t.Parallel()

	cfg := config(madeUp(t))
	cfg.Go = "go1.25.99"
	_, err := Make(t.Context(), cfg)
	require.ErrorContains(t, err, "and not with go1.25.99")
	require.NoDirExists(t, Dir(cfg.Base))
}
