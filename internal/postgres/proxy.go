package postgres

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Cut is what a Proxy does to a commit.
type Cut int

const (
	// BeforeCommit cuts the connection before the server hears of the
	// commit, so that it does not happen.
	BeforeCommit Cut = iota

	// DuringCommit cuts it when the commit has been sent: it happens or
	// does not.
	DuringCommit

	// AfterCommit cuts it when the commit has happened and its client does
	// not know yet.
	AfterCommit

	// SlowCommit only keeps the answer back for a while.
	SlowCommit

	// Cuts is how many there are.
	Cuts
)

// slow is how long an answer is kept back.
const slow = 5 * time.Second

// The types of messages that a proxy has to know of, and what they say.
const (
	typeQuery, typeParse, typeBind = 'Q', 'P', 'B'

	begin, commit = "begin", "commit\x00"
)

// errCut is why a connection is cut.
var errCut = errors.New("cut")

// Proxy stands between a server and its clients, and fails commits.
type Proxy struct {
	listener net.Listener
	server   string

	// word is what a transaction mentions, in a statement or as a value, if
	// its commit can be asked for.
	word []byte

	// mu protects what follows.
	mu sync.Mutex

	// away refuses connections.
	away bool

	// sessions are those that are open.
	sessions map[*session]bool

	// order is the next commit to fail, nil if none is.
	order *order
}

// order says which commit fails, and how.
type order struct {
	cut Cut

	// all is set if its transaction does not have to mention the word.
	all bool

	// done is closed when it fails.
	done chan struct{}
}

// session is a connection of a client, and that to the server.
type session struct {
	proxy          *Proxy
	client, server net.Conn

	// statements are those that were prepared and mention the word, and
	// mentions is set if the transaction does.
	statements map[string]bool
	mentions   bool

	// commits is told what becomes of the next answer.
	commits chan Cut
}

// NewProxy starts a proxy of a server. Close has to be called.
func NewProxy(s *Server, word string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		listener: listener, server: s.address(), word: []byte(word),
		sessions: make(map[*session]bool),
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.join(client)
		}
	}()

	return p, nil
}

// URL returns the URL of a database of the server through the proxy.
func (p *Proxy) URL(database string) string {
	return databaseURL(p.listener.Addr().String(), database)
}

// Close ends the proxy, and all connections.
func (p *Proxy) Close() {
	_ = p.listener.Close()
	p.Away(true)
}

// Away cuts all connections and refuses new ones, or takes them again.
func (p *Proxy) Away(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()

	p.away = away
	for s := range p.sessions {
		if away {
			s.cut()
		}
	}
}

// Order has the next commit fail, of a transaction that mentions the word or of
// any. The channel is closed when it fails. An earlier order is forgotten.
func (p *Proxy) Order(cut Cut, all bool) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()

	p.order = &order{cut: cut, all: all, done: make(chan struct{})}

	return p.order.done
}

// claim returns the order, if there is one for a transaction, and forgets it.
func (p *Proxy) claim(mentions bool) *order {
	p.mu.Lock()
	defer p.mu.Unlock()

	o := p.order
	if o == nil || !o.all && !mentions {
		return nil
	}
	p.order = nil
	close(o.done)

	return o
}

// join connects a client with the server, if it is there.
func (p *Proxy) join(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()

	server, err := net.Dial("tcp", p.server)
	if err != nil {
		_ = client.Close()

		return
	}
	s := &session{
		proxy: p, client: client, server: server,
		statements: make(map[string]bool), commits: make(chan Cut, 1),
	}
	if p.away {
		s.cut()

		return
	}
	p.sessions[s] = true
	for _, way := range []func() error{s.ask, s.answer} {
		go func() {
			_ = way()
			s.cut()
			p.mu.Lock()
			defer p.mu.Unlock()
			delete(p.sessions, s)
		}()
	}
}

// cut ends the session.
func (s *session) cut() {
	_ = s.client.Close()
	_ = s.server.Close()
}

// ask passes on what the client says, and fails the commit that is to fail.
func (s *session) ask() error {
	// Only the first message has no type.
	message, err := read(s.client, 0)
	for ; err == nil; message, err = read(s.client, 1) {
		var o *order
		if s.commit(message) {
			o = s.proxy.claim(s.mentions)
		}
		if o != nil && o.cut == BeforeCommit {
			return errCut
		}
		if o != nil {
			s.commits <- o.cut
		}
		if _, err := s.server.Write(message); err != nil {
			return err
		}
		if o != nil && o.cut == DuringCommit {
			return errCut
		}
	}

	return err
}

// commit returns whether a message is a commit. It notes what the transaction
// mentions.
func (s *session) commit(message []byte) bool {
	kind, text := message[0], message[5:]
	switch {
	case kind == typeQuery && bytes.HasPrefix(text, []byte(begin)):
		s.mentions = false

	case kind == typeQuery && string(text) == commit:
		return true

	case bytes.Contains(text, s.proxy.word):
		s.mentions = true
		if kind == typeParse {
			s.statements[string(field(text))] = true
		}

	case kind == typeBind:
		_, statement, _ := bytes.Cut(text, []byte{0})
		if s.statements[string(field(statement))] {
			s.mentions = true
		}
	}

	return false
}

// answer passes on what the server says, but for the answer to a commit.
func (s *session) answer() error {
	for {
		message, err := read(s.server, 1)
		if err != nil {
			return err
		}
		select {
		case cut := <-s.commits:
			if cut != SlowCommit {
				return errCut
			}
			time.Sleep(slow)

		default:
		}
		if _, err := s.client.Write(message); err != nil {
			return err
		}
	}
}

// read reads a message: its type, if it has one, the length of the rest, and
// the rest.
func read(from io.Reader, typed int) ([]byte, error) {
	message := make([]byte, typed+4)
	if _, err := io.ReadFull(from, message); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(message[typed:]))
	message = append(message, make([]byte, max(0, length-4))...)
	_, err := io.ReadFull(from, message[typed+4:])

	return message, err
}

// field returns the bytes before the next zero.
func field(text []byte) []byte {
	before, _, _ := bytes.Cut(text, []byte{0})

	return before
}
