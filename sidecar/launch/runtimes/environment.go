package runtimes

import (
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// tellers give each variable by which a process is told its share the value that it has then, or leave it as it is. They change what was
// derived from the whole container, and set what isn't set; an empty variable is as good as none. docs/memory.md says what is given when.
var tellers = []struct {
	variable string
	tell     func(p *process, value string) (string, error)
}{
	{javaToolOptions, (*process).java},
	{"MALLOC_ARENA_MAX", (*process).mallocArenas},
	{"MEMORY_LIMIT", (*process).memoryLimit},
	{"VCAP_APPLICATION", (*process).vcapApplication},
	{"MEMORY_AVAILABLE", (*process).memoryAvailable},
	{"NODE_OPTIONS", (*process).nodeOptions},
	{"GOMEMLIMIT", (*process).goMemLimit},
	{"DOTNET_GCHeapHardLimit", (*process).dotnetHeapHardLimit},
}

// Variables returns the names of the variables by which processes are told their share.
func Variables() []string {
	var names []string
	for _, t := range tellers {
		names = append(names, t.variable)
	}
	return names
}

// Process is what a process of a Division is about to be started with.
type Process struct {
	Name string // a sidecar's, or anything else for the app
	Argv []string
	Env  []string          // NAME=VALUE
	Own  map[string]string // what of Env it declares itself, and so hasn't inherited from the app
}

// process is one that is being told.
type process struct {
	memory.Division
	Process
	app   bool
	title string
	share plan.Size // 0: none declared or none known
	notes []string

	leftOut plan.Size // what libjvm has left out of its calculation already
}

// Environment returns the environment in which a process keeps to its share, and notes that say what was changed. p isn't changed. A
// sidecar loses what it inherited of the app's sizes, whether anything is reserved or not. It is an error when a JVM's memory regions
// can't fit the share; then, and under Warn, the process may have its environment as it is.
func Environment(d memory.Division, p Process) (env, notes []string, err error) {
	q := newProcess(d, p)
	if !q.app {
		q.disinherit(isMemory)
	}
	if d.Reserved() == 0 {
		return q.Env, q.notes, nil
	}
	for _, t := range tellers {
		before := q.get(t.variable)
		after, err := t.tell(q, before)
		if err != nil {
			return nil, nil, err
		}
		if after != before {
			q.set(t.variable, after)
			q.notes = append(q.notes, t.variable+": "+difference(before, after))
		}
	}
	return q.Env, q.notes, nil
}

func newProcess(d memory.Division, p Process) *process {
	q := &process{Division: d, Process: p, app: true, title: d.App.Name, share: d.App.Memory}
	q.Env = slices.Clone(p.Env)
	for _, s := range d.Sidecars {
		if s.Name == p.Name {
			q.app, q.title, q.share = false, s.Name, s.Memory
		}
	}
	return q
}

// get returns a variable's value; the first of a name counts, as for getenv(3).
func (p *process) get(variable string) string {
	if i := p.index(variable); i >= 0 {
		return p.Env[i][len(variable)+1:]
	}
	return ""
}

// set gives a variable its value; one that has none is left out.
func (p *process) set(variable, value string) {
	i := p.index(variable)
	switch {
	case i < 0:
		p.Env = append(p.Env, variable+"="+value)
	case value == "":
		p.Env = slices.Delete(p.Env, i, i+1)
	default:
		p.Env[i] = variable + "=" + value
	}
}

func (p *process) index(variable string) int {
	return slices.IndexFunc(p.Env, func(s string) bool {
		return strings.HasPrefix(s, variable) && len(s) > len(variable) && s[len(variable)] == '='
	})
}

func appended(text, word string) string {
	if text == "" {
		return word
	}
	return text + " " + word
}

// difference returns what became of the words in which two texts differ.
func difference(before, after string) string {
	was, is := wordsOf(before), wordsOf(after)
	for len(was) > 0 && len(is) > 0 && was[0] == is[0] {
		was, is = was[1:], is[1:]
	}
	for len(was) > 0 && len(is) > 0 && was[len(was)-1] == is[len(is)-1] {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	switch {
	case len(was) == 0:
		return strings.Join(is, " ")
	case len(is) == 0:
		return "without " + strings.Join(was, " ")
	}
	return strings.Join(was, " ") + " is now " + strings.Join(is, " ")
}

// wordsOf splits at spaces and at what separates JSON's members.
func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n,{}", r) })
}
