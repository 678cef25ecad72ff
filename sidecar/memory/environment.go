package memory

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Runtimes are the variables by which a process is told its share, each only where its value was derived from the whole container or
// where there is none; an empty one is as good as none. They are changed only where something is reserved, but for the JVM's flags,
// which no sidecar inherits.
var Runtimes = []Runtime{
	{
		Variable: javaToolOptions,
		Value:    "-Xmx less what is reserved; -XX:MaxRAM=SHARE",
		When:     "libjvm calculated the heap; there is no heap and no MaxRAM, and the command is java or JAVA_HOME or JAVA_TOOL_OPTIONS is set",
		tell:     (*process).java,
	}, {
		Variable: "MEMORY_LIMIT",
		Value:    "the share in megabytes, such as 704m; all of the container's for a sidecar without memory",
		When:     "unset, or the container's limit",
		tell:     (*process).memoryLimit,
	}, {
		Variable: "VCAP_APPLICATION",
		Value:    "limits.mem, as MEMORY_LIMIT",
		When:     "the container's limit",
		tell:     (*process).vcapApplication,
	}, {
		Variable: "MEMORY_AVAILABLE",
		Value:    "the share in megabytes",
		When:     "the container's limit, as Paketo's Node.js buildpack sets it",
		tell:     (*process).memoryAvailable,
	}, {
		Variable: "NODE_OPTIONS",
		Value:    "--max-old-space-size: 75 percent of the share in megabytes",
		When:     "75 percent of the container's limit, as Paketo sets it; not given, and the command is node, npm or yarn or NODE_HOME is set",
		tell:     (*process).nodeOptions,
	}, {
		Variable: "GOMEMLIMIT",
		Value:    "90 percent of the share in bytes",
		When:     "unset",
		tell:     (*process).goMemLimit,
	}, {
		Variable: "DOTNET_GCHeapHardLimit",
		Value:    "75 percent of the share, at least 20M, in hexadecimal bytes",
		When:     "neither it nor any other GCHeapHardLimit is set",
		tell:     (*process).dotnetHeapHardLimit,
	},
}

// Runtime is a variable by which a process is told its share.
type Runtime struct {
	Variable string
	Value    string // what it is given
	When     string // where it is given that

	tell func(p *process, value string) (string, error) // gives the variable's value for what it is now
}

// process is one of a Division's, about to be told its share.
type process struct {
	Division
	app   bool
	name  string
	share Size // 0: none declared or none known
	argv  []string
	env   []string
	notes []string
}

// Environment gives the environment, as NAME=VALUE, in which a process keeps to its share; env is what it has without, its own
// declared variables among it, and isn't changed. The process is a sidecar's name or else the app. What was changed is noted for who
// wants to know. It is an error when a JVM's memory regions can't fit the share; then and under Warn the process may have env as it is.
func (d Division) Environment(name string, argv, env []string) (told []string, notes []string, err error) {
	p := process{Division: d, app: true, name: d.App.Name, share: d.App.Memory, argv: argv, env: slices.Clone(env)}
	for _, s := range d.Sidecars {
		if s.Name == name {
			p.app, p.name, p.share = false, s.Name, s.Memory
		}
	}
	for _, r := range Runtimes {
		if d.Reserved() == 0 && (p.app || r.Variable != javaToolOptions) {
			continue
		}
		before := p.get(r.Variable)
		after, err := r.tell(&p, before)
		if err != nil {
			return nil, nil, err
		}
		if after != before {
			p.set(r.Variable, after)
			p.notes = append(p.notes, r.Variable+": "+difference(before, after))
		}
	}
	return p.env, p.notes, nil
}

// get is a variable's value; the first of a name counts, as for getenv(3).
func (p *process) get(variable string) string {
	if i := p.index(variable); i >= 0 {
		return p.env[i][len(variable)+1:]
	}
	return ""
}

