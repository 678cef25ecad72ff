package declare

import (
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
)

// Parse parses a sidecar.toml that is all there is. Errors begin with origin and say where the fault is and what to write instead, one a
// line; all of them are reported at once.
func Parse(text []byte, origin string) (Declaration, error) {
	source, err := ParseSource(text, origin)
	if err != nil {
		return Declaration{}, err
	}
	d, err := Merge([]Source{source}, false)
	for i := range d.Sidecars {
		d.Sidecars[i].Origin = ""
	}
	return d, err
}

// ParseSource is Parse for one of several sources: Merge checks what its processes depend on, once all sources are known.
func ParseSource(text []byte, origin string) (Source, error) {
	p := document.NewProblems(origin, File)
	if isFile(origin) {
		p = document.NewProblems(origin, origin)
	}
	p.Homes(home)
	doc := document.NewTable(p, document.ReadTOML(text, p), "sidecars")
	source := readSource(doc, origin)
	doc.Unknown()
	if err := p.Err(); err != nil {
		return Source{}, err
	}
	source.Warnings = p.Warnings()
	return source, nil
}

// home is where a key belongs that stands in a table of a sidecar's or the app's, or in none. In TOML all that follows [a.table] is in it.
func home(subject, path string) (header string, keys []string) {
	switch isItem := strings.Contains(path, "["); {
	case subject != "" && path != "" && !isItem, subject == "" && path == "":
		return "[[sidecars]]", sidecarKeys.names()
	case strings.HasPrefix(path, "app."):
		return "[app]", appKeys.names()
	}
	return "", nil
}

// Decode reads back what Encode wrote.
func Decode(text, origin string) (Declaration, error) {
	p := document.NewProblems(origin, origin)
	doc := document.NewTable(p, document.ReadEncodedTOML([]byte(text), p), "sidecars")
	env, shared := variables().read(doc, "env", nil), doc.Flag("shared", false)
	source := readSource(doc, origin)
	doc.Unknown()
	if err := p.Err(); err != nil {
		return Declaration{}, err
	}
	source.Env, source.Shared = env, shared
	return source.Declaration, nil
}

// readSource reads [app] and [[sidecars]].
func readSource(doc *document.Table, origin string) Source {
	source := Source{Origin: origin}
	source.app = doc.Table("app", `{ depends-on = { agent = "ready" } }`)
	if source.app == nil {
		source.app = document.NewTable(doc.Problems, nil, "")
	}
	source.App = appKeys.read(source.app)
	source.AppKeys = source.app.Keys()
	keys := sidecarKeys.names()
	for _, t := range doc.Tables("sidecars", "write [[sidecars]], with two brackets") {
		subject := t.Name()
		if name, _ := t.Peek("name").(string); name != "" {
			subject = "sidecar " + document.ShowText(name)
		}
		t.Called(subject)
		sidecar := sidecarKeys.read(t)
		for name := range sidecar.Env { // in TOML, all that follows [sidecars.env] is in it
			if slices.Contains(keys, name) {
				t.Table("env", "").Caution(name, "a variable here: write the key of that name above [sidecars.env]")
			}
		}
		source.Sidecars = append(source.Sidecars, sidecar)
		source.tables = append(source.tables, t)
	}
	checkNames(source.Sidecars, source.tables, "name")
	return source
}
