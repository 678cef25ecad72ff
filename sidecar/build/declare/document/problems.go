package document

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// maxProblems is how many are told, of errors and of warnings.
const maxProblems = 100

// Problems gathers all that is wrong with one document, and what its author should know.
type Problems struct {
	origin, file string
	errs         []problem
	warnings     []problem
	skipped      int // errors that would be too many to read
	searched     int // words that a near one was searched for
	home         Home
}

type problem struct {
	at  Position
	err error
}

// NewProblems returns the problems of a document. Every message begins with origin: the document's file, or what it was found in; then file
// is what the document is called there.
func NewProblems(origin, file string) *Problems { return &Problems{origin: origin, file: file} }

// Home returns the table around one that is at path from subject: its header, and the keys that stand directly in it; nothing where a key
// from there can't have been meant. Of a whole document, whose subject and path are empty, it is where most keys stand.
type Home func(subject, path string) (header string, keys []string)

// Homes lets messages about unknown keys say in which table they would be known.
func (p *Problems) Homes(home Home) { p.home = home }

// Addf adds an error at a position, which may be unknown.
func (p *Problems) Addf(at Position, format string, args ...any) {
	if p.full() {
		p.skipped++
		return
	}
	p.errs = append(p.errs, problem{at, fmt.Errorf(format, args...)})
}

// full reports whether more errors would be too many to read.
func (p *Problems) full() bool { return len(p.errs) == maxProblems }

// Warnf adds a warning.
func (p *Problems) Warnf(at Position, format string, args ...any) {
	if len(p.warnings) < maxProblems {
		p.warnings = append(p.warnings, problem{at, fmt.Errorf(format, args...)})
	}
}

// Err returns all errors, in the order of their positions and one a line; nil where there are none.
func (p *Problems) Err() error {
	errs := p.ordered(p.errs)
	if p.skipped > 0 {
		errs = append(errs, fmt.Errorf("%s: and %d more", p.origin, p.skipped))
	}
	return errors.Join(errs...)
}

// Warnings returns all warnings, one a line, in the order of their positions.
func (p *Problems) Warnings() []string {
	var all []string
	for _, w := range p.ordered(p.warnings) {
		all = append(all, w.Error())
	}
	return all
}

// ordered returns what is said of problems.
func (p *Problems) ordered(problems []problem) []error {
	sorted := slices.Clone(problems)
	slices.SortStableFunc(sorted, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.at.Line, b.at.Line), cmp.Compare(a.at.Column, b.at.Column))
	})
	var all []error
	for _, q := range sorted {
		all = append(all, fmt.Errorf("%s: %w", p.where(q.at), q.err))
	}
	return all
}

// where returns what a message about a position begins with.
func (p *Problems) where(at Position) string {
	switch {
	case at == (Position{}):
		return p.origin
	case p.file == p.origin:
		return fmt.Sprintf("%s:%d:%d", p.file, at.Line, at.Column)
	default:
		return fmt.Sprintf("%s: %s:%d:%d", p.origin, p.file, at.Line, at.Column)
	}
}
