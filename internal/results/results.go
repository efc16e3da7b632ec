// Package results keeps what was measured in files.
package results

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Save writes a result to a file, as Replace does, for people to read, too.
func Save(file string, result any) error {
	text, err := json.MarshalIndent(result, "", "\t")
	if err != nil {
		return err
	}

	return Replace(file, append(text, '\n'))
}

// Replace writes a file as a whole or not at all: a crash leaves no half of one
// behind. The folder is made if it is not there.
func Replace(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	temp := file + ".new"
	if err := os.WriteFile(temp, text, 0o644); err != nil {
		return err
	}

	return os.Rename(temp, file)
}
