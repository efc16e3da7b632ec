package postgres

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"lnd-once/internal/failure"
)

const (
	// install is how one gets what is missing.
	install = "apt-get install postgresql libpq-dev (Debian)"

	// superuser is the name of a server's only user, and that of the user
	// of the system whose processes are the server's.
	superuser = "postgres"
)

// Available returns an error that says what is missing here to start a server,
// and how to install it.
func Available() error {
	_, err := find()

	return err
}

// installation is what of PostgreSQL is on this machine.
type installation struct {
	// bin is the folder with the server's programs.
	bin string

	// uid and gid are of the user that the server has to run as, and 0 if
	// that is our own.
	uid, gid int
}

// find looks for what Available asks for.
func find() (*installation, error) {
	out, err := exec.Command("pg_config", "--bindir").Output()
	if err != nil {
		return nil, failure.Usage("PostgreSQL cannot be started here: "+
			"pg_config: %w: %s", err, install)
	}

	found := &installation{bin: strings.TrimSpace(string(out))}
	for _, program := range []string{"initdb", "postgres"} {
		_, err := os.Stat(filepath.Join(found.bin, program))
		if err != nil {
			return nil, failure.Usage("PostgreSQL's server is "+
				"not installed: %w: %s", err, install)
		}
	}

	if os.Getuid() != 0 {
		return found, nil
	}
	owner, err := user.Lookup(superuser)
	if err != nil {
		return nil, failure.Usage("PostgreSQL refuses to run as root, "+
			"and there is no user to run it as: %w: %s", err,
			install)
	}
	if found.uid, err = strconv.Atoi(owner.Uid); err != nil {
		return nil, err
	}
	found.gid, err = strconv.Atoi(owner.Gid)

	return found, err
}
