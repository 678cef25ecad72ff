package declare

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
)

// maxCommand is Cloud Foundry's bound for a sidecar's command.
const maxCommand = 4096

// title makes a sidecar's name what messages call it, in Cloud Foundry's way.
func title(t *document.Table, key string) {
	if blank(t, key) {
		t.Called(t.Name())
		return
	}
	t.Called("Sidecar " + document.Show(t.Peek(key)))
}

// add puts a sidecar to the others, in the place of one of its name.
func add(s Sidecar, t *document.Table, key string, all []Sidecar, tables []*document.Table) ([]Sidecar, []*document.Table) {
	i := slices.IndexFunc(all, func(other Sidecar) bool { return other.Name == s.Name })
	if i < 0 || s.Name == "" {
		return append(all, s), append(tables, t)
	}
	t.Cautionf(key, "it is there twice: the last one counts, as in Cloud Foundry")
	all[i], tables[i] = s, t
	return all, tables
}

// sidecar reads the four keys that a manifest's sidecar has.
func (m manifest) sidecar(t *document.Table) Sidecar {
	s := sidecarKeys.defaults()
	s.Name = t.Text("name", "")
	if m.words.second {
		s.ProcessTypes, s.Command, s.Memory = typesOfProcesses(t), shellCommand(t), wholeMegabytes(scale(t))
	} else {
		s.ProcessTypes, s.Command, s.Memory = processTypesOf(t), shellCommand(t), wholeMegabytes(t)
	}
	switch {
	case blank(t, "name"):
		t.Reportf("name", "Sidecar name can't be blank")
	case utf8.RuneCountInString(s.Name) > maxName:
		t.Reportf("name", "Name is too long (maximum is %d characters)", maxName)
		s.Name = ""
	}
	filledIn(t, "name", s.Name)
	dropped(t)
	return s
}

const noTypes = "Process types must have at least 1 process_type"

func processTypesOf(t *document.Table) []string {
	const key = "process_types"
	types := t.Texts(key)
	if list, ok := t.Peek(key).([]*document.Node); !t.Has(key) || ok && len(list) == 0 {
		t.Reportf(key, noTypes)
	}
	if !slices.ContainsFunc(types, func(processType string) bool { return !filledIn(t, key, processType) }) {
		checkTypes(t, key)
	}
	return types
}

// typesOfProcesses reads processes: [{type: web}].
func typesOfProcesses(t *document.Table) []string {
	var types []string
	for _, process := range t.Tables("processes", "write a list of processes, such as [{ type: web }]") {
		processType := process.Text("type", "")
		if filledIn(process, "type", processType) && !processTypePattern.MatchString(processType) {
			process.Refuse("type", notAType)
		}
		types = append(types, processType)
		dropped(process)
	}
	if len(types) == 0 {
		t.Reportf("processes", noTypes)
	}
	return types
}

// scale returns the table where version 2 has memory.
func scale(t *document.Table) *document.Table {
	if inner := t.Table("scale", "{ memory: 64M }"); inner != nil {
		return inner
	}
	return document.NewTable(t.Problems, nil, "")
}

// blank reports whether there is nothing to read under key, or text with nothing in it.
func blank(t *document.Table, key string) bool {
	s, isText := t.Peek(key).(string)
	return !t.Has(key) || isText && strings.TrimSpace(s) == ""
}

func shellCommand(t *document.Table) Command {
	text := t.Text("command", "")
	switch {
	case blank(t, "command"):
		t.Reportf("command", "Command can't be blank")
		return nil
	case utf8.RuneCountInString(text) > maxCommand:
		t.Reportf("command", "Command is too long (maximum is %d characters)", maxCommand)
		return nil
	}
	filledIn(t, "command", text)
	cautionBackground(t, "command")
	argv, err := SplitCommand(text)
	if err != nil {
		t.Refuse("command", "%v", err)
	}
	return escaped(argv)
}

// dropped warns of keys that Cloud Foundry doesn't know.
func dropped(t *document.Table) {
	for _, key := range t.Unasked() {
		t.Cautionf(key, "Cloud Foundry drops the key %s: %s", document.ShowKey(key), t.Suggest(key, t.Known()))
	}
}
