package declare

import (
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func variables() kind[map[string]string] {
	return kind[map[string]string]{Type{Name: "table of text"}, func(t *document.Table, key string, _ map[string]string) map[string]string {
		vars := texts(t, key, `{ LOG_LEVEL = "info" }`)
		for name, value := range vars {
			if !validVariable(name, value) {
				t.Reportf(key, "%s has the name %q: a variable's name can't be empty or hold = or NUL", t.Path(key), name)
			}
			if variable := shellVariable(value); variable != "" {
				t.Table(key, "").Caution(name, "no shell reads it: write $(%s)", variable)
			}
		}
		if _, err := plan.ExpandAll(vars, nil, func(string) (string, bool) { return "", false }); err != nil {
			t.Reportf(key, "%s: %v", t.Path(key), err)
		}
		return vars
	}}
}

// texts reads a table of text; nil where it is missing or empty.
func texts(t *document.Table, key, such string) map[string]string {
	inner := t.Table(key, such)
	if inner == nil || len(inner.Keys()) == 0 {
		return nil
	}
	m := map[string]string{}
	for _, name := range inner.Keys() {
		m[name] = inner.Text(name, "")
	}
	return m
}

// validVariable reports whether a process can be given the variable.
func validVariable(name, value string) bool {
	return name != "" && !strings.ContainsAny(name, "=\x00") && !strings.ContainsRune(value, 0)
}

func inheritEnv() kind[Names] {
	return kind[Names]{Type{Name: "true, false or list of text"}, func(t *document.Table, key string, otherwise Names) Names {
		switch v := t.Value(key).(type) {
		case nil:
			return otherwise
		case bool:
			if v {
				return Names{Everything}
			}
			return Names{}
		case []*document.Node:
			return names(t, key)
		default:
			t.Refuse(key, "write true, false or a list of variables' names")
			return otherwise
		}
	}}
}

func names(t *document.Table, key string) Names {
	names := t.Texts(key)
	if slices.Contains(names, Everything) {
		return Names{Everything}
	}
	for i, name := range names {
		if !validVariable(name, "") {
			t.RefuseItem(key, i, "write a variable's name")
		}
	}
	return append(Names{}, names...)
}

// checkEnvFrom reports what names nothing to read, or two things.
func checkEnvFrom(t *document.Table, e *plan.EnvFrom) {
	switch {
	case (e.File == "") == (e.Binding == ""):
		t.Reportf("file", "%s: write either file or binding", t.Name())
	case e.File != "" && !strings.HasPrefix(e.File, "/"):
		t.Refuse("file", "write an absolute path in the container, such as /etc/agent.env")
	case strings.Contains(e.Binding, "/") || strings.HasPrefix(e.Binding, "."):
		t.Refuse("binding", "write a binding's name or type")
	}
	if !validVariable(e.Prefix+"X", "") {
		t.Refuse("prefix", "write what a variable's name can begin with")
	}
}
