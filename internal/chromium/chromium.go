// Package chromium finds the browser in which tests look at pages.
package chromium

import (
	"os/exec"

	"lnd-once/internal/failure"
)

// Find returns the path of the browser, or an error that says how to install it.
func Find() (string, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return "", failure.Usage("there is no browser to look at pages "+
			"with: %w: apt-get install chromium (Debian)", err)
	}

	return path, nil
}
