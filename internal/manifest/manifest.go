// Package manifest reads and writes the series of a base: the file that says in
// which order patches and packages of our own make our lnd of lnd.
package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"lnd-once/internal/failure"
)

// File is the name of a series in the folder of its base.
const File = "series"

// Kind is what a line of a series adds.
type Kind string

const (
	// Build is a patch that lnd needs to be built at all. The stock tree
	// has it, too, and it is not for upstream.
	Build Kind = "build"

	// Patch is a patch.
	Patch Kind = "patch"

	// Package is a package of ours, copied whole.
	Package Kind = "package"
)

// Series is a series: the entries, and where in them topics begin.
type Series struct {
	// Header is the comment that the file begins with, with the blank line
	// that ends it. Footer is what comes behind the last entry.
	Header, Footer string

	// Entries become one commit each, in this order.
	Entries []*Entry

	// Topics are the topics in their order. Entries before the first belong
	// to every one of them.
	Topics []*Topic
}

// Entry is a line that becomes a commit.
type Entry struct {
	// Comments are the comments and blank lines right above.
	Comments string

	// Kind is what the line adds, Name the patch's file or the package's
	// folder with us.
	Kind Kind
	Name string

	// Folder is the package's folder in lnd, Summary its commit's subject.
	Folder, Summary string

	// Created are files that the commit creates in lnd and that are kept
	// beside the patch.
	Created []Created
}

// Created is a file that a patch creates in lnd.
type Created struct {
	// Path is where it lies in lnd, From where below a folder _lnd of ours.
	Path, From string
}

// TopicPrefix begins the names of topics' tags and of their work trees.
const TopicPrefix = "topic-"

// TopicTag returns the name of the tag at a topic's last commit, and of the work
// tree that ends there.
func TopicTag(number int) string {
	return TopicPrefix + strconv.Itoa(number)
}

// Topic is a part of the series that could be a pull request of its own.
type Topic struct {
	// Comments are the comments and blank lines right above.
	Comments string

	// Number counts the topics from 1 on. It is 0 for what is only for our
	// fork, which comes last.
	Number int
	Name   string

	// Needs are the numbers of the topics before it that it cannot do
	// without, the lowest first.
	Needs []int

	// First is the index of the first entry.
	First int
}

// String returns the text of the series.
func (s *Series) String() string {
	var b strings.Builder
	b.WriteString(s.Header)
	topics := s.Topics
	for i := 0; ; i++ {
		for len(topics) > 0 && topics[0].First == i {
			b.WriteString(topics[0].String())
			topics = topics[1:]
		}
		if i == len(s.Entries) {
			break
		}
		b.WriteString(s.Entries[i].String())
	}
	b.WriteString(s.Footer)

	return b.String()
}

// String returns the topic's line with its comments.
func (t *Topic) String() string {
	if t.Number == 0 {
		return t.Comments + "fork\n"
	}

	text := fmt.Sprintf("%stopic %d %s\n", t.Comments, t.Number, t.Name)
	if len(t.Needs) > 0 {
		text += "\tneeds"
		for _, number := range t.Needs {
			text += " " + strconv.Itoa(number)
		}
		text += "\n"
	}

	return text
}

// String returns the entry's lines with their comments.
func (e *Entry) String() string {
	text := fmt.Sprintf("%s%s %s", e.Comments, e.Kind, e.Name)
	if e.Kind == Package {
		text += " " + e.Folder + " " + e.Summary
	}
	text += "\n"
	for _, created := range e.Created {
		text += "\tcreates " + created.Path
		if created.From != created.Path {
			text += " from " + created.From
		}
		text += "\n"
	}

	return text
}

// Topic returns the topic of a number or name.
func (s *Series) Topic(name string) (*Topic, error) {
	var known []string
	for _, topic := range s.Topics {
		if topic.Number == 0 {
			continue
		}
		if name == strconv.Itoa(topic.Number) || name == topic.Name {
			return topic, nil
		}
		known = append(known, fmt.Sprintf("%d (%s)", topic.Number,
			topic.Name))
	}
	if len(known) == 0 {
		return nil, failure.Usage("unknown topic '%s': this series "+
			"has no topics", name)
	}

	return nil, failure.Usage("unknown topic '%s'; the known ones are: %s",
		name, strings.Join(known, ", "))
}

// End returns how many entries there are up to the end of a topic.
func (s *Series) End(topic *Topic) int {
	for i, t := range s.Topics {
		if t == topic && i+1 < len(s.Topics) {
			return s.Topics[i+1].First
		}
	}

	return len(s.Entries)
}
