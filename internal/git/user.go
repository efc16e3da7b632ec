package git

import (
	"os"
	"strings"
)

// NewAsUser returns a Git that runs in the top folder of a work tree or
// repository of the user's own, with the user's name, settings and keys. Only
// what would point it to another repository is kept from it, and hooks: they
// would see branches that are half made.
func NewAsUser(dir string) *Git {
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !elsewhere(name) {
			env = append(env, variable)
		}
	}

	return &Git{
		dir:  dir,
		env:  append(env, "LC_ALL=C", "GIT_EDITOR=true"),
		args: []string{"-c", "core.hooksPath=/dev/null"},

		// Who is asked for a passphrase must be able to answer.
		foreground: true,
	}
}

// elsewhere tells whether a variable makes git work somewhere else than in the
// folder that it runs in.
func elsewhere(name string) bool {
	switch name {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR",
		"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
		"GIT_NAMESPACE", "GIT_PREFIX", "GIT_EDITOR", "LC_ALL":

		return true
	}

	return false
}
