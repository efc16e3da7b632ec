package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVersion checks that both ways to ask print the same.
func TestVersion(t *testing.T) {
	t.Parallel()

	var said []string
	for _, arg := range []string{"version", "--version"} {
		p := start(t, []string{"paymentwatch", arg})
		require.NoError(t, p.wait(t))
		said = append(said, p.out.String())
	}
	require.Regexp(t, `^paymentwatch version \S+ commit=\S+ go\S+.*\n$`,
		said[0])
	require.Equal(t, said[0], said[1])
}

// asProgram is the variable that makes the tests' binary be the program itself.
const asProgram = "PAYMENTWATCH_TESTS_ARE_THE_PROGRAM"

// TestMain runs the tests, or the program.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestCompletionInBash lets bash complete a command and a flag of the program.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()

	bash, err := exec.LookPath("bash")
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(dir, "paymentwatch")))

	for words, want := range map[string]string{
		"paymentwatch aud":             "audit",
		"paymentwatch watch --hold":    "--hold-failures",
		"paymentwatch check --nothing": "",
	} {
		given := strings.Fields(words)
		script := bashCompletion + "COMP_WORDS=(" + words + ")\n" +
			"COMP_CWORD=" + string(rune('0'+len(given)-1)) + "\n" +
			"_paymentwatch\necho \"${COMPREPLY[@]}\"\n"
		command := exec.Command(bash, "--norc", "-c", script)
		command.Env = append(os.Environ(),
			"PATH="+dir+":"+os.Getenv("PATH"), asProgram+"=1")
		out, err := command.Output()
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace(string(out)), words)
	}
}

// TestCompletionScripts checks that there is one for each shell that we name, and
// advice for others.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()

	for shell, part := range map[string]string{
		"bash": "complete -o", "zsh": "compdef _paymentwatch",
		"fish": "-l hold-failures",
	} {
		p := start(t, []string{"paymentwatch", "completion", shell})
		require.NoError(t, p.wait(t))
		require.Contains(t, p.out.String(), part)
	}
	p := start(t, []string{"paymentwatch", "completion", "tcsh"})
	require.ErrorContains(t, p.wait(t), "it must be bash, zsh or fish")
}
