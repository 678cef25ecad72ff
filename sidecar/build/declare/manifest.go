package declare

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/show"
)

// parseManifest is ParseManifest as a source.
func parseManifest(text []byte, origin, application string) (Source, error) {
	d, warnings, err := ParseManifest(text, origin, application)
	return Source{Declaration: d, Origin: origin, Warnings: warnings}, err
}

// declaresSidecars reports whether a text is surely meant as a manifest that declares sidecars. Other tools have files of that name too.
func declaresSidecars(text []byte) bool {
	p := document.NewProblems("", "")
	doc := document.NewTable(p, document.ReadYAML(text, p), "applications")
	if p.Err() != nil {
		return meant(text, `applications|apps`, "sidecars")
	}
	return slices.ContainsFunc(doc.Tables(wordsOf(doc).applications, ""), func(t *document.Table) bool { return t.Has("sidecars") })
}

// meant reports whether a text that is no YAML has lines as of a file that was meant: one with a key of the whole, and one with another
// somewhere in it. keys are regular expressions.
func meant(text []byte, whole, within string) bool {
	if len(text) > document.MaxBytes {
		return false
	}
	lines := regexp.MustCompile(`(?ms)^(?:` + whole + `):[ \t]*(?:#[^\n]*)?$.*^[\s-]+(?:` + within + `):`)
	return lines.Match(text)
}

// ParseManifest reads the sidecars of one application of a Cloud Foundry manifest, and its env, by Cloud Foundry's own rules and in
// its own words; what those leave open has the defaults of a sidecar.toml. If application is empty, the only application with sidecars is
// used; if there is none, the result is empty. Warnings are of what Cloud Foundry passes over in silence.
func ParseManifest(text []byte, origin, application string) (Declaration, []string, error) {
	p := document.NewProblems(origin, origin)
	doc := document.NewTable(p, document.ReadYAML(text, p), "applications")
	words := wordsOf(doc)
	applications := doc.Tables(words.applications, "write a list of applications")
	if err := p.Err(); err != nil {
		return Declaration{}, nil, err
	}
	chosen, err := chooseApplication(applications, application)
	if err != nil {
		return Declaration{}, nil, fmt.Errorf("%s: %w", origin, err)
	}
	if chosen == nil {
		return Declaration{App: appKeys.defaults()}, nil, nil
	}
	chosen.Called(fmt.Sprintf("For application '%s'", show.Text(applicationName(chosen))))
	m := manifest{chosen, words}
	d := m.declaration()
	if err := p.Err(); err != nil {
		return Declaration{}, p.Warnings(), err
	}
	return d, p.Warnings(), nil
}

// chooseApplication returns the application that was named, else the only one with sidecars, nil where none has any.
func chooseApplication(applications []*document.Table, name string) (*document.Table, error) {
	var all, withSidecars []string
	var only *document.Table
	for _, t := range applications {
		n := applicationName(t)
		if n == name && name != "" {
			return t, nil
		}
		all = append(all, n)
		if t.Has("sidecars") {
			withSidecars = append(withSidecars, n)
			only = t
		}
	}
	switch {
	case name != "":
		return nil, fmt.Errorf("there is no application %q, which %s names: there are %s", name, ApplicationVariable, strings.Join(all, ", "))
	case len(withSidecars) > 1:
		return nil, fmt.Errorf("several applications have sidecars: set %s to one of %s", ApplicationVariable, strings.Join(withSidecars, ", "))
	default:
		return only, nil
	}
}

func applicationName(t *document.Table) string {
	name, _ := t.Peek("name").(string)
	return name
}

// words are what the two versions of a manifest differ in. Version 2 is
// https://github.com/cloudfoundry/community/blob/main/toc/rfc/rfc-0034-v2-app-manifests.md.
type words struct {
	applications, env string
	second            bool // process types are processes' types, and memory is in scale
}

// wordsOf returns those of the version that a manifest says it has.
func wordsOf(doc *document.Table) words {
	if doc.Peek("version") == int64(2) {
		return words{"apps", "environment_variables", true}
	}
	return words{"applications", "env", false}
}

// manifest reads one application of a manifest.
type manifest struct {
	*document.Table
	words words
}

func (m manifest) declaration() Declaration {
	d := Declaration{Env: m.env(), App: appKeys.defaults(), Shared: true}
	var tables []*document.Table
	for _, t := range m.Tables("sidecars", "Sidecars must be an array of sidecar configurations") {
		title(t, "name")
		d.Sidecars, tables = add(m.sidecar(t), t, "name", d.Sidecars, tables)
	}
	m.checkSums(d.Sidecars)
	checkNames(d.Sidecars, tables, "name")
	return d
}

// Variable returns the first of what the cf command line fills in before it sends a manifest with that text; empty where there is none.
func Variable(text string) string { return variable.FindString(text) }

var variable = regexp.MustCompile(`\(\(!?[-/.\w\pL]+\)\)`)

// filledIn reports a variable that is still to be filled in, and returns whether there is none.
func filledIn(t *document.Table, key, text string) bool {
	v := Variable(text)
	if v != "" {
		t.Reportf(key, "%s is %s: %s is filled in by cf push, a build can't: write its value, or declare the sidecars in %s",
			t.Path(key), document.ShowText(text), v, File)
	}
	return v == ""
}
