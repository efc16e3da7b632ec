package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// dist is the folder of what paymentwatch is run with.
const dist = "dist"

// tool returns a command that works in the folder of what paymentwatch is run
// with, or skips the test on a machine that does not have the program.
func tool(t *testing.T, pkg, name string, args ...string) *exec.Cmd {
	t.Helper()

	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here (Debian: apt-get install %s)", name, pkg)
	}
	command := exec.CommandContext(t.Context(), path, args...)
	command.Dir = dist

	return command
}

// must runs a command and returns what it prints.
func must(t *testing.T, command *exec.Cmd) string {
	t.Helper()

	out, err := command.CombinedOutput()
	require.NoError(t, err, "%v: %s", command, out)

	return string(out)
}

// read returns the text of a file that paymentwatch is run with.
func read(t *testing.T, name string) string {
	t.Helper()

	text, err := os.ReadFile(filepath.Join(dist, name))
	require.NoError(t, err)

	return string(text)
}

// TestAlerts checks that each alert is raised when it should be, and not before.
func TestAlerts(t *testing.T) {
	t.Parallel()

	must(t, tool(t, "prometheus", "promtool", "test", "rules",
		"rules_test.yaml"))
	require.NotContains(t, must(t, tool(t, "prometheus", "promtool",
		"check", "rules", "--lint=all", "rules.yaml")), "error")
	for _, alert := range regexp.MustCompile(`alert: (\w+)`).
		FindAllStringSubmatch(read(t, "rules.yaml"), -1) {

		require.Contains(t, read(t, "rules_test.yaml"),
			"- alertname: "+alert[1]+"\n", "it is never raised")
	}
}

// TestServiceUnit checks that systemd takes the unit, which leaves the program
// little that it could harm, and that the program takes its flags.
func TestServiceUnit(t *testing.T) {
	t.Parallel()

	unit := read(t, "paymentwatch.service")
	dir := t.TempDir()
	path := filepath.Join(dir, "paymentwatch.service")

	// systemd looks for the program, too.
	self, err := os.Executable()
	require.NoError(t, err)
	const installed = "/usr/local/bin/paymentwatch"
	require.Contains(t, unit, "ExecStart="+installed)
	require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(
		unit, "ExecStart="+installed, "ExecStart="+self,
	)), 0o600))

	out := must(t, tool(t, "systemd", "systemd-analyze", "verify", path))
	require.Empty(t, out)

	// It counts in tenths of what it prints.
	must(t, tool(t, "systemd", "systemd-analyze", "security",
		"--offline=true", "--threshold=15", path))

	_, flags, _ := strings.Cut(unit, installed+" \\\n")
	flags, _, _ = strings.Cut(flags, "\n\n")
	requireFlags(t, strings.Fields(strings.NewReplacer(
		"\\\n", " ", "${CREDENTIALS_DIRECTORY}", dir,
	).Replace(flags)))
}

// requireFlags checks that the program knows flags. The files that they name are
// not there, which it says only after it has read them all.
func requireFlags(t *testing.T, flags []string) {
	t.Helper()

	require.NotEmpty(t, flags)
	p := start(t, append([]string{"paymentwatch"}, flags...))
	require.ErrorContains(t, p.wait(t), "tls.cert")
}

// composed is what compose.yaml says of the container.
type composed struct {
	Services map[string]struct {
		Volumes []string `yaml:"volumes"`
		Ports   []string `yaml:"ports"`
	} `yaml:"services"`
}

// TestContainersFitTheImage checks that the program takes the flags that the
// image has, and that the container mounts each file that they name and
// publishes the port on this machine alone.
func TestContainersFitTheImage(t *testing.T) {
	t.Parallel()

	_, list, _ := strings.Cut(read(t, "Dockerfile"), "CMD ")
	var flags []string
	require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(
		list, "\\\n", "",
	)), &flags))
	requireFlags(t, flags)

	var file composed
	require.NoError(t, yaml.Unmarshal(
		[]byte(read(t, "compose.yaml")), &file,
	))
	container := file.Services["paymentwatch"]
	mounts := strings.Join(container.Volumes, "\n") + "\n"
	require.Contains(t, mounts, ":/data\n")
	for _, flag := range flags {
		if strings.HasPrefix(flag, "/lnd/") {
			require.Contains(t, mounts, ":"+flag+":ro\n")
		}
	}
	require.Equal(t, []string{"127.0.0.1:9339:9339"}, container.Ports)
	require.Contains(t, flags, "0.0.0.0:9339")
}

// TestImage builds the image, without a network, and runs the program in it.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath",
		"-buildvcs=false", "-o", filepath.Join(dir, "paymentwatch"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")

	store := t.TempDir()
	buildah := func(verb string, args ...string) *exec.Cmd {
		return tool(t, "buildah", "buildah", append([]string{
			"--root", filepath.Join(store, "root"), "--runroot",
			filepath.Join(store, "run"), "--storage-driver", "vfs",
			verb,
		}, args...)...)
	}
	out, err := buildah("from", "scratch").CombinedOutput()
	if err != nil {
		t.Skipf("no image can be made here: %v: %s", err, out)
	}

	must(t, build)
	must(t, buildah("build", "--isolation", "chroot", "--pull-never",
		"--tag", "paymentwatch", "--file", "Dockerfile", dir))
	container := strings.TrimSpace(must(t, buildah(
		"from", "--pull-never", "paymentwatch",
	)))
	require.Contains(t, must(t, buildah("run", "--isolation", "chroot",
		container, "--", "/paymentwatch", "--help")), "outcome")
}
