package manifest

// Rewrite returns a series with the same comments and topics and other entries.
// before has for each of them the entry of this series that it was, or nil.
func (s *Series) Rewrite(entries, before []*Entry) *Series {
	index := make(map[*Entry]int)
	for i, entry := range s.Entries {
		index[entry] = i
	}

	places := make([]int, len(before))
	for i, entry := range before {
		places[i] = -1
		if at, ok := index[entry]; ok {
			places[i] = at
		}
	}

	rewritten := &Series{
		Header: s.Header, Footer: s.Footer, Entries: entries,
	}
	for _, topic := range s.Topics {
		moved := *topic
		moved.First = border(places, topic.First)
		rewritten.Topics = append(rewritten.Topics, &moved)
	}

	return rewritten
}

// border returns where a topic begins that began with entry number first, given
// the numbers that the entries had before (-1: none). It leaves as few entries
// as can be in another topic than before, and counts new ones to the topic that
// is before them.
func border(places []int, first int) int {
	wrong := 0
	for _, place := range places {
		if place >= 0 && place < first {
			wrong++
		}
	}

	best, least := 0, wrong
	for i, place := range places {
		switch {
		case place >= first:
			wrong++

		case place >= 0:
			wrong--
		}
		isNew := place < 0 && best == i
		if wrong < least || isNew {
			best, least = i+1, wrong
		}
	}

	return best
}
