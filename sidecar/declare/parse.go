package declare

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

// Parse reads a sidecar.toml that is all there is. Origin is what errors call it; they name the key, its value and the way out,
// one a line, and all that is wrong is reported at once.
func Parse(text []byte, origin string) (Declaration, error) {
	source, p := parse(text, origin, false)
	checkDependencies([]part{{source.Declaration, p}}, false)
	if err := p.err(); err != nil {
		return Declaration{}, err
	}
	return source.Declaration, nil
}

// ParseSource is Parse for one of several sources: those that it says its processes depend on are for Merge to check.
func ParseSource(text []byte, origin string) (Source, error) {
	source, p := parse(text, origin, false)
	if err := p.err(); err != nil {
		return Source{}, err
	}
	return source, nil
}

// Decode reads back what Encode wrote.
func Decode(text, origin string) (Declaration, error) {
	source, p := parse([]byte(text), origin, true)
	if err := p.err(); err != nil {
		return Declaration{}, err
	}
	return source.Declaration, nil
}

// parse reads a document. Only an encoded one has the application's env, and no bounds.
func parse(text []byte, origin string, encoded bool) (Source, *problems) {
	source, p := Source{Origin: origin}, &problems{origin: origin}
	values := map[string]any{}
	if err := unmarshal(text, values, encoded); err != nil {
		p.errs = append(p.errs, fmt.Errorf("%s: %w", origin, err))
		return source, p
	}
	doc := &table{problems: p, values: values}
	if encoded {
		source.Env = env(doc)
	}
	source.App, source.AppKeys = app(doc)
	var places []place
	for _, t := range doc.tables("sidecars", "write [[sidecars]], with two brackets") {
		s := sidecar(t)
		source.Sidecars = append(source.Sidecars, s)
		places = append(places, place{t.at("name"), t.at("process-types")})
	}
	doc.unknown()
	checkNames(source.Sidecars, places, p)
	return source, p
}

func unmarshal(text []byte, values map[string]any, trusted bool) error {
	if !trusted {
		if err := checkBounds(text); err != nil {
			return err
		}
	}
	err := toml.Unmarshal(text, &values)
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		return fmt.Errorf("line %d: not TOML: %s", syntax.Position.Line, strings.TrimSuffix(syntax.Message, "."))
	}
	return err
}

// app reads [app], and which of its keys are there.
func app(doc *table) (App, []string) {
	t := doc.table("app")
	if t == nil {
		t = &table{problems: doc.problems}
	}
	a := App{
		DependsOn:              dependsOn(t),
		StopGracePeriodSeconds: t.seconds("stop-grace-period-seconds", 0, 0),
		Logs:                   logs(t, "raw"),
	}
	a.StartupProbe, a.ReadinessProbe, a.LivenessProbe = probes(t)
	t.unknown()
	return a, slices.Sorted(maps.Keys(t.values))
}

// sidecar reads one of [[sidecars]].
func sidecar(t *table) Sidecar {
	name := t.text("name", "")
	if !t.has("name") || t.values["name"] == "" {
		t.addf("%s is missing: every sidecar needs one", t.at("name"))
	}
	s := Sidecar{
		Name:                   name,
		ProcessTypes:           t.some("process-types", "web"),
		Command:                command(t),
		Files:                  t.texts("files"),
		WorkingDir:             t.text("working-dir", ""),
		Dependencies:           dependencies(t),
		Memory:                 size(t),
		MemoryPolicy:           memoryPolicy(t),
		Env:                    env(t),
		InheritEnv:             inheritEnv(t),
		DependsOn:              dependsOn(t),
		Restart:                t.oneOf("restart", "never", "never", "on-failure", "always"),
		MaxRestarts:            t.count("max-restarts", 0, 5),
		RestartWindowSeconds:   t.seconds("restart-window-seconds", leastSeconds, 60),
		Essential:              t.flag("essential", true),
		StopSignal:             stopSignal(t),
		StopGracePeriodSeconds: t.seconds("stop-grace-period-seconds", 0, 5),
		Logs:                   logs(t, "prefix"),
	}
	s.StartupProbe, s.ReadinessProbe, s.LivenessProbe = probes(t)
	t.unknown()
	if s.WorkingDir != "" {
		local(t, "working-dir", s.WorkingDir)
	}
	for _, file := range s.Files {
		local(t, "files", file)
	}
	return s
}

