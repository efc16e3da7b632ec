package main

import (
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
)

// dataDir returns where a program of the given name has its files on this
// system. It is btcutil's AppDataDir, which lnd uses, without the packages that
// come with it.
func dataDir(name string) string {
	title := strings.ToUpper(name[:1]) + name[1:]
	home := homeDir()
	switch local := os.Getenv("LOCALAPPDATA"); {
	case runtime.GOOS == "windows" && local != "":
		return filepath.Join(local, title)

	case home == "":
		return "."

	case runtime.GOOS == "darwin":
		return filepath.Join(
			home, "Library", "Application Support", title,
		)

	default:
		return filepath.Join(home, "."+name)
	}
}

// homeDir returns the user's home folder, or an empty text if there is none.
func homeDir() string {
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return u.HomeDir
	}

	return os.Getenv("HOME")
}
