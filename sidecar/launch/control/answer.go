package control

import (
	"errors"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/health"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/logs"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/supervise"
)

// answer is what a client gets: a first line, and what there is to show.
type answer struct{ to *os.File }

func (a answer) show(text string) { a.fail(text, nil) }

// fail shows text, and has the client fail with err.
func (a answer) fail(text string, err error) {
	problem := ""
	if err != nil {
		problem = logs.Printable(err.Error())
	}
	_, _ = io.WriteString(a.to, problem+"\n"+text)
}

// patience is the wait of a client who waits for what comes of his wish: until he goes away. It is nil where he doesn't wait.
func (a answer) patience(words []string) <-chan struct{} {
	if slices.Contains(words, NoWait) {
		return nil
	}
	return a.gone()
}

// gone is closed when the client has gone away.
func (a answer) gone() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, a.to)
	}()
	return gone
}

// handlers carry out requests, by their verb. Those that need a name are given it, and the rest of the words.
var (
	handlers = map[string]func(s *supervise.Supervisor, words []string, a answer){
		"ps": ps, "events": events, "drain": drain,
	}
	named = map[string]func(s *supervise.Supervisor, name string, words []string, a answer){
		"probe": func(s *supervise.Supervisor, name string, _ []string, a answer) { a.fail(s.Probe(name)) },
		"restart": func(s *supervise.Supervisor, name string, words []string, a answer) {
			a.fail(s.Restart(name, a.patience(words)))
		},
		"start": func(s *supervise.Supervisor, name string, words []string, a answer) {
			a.fail(s.Start(name, a.patience(words)))
		},
		"stop": func(s *supervise.Supervisor, name string, words []string, a answer) {
			a.fail(s.Stop(name, a.patience(words)))
		},
		"logs":   recent,
		"health": checkHealth,
	}
)

func handle(s *supervise.Supervisor, r Request, a answer) {
	switch h, n := handlers[r[0]], named[r[0]]; {
	case h != nil:
		h(s, r[1:], a)
	case n != nil && len(r) > 1:
		n(s, r[1], r[2:], a)
	default:
		a.fail("", errors.New("supervisor "+strconv.Itoa(os.Getpid())+" is of another version: it doesn't know "+r.String()))
	}
}

func ps(s *supervise.Supervisor, words []string, a answer) {
	if slices.Contains(words, "--json") {
		a.show(jsonList(s.Status(true)))
		return
	}
	a.show(table(s.Status(true)))
}

func events(s *supervise.Supervisor, words []string, a answer) {
	happenings, chain := s.Timeline()
	if slices.Contains(words, "--json") {
		a.show(jsonTimeline(happenings, chain))
		return
	}
	a.show(timeline(happenings, chain))
}

// drain lets the client wait for the end of everything, which is that of the connection too, unless he goes away before.
func drain(s *supervise.Supervisor, words []string, a answer) {
	a.show("stopping everything\n")
	s.Drain()
	if gone := a.patience(words); gone != nil {
		<-gone
	}
}

// checkHealth takes the kind of question first, and a name or nothing.
func checkHealth(s *supervise.Supervisor, kind string, names []string, a answer) {
	text, ok, err := health.Check(s.Status(false), health.Kind(kind), append(names, "")[0])
	if err == nil && !ok {
		err = errors.New("not " + kind)
	}
	a.fail(text, err)
}

// recent shows a process's last lines and, with -f, those that follow, until the client goes away.
func recent(s *supervise.Supervisor, name string, words []string, a answer) {
	lines, err := s.Recent(name)
	if err != nil {
		a.fail("", err)
		return
	}
	text, next, more := lines.Since(0)
	a.show(string(text))
	if !slices.Contains(words, "-f") {
		return
	}
	gone := a.gone()
	for {
		select {
		case <-gone:
			return
		case <-more:
		}
		text, next, more = lines.Since(next)
		if _, err := a.to.Write(text); err != nil {
			return
		}
	}
}