// set gives a variable its value; one that has none is left out.
func (p *process) set(variable, value string) {
	i := p.index(variable)
	switch {
	case i < 0:
		p.env = append(p.env, variable+"="+value)
	case value == "":
		p.env = slices.Delete(p.env, i, i+1)
	default:
		p.env[i] = variable + "=" + value
	}
}

func (p *process) index(variable string) int {
	return slices.IndexFunc(p.env, func(s string) bool {
		return strings.HasPrefix(s, variable) && len(s) > len(variable) && s[len(variable)] == '='
	})
}

// runs says whether the process's command is one of these programs.
func (p *process) runs(programs ...string) bool {
	return len(p.argv) > 0 && slices.Contains(programs, path.Base(p.argv[0]))
}

// megabytes are the process's, and those of the container that it is told instead of; 0 where there are none to tell.
func (p *process) megabytes() (own, whole int64) {
	share := p.share
	if !p.app && share == 0 {
		share = p.Container.Limit
	}
	return int64(share / M), int64(p.Container.Limit / M)
}

// memoryLimit is written as Cloud Foundry does.
func (p *process) memoryLimit(value string) (string, error) {
	own, whole := p.megabytes()
	size, err := ParseSize(value)
	isWhole := err == nil && whole > 0 && int64(size/M) == whole
	if own == 0 || value != "" && !isWhole {
		return value, nil
	}
	return strconv.FormatInt(own, 10) + "m", nil
}

func (p *process) vcapApplication(value string) (string, error) {
	start, end, found := findJSON(value, "limits", "mem")
	if !found {
		return value, nil
	}
	mem, _ := p.memoryAvailable(value[start:end])
	return value[:start] + mem + value[end:], nil
}

func (p *process) memoryAvailable(value string) (string, error) {
	own, whole := p.megabytes()
	if own == 0 || whole == 0 || value != strconv.FormatInt(whole, 10) {
		return value, nil
	}
	return strconv.FormatInt(own, 10), nil
}

// nodeOptions leaves a quarter to what V8 doesn't count as old space, as Paketo does.
func (p *process) nodeOptions(value string) (string, error) {
	own, whole := p.megabytes()
	if p.share == 0 || own == 0 {
		return value, nil
	}
	given := false
	for _, w := range slices.Backward(words(value)) {
		flag, size, _ := strings.Cut(w.text, "=")
		if strings.ReplaceAll(flag, "_", "-") != "--max-old-space-size" {
			continue
		}
		given = true
		if whole > 0 && size == strconv.FormatInt(whole*75/100, 10) {
			value = value[:w.start] + flag + "=" + strconv.FormatInt(own*75/100, 10) + value[w.end:]
		}
	}
	if given || !p.runs("node", "npm", "yarn") && p.get("NODE_HOME") == "" {
		return value, nil
	}
	return appended(value, "--max-old-space-size="+strconv.FormatInt(own*75/100, 10)), nil
}

// goMemLimit leaves a tenth to what Go's runtime doesn't count: the program itself, C's memory and what the kernel holds for it. The limit
// is a soft one, at which the garbage collector works harder; a container that is full before that kills.
func (p *process) goMemLimit(value string) (string, error) {
	if value != "" || p.share == 0 {
		return value, nil
	}
	return strconv.FormatInt(int64(p.share/10*9), 10), nil
}

// dotnetHeapHardLimit is by default 75 percent of the container's limit, and 20M at least.
func (p *process) dotnetHeapHardLimit(value string) (string, error) {
	given := slices.ContainsFunc(p.env, func(s string) bool {
		return strings.HasPrefix(s, "DOTNET_GCHeapHardLimit") || strings.HasPrefix(s, "COMPlus_GCHeapHardLimit")
	})
	if given || p.share == 0 {
		return value, nil
	}
	return fmt.Sprintf("0x%X", int64(max(p.share/4*3, 20*M))), nil
}

func appended(text, word string) string {
	if text == "" {
		return word
	}
	return text + " " + word
}

// difference says what became of the words in which two texts differ.
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