// leastSeconds is the shortest time that something can be repeated at.
const leastSeconds = 0.001

func logs(t *table, otherwise string) string {
	return t.oneOf("logs", otherwise, "prefix", "raw", "json")
}

func dependsOn(t *table) map[string]string {
	inner := t.table("depends-on")
	if inner == nil || len(inner.values) == 0 {
		return nil
	}
	conditions := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(inner.values)) {
		conditions[name] = inner.oneOf(name, "started", "started", "ready", "completed")
	}
	return conditions
}

func env(t *table) map[string]string {
	vars := t.textMap("env")
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !validVariable(name, vars[name]) {
			t.addf("%s has the name %q: a variable's name can't be empty or hold = or NUL", t.at("env"), name)
		}
	}
	return vars
}

// validVariable tells whether a process can be given the variable.
func validVariable(name, value string) bool {
	return name != "" && !strings.ContainsAny(name, "=\x00") && !strings.ContainsRune(value, 0)
}

func inheritEnv(t *table) Names {
	switch v, _ := t.value("inherit-env"); v := v.(type) {
	case nil:
		return Names{Everything}
	case bool:
		if v {
			return Names{Everything}
		}
		return Names{}
	case []any:
		names := t.texts("inherit-env")
		if slices.Contains(names, Everything) {
			return Names{Everything}
		}
		for i, name := range names {
			if !validVariable(name, "") {
				t.refuseAt(fmt.Sprintf("%s[%d]", t.at("inherit-env"), i), name, "write a variable's name")
			}
		}
		return append(Names{}, names...)
	default:
		t.refuse("inherit-env", "write true, false or a list of variables' names")
		return nil
	}
}

const whatToRun = `write what to run, such as ["./config-server", "--quiet"]`

func command(t *table) Command {
	switch v, _ := t.value("command"); v := v.(type) {
	case string:
		return commandText(t, v)
	case []any:
		if len(v) == 0 || v[0] == "" {
			t.addf("%s is empty: %s", t.at("command"), whatToRun)
		}
		return t.texts("command")
	default:
		t.refuse("command", whatToRun)
		return nil
	}
}

func commandText(t *table, text string) Command {
	if strings.TrimSpace(text) == "" {
		t.refuse("command", whatToRun)
		return nil
	}
	argv, err := SplitCommand(t.text("command", ""))
	if err != nil {
		t.refuse("command", "%v", err)
	}
	return argv
}

func size(t *table) memory.Size {
	v, ok := t.value("memory")
	if !ok {
		return 0
	}
	s, ok := v.(string)
	if !ok {
		t.refuse("memory", `write a number and a unit in quotes, such as "64M" (B, K, M, G, T; base 1024)`)
		return 0
	}
	n, err := memory.ParseSize(s)
	if err != nil {
		t.addf("%s: %v", t.at("memory"), err)
	}
	return n
}

func memoryPolicy(t *table) string {
	if !t.has("memory-policy") {
		return ""
	}
	if !t.has("memory") {
		t.refuse("memory-policy", "it needs memory to compare with: add memory, such as \"64M\"")
	}
	return t.oneOf("memory-policy", "warn", "warn", "restart", "stop")
}

// stopSignal reads a signal's name, with or without SIG, in any case.
func stopSignal(t *table) string {
	name := strings.ToUpper(t.text("stop-signal", "SIGTERM"))
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if unix.SignalNum(name) == 0 {
		t.refuse("stop-signal", "write a signal's name, such as SIGTERM, SIGINT or SIGQUIT")
	}
	return name
}

// local reports a path that is not inside the app's directory.
func local(t *table, key, path string) {
	if !filepath.IsLocal(path) {
		t.addf("%s is %s: write a path inside the app's directory, relative to it, without ..", t.at(key), showText(path))
	}
}
