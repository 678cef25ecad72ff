package declare

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// env reads the application's variables. Cloud Foundry makes text of every value. One that cf push would fill in has no value yet:
// whoever runs the image sets it.
func (m manifest) env() map[string]string {
	vars := m.Table.Table(m.words.env, "{ LOG_LEVEL: info }")
	if vars == nil || len(vars.Keys()) == 0 {
		return nil
	}
	texts := map[string]string{}
	for _, name := range vars.Keys() {
		text := envText(vars.Node(name))
		if variable.MatchString(text) {
			vars.Cautionf(name, "%s is %s, which cf push would fill in: it has no default in the image", vars.Path(name), document.ShowText(text))
			continue
		}
		switch {
		case !validVariable(name, text) || strings.Contains(name, "/") || strings.ContainsFunc(name, unicode.IsControl):
			vars.Refuse(name, "a variable's name can't be empty or hold =, / or control characters, and its value no NUL")
		case !plan.PlainName(name):
			vars.Cautionf(name, "%s is no name that a shell or every platform can carry: only processes that the supervisor starts get it",
				vars.Path(name))
		}
		texts[name] = text
	}
	return texts
}

// envText returns a value as its author wrote it, a list or a table as JSON.
func envText(n *document.Node) string {
	switch n.Is.(type) {
	case nil:
		return ""
	case []*document.Node, map[string]*document.Node:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if encoder.Encode(plain(n)) == nil {
			return strings.TrimSuffix(text.String(), "\n")
		}
	}
	return n.Text
}

// plain returns what is in a node for JSON. A number stays as it is written where JSON can write it so.
func plain(n *document.Node) any {
	switch v := n.Is.(type) {
	case []*document.Node:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case map[string]*document.Node:
		table := map[string]any{}
		for key, item := range v {
			table[key] = plain(item)
		}
		return table
	case int64, float64:
		if json.Valid([]byte(n.Text)) {
			return json.Number(n.Text)
		}
		return n.Text
	case nil, bool:
		return v
	}
	return n.Text
}
