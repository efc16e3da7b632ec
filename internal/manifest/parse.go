package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lnd-once/internal/failure"
)

// Read reads the series in the folder of a base.
func Read(folder string) (*Series, error) {
	path := filepath.Join(folder, File)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, failure.Usage("cannot read the series: %w", err)
	}
	s, err := Parse(string(text))
	if err != nil {
		return nil, failure.Usage("%s: %w", path, err)
	}

	return s, nil
}

// Parse returns the series that a text describes.
func Parse(text string) (*Series, error) {
	var (
		s       = &Series{}
		pending string
		begun   bool
	)
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(code)
		switch {
		case strings.HasPrefix(line, "#"):
			pending += line

		// What is above the first blank line is about the whole file.
		case len(fields) == 0 && !begun && pending != "":
			s.Header, pending, begun = pending+"\n", "", true

		case len(fields) == 0:
			pending += "\n"

		default:
			err := s.add(fields, pending)
			if err != nil {
				return nil, fmt.Errorf("'%s': %w",
					strings.Join(fields, " "), err)
			}
			pending, begun = "", true
		}
	}
	s.Footer = pending

	return s, s.check()
}

// add adds a line's words to the series, with the comments above it.
func (s *Series) add(fields []string, comments string) error {
	switch kind, args := fields[0], fields[1:]; kind {
	case "topic", "fork":
		return s.addTopic(kind, args, comments)

	case "needs":
		return s.addNeeds(args)

	case "creates":
		return s.addCreated(args)

	case string(Build), string(Patch):
		if len(args) != 1 || !isPatchFile(args[0]) {
			return fmt.Errorf("want '%s NAME.patch'", kind)
		}
		s.Entries = append(s.Entries, &Entry{
			Comments: comments, Kind: Kind(kind), Name: args[0],
		})

	case string(Package):
		if len(args) < 3 {
			return fmt.Errorf("want 'package SRC DST summary'")
		}
		s.Entries = append(s.Entries, &Entry{
			Comments: comments, Kind: Package, Name: args[0],
			Folder: args[1], Summary: strings.Join(args[2:], " "),
		})

	default:
		return fmt.Errorf("'%s' is no kind of line; there are build, "+
			"patch, creates, package, topic, needs and fork", kind)
	}

	return nil
}

// isPatchFile tells whether this can be the name of a patch beside the series.
func isPatchFile(name string) bool {
	return strings.HasSuffix(name, ".patch") && name[0] != '.' &&
		!strings.Contains(name, "/")
}

// addTopic adds a line that begins a topic, or what is for our fork alone.
func (s *Series) addTopic(kind string, args []string, comments string) error {
	topic := &Topic{
		Comments: comments, First: len(s.Entries),
		Name: strings.Join(args, " "),
	}
	if last := len(s.Topics); last > 0 && s.Topics[last-1].Number == 0 {
		return fmt.Errorf("nothing comes after 'fork'")
	}

	if kind == "fork" {
		if len(args) > 0 {
			return fmt.Errorf("want 'fork' and nothing else")
		}
		topic.Name = kind
	} else {
		want := strconv.Itoa(len(s.Topics) + 1)
		if len(args) < 2 || args[0] != want {
			return fmt.Errorf("want 'topic %s NAME'", want)
		}
		topic.Number = len(s.Topics) + 1
		topic.Name = strings.Join(args[1:], " ")
	}
	s.Topics = append(s.Topics, topic)

	return nil
}

// addNeeds adds the topics that the one above needs.
func (s *Series) addNeeds(args []string) error {
	last := len(s.Topics) - 1
	if last < 0 || s.Topics[last].First != len(s.Entries) ||
		s.Topics[last].Number == 0 || s.Topics[last].Needs != nil {

		return fmt.Errorf("want it once, right below the line of a " +
			"topic")
	}

	topic, before := s.Topics[last], 0
	for _, arg := range args {
		number, err := strconv.Atoi(arg)
		if err != nil || number <= before || number >= topic.Number {
			return fmt.Errorf("want numbers of topics before it, " +
				"the lowest first")
		}
		topic.Needs = append(topic.Needs, number)
		before = number
	}

	return nil
}

// addCreated adds a file to the entry above.
func (s *Series) addCreated(args []string) error {
	if len(s.Entries) == 0 ||
		s.Entries[len(s.Entries)-1].Kind == Package {

		return fmt.Errorf("want it below the line of a patch")
	}

	var created Created
	switch {
	case len(args) == 1:
		created = Created{Path: args[0], From: args[0]}

	case len(args) == 3 && args[1] == "from":
		created = Created{Path: args[0], From: args[2]}

	default:
		return fmt.Errorf("want 'creates PATH' or 'creates PATH from " +
			"FILE'")
	}
	for _, path := range []string{created.Path, created.From} {
		if !filepath.IsLocal(path) {
			return fmt.Errorf("%s is outside of lnd", path)
		}
	}
	entry := s.Entries[len(s.Entries)-1]
	entry.Created = append(entry.Created, created)

	return nil
}

// check returns an error if the series names something twice.
func (s *Series) check() error {
	names, paths := make(map[string]bool), make(map[string]bool)
	for _, entry := range s.Entries {
		if names[entry.Name] {
			return fmt.Errorf("%s is there twice", entry.Name)
		}
		names[entry.Name] = true
		for _, created := range entry.Created {
			if paths[created.Path] {
				return fmt.Errorf("%s is created twice",
					created.Path)
			}
			paths[created.Path] = true
		}
	}

	return nil
}
