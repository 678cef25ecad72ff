package declare

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func text() kind[string] {
	return kind[string]{Type{Name: "text"}, (*document.Table).Text}
}

func flag() kind[bool] {
	return kind[bool]{Type{Name: "true or false"}, (*document.Table).Flag}
}

// whole reads a whole number of at least low; the other bound is Kubernetes', whose numbers have 32 bits.
func whole(low int) kind[int] {
	is := Type{Name: "whole number", Low: float64(low), High: math.MaxInt32}
	return kind[int]{is, func(t *document.Table, key string, otherwise int) int {
		return t.Whole(key, low, math.MaxInt32, otherwise)
	}}
}

// seconds reads a number of seconds, whole or with a fraction.
func seconds(low float64) kind[float64] {
	is := Type{Name: "number of seconds", Low: low, High: math.MaxInt32}
	return kind[float64]{is, func(t *document.Table, key string, otherwise float64) float64 {
		return t.Seconds(key, low, otherwise)
	}}
}

// stopBudgetSeconds is how long stopping may take by default: docs/order-and-health.md.
const stopBudgetSeconds = 9

// grace reads a grace period. One that the budget cuts short gets a warning.
func grace() kind[float64] {
	return secondsUpTo(stopBudgetSeconds, func(t *document.Table, key string) {
		t.Caution(key, "all have to stop within %d seconds: set BPL_SIDECAR_STOP_BUDGET_SECONDS to more where the image runs, or write less",
			stopBudgetSeconds)
	})
}

// delay reads a delay of a stop. One that the budget cuts short gets a warning.
func delay() kind[float64] {
	return secondsUpTo(stopBudgetSeconds/2.0, func(t *document.Table, key string) {
		t.Caution(key, "it takes at most half of the %d seconds within which all have to stop: "+
			"set BPL_SIDECAR_STOP_BUDGET_SECONDS to more where the image runs, or write less", stopBudgetSeconds)
	})
}

// secondsUpTo reads a number of seconds, and warns of one above most.
func secondsUpTo(most float64, warn func(t *document.Table, key string)) kind[float64] {
	is := seconds(0)
	return kind[float64]{is.Type, func(t *document.Table, key string, otherwise float64) float64 {
		n := is.read(t, key, otherwise)
		if n > most {
			warn(t, key)
		}
		return n
	}}
}

func oneOf(words ...string) kind[string] {
	return kind[string]{Type{Name: "text", Words: words}, func(t *document.Table, key, otherwise string) string {
		return t.OneOf(key, otherwise, words...)
	}}
}

func logs() kind[string] { return oneOf("prefix", "raw", "json") }

// tables reads a list of tables; write says how it is written, and check reports what no single key can know.
func tables[T any](write string, keys keys[T], check func(*document.Table, *T)) kind[[]T] {
	is := Type{Name: "list of tables", Keys: keys.describe()}
	return kind[[]T]{is, func(t *document.Table, key string, otherwise []T) []T {
		all := otherwise
		for _, inner := range t.Tables(key, write) {
			v := keys.read(inner)
			check(inner, &v)
			all = append(all, v)
		}
		return all
	}}
}

// processTypes reads a list that can't be empty.
func processTypes() kind[[]string] {
	return kind[[]string]{Type{Name: "list of text"}, func(t *document.Table, key string, _ []string) []string {
		types := t.Texts(key)
		checkNotEmpty(t, key)
		checkTypes(t, key)
		if slices.Contains(types, EveryType) {
			return []string{EveryType}
		}
		return types
	}}
}

// checkNotEmpty reports a list of nothing.
func checkNotEmpty(t *document.Table, key string) {
	if list, ok := t.Peek(key).([]*document.Node); ok && len(list) == 0 {
		t.Reportf(key, "%s is an empty list: write at least one, or leave the key out", t.Path(key))
	}
}

func list() kind[[]string] {
	return kind[[]string]{Type{Name: "list of text"}, func(t *document.Table, key string, _ []string) []string {
		return t.Texts(key)
	}}
}

// paths reads a list of paths inside the app's directory.
func paths() kind[[]string] {
	return kind[[]string]{Type{Name: "list of text"}, func(t *document.Table, key string, _ []string) []string {
		files := t.Texts(key)
		list, _ := t.Peek(key).([]*document.Node)
		for i, n := range list {
			if file, ok := n.Is.(string); ok && !filepath.IsLocal(file) {
				t.RefuseItem(key, i, insideTheApp)
			}
		}
		return files
	}}
}

// exitCodes reads a list of what processes can exit with, as shells count it. It can't be empty.
func exitCodes() kind[[]int] {
	return kind[[]int]{Type{Name: "list of whole numbers", Low: 0, High: 255}, func(t *document.Table, key string, otherwise []int) []int {
		value := t.Value(key)
		if value == nil {
			return otherwise
		}
		list, isList := value.([]*document.Node)
		if !isList {
			t.Refuse(key, "write a list of exit codes, such as [0, 143]")
			return otherwise
		}
		checkNotEmpty(t, key)
		var codes []int
		for i, n := range list {
			code, isNumber := n.Is.(int64)
			if !isNumber || code < 0 || code > 255 {
				t.RefuseItem(key, i, "write a whole number from 0 to 255")
			}
			codes = append(codes, int(code))
		}
		return codes
	}}
}

// localPath reads a path inside the app's directory.
func localPath() kind[string] {
	return kind[string]{Type{Name: "text"}, func(t *document.Table, key, otherwise string) string {
		dir := t.Text(key, otherwise)
		if dir != "" && !filepath.IsLocal(dir) {
			t.Refuse(key, insideTheApp)
		}
		return dir
	}}
}

const insideTheApp = "write a path inside the app's directory, relative to it, without .."

func conditions() kind[map[string]string] {
	is := Type{Name: "table", Words: []string{"started", "ready", "completed"}}
	return kind[map[string]string]{is, func(t *document.Table, key string, _ map[string]string) map[string]string {
		such := `{ vault = "started" }`
		if name, ok := t.Peek(key).(string); ok {
			such = fmt.Sprintf(`{ %s = "started" }`, document.ShowKey(name))
		}
		inner := t.Table(key, such)
		if inner == nil || len(inner.Keys()) == 0 {
			return nil
		}
		conditions := map[string]string{}
		for _, name := range inner.Keys() {
			conditions[name] = inner.OneOf(name, "started", is.Words...)
		}
		return conditions
	}}
}

func size() kind[plan.Size] {
	return kind[plan.Size]{Type{Name: "text"}, func(t *document.Table, key string, otherwise plan.Size) plan.Size {
		switch v := t.Value(key).(type) {
		case nil:
			return otherwise
		case string:
			n, err := plan.ParseSize(v)
			if err != nil {
				t.Reportf(key, "%s: %v", t.Path(key), err)
			}
			return n
		default:
			t.Refuse(key, `write a number and a unit in quotes, such as "64M" (B, K, M, G, T; base 1024)`)
			return otherwise
		}
	}}
}

func memoryPolicy() kind[string] {
	is := oneOf("warn", "restart", "stop", "limit")
	return kind[string]{is.Type, func(t *document.Table, key, otherwise string) string {
		if t.Has(key) && !t.Has("memory") {
			t.Refuse(key, "it needs memory to compare with: add memory, such as \"64M\"")
		}
		return is.read(t, key, otherwise)
	}}
}

// signal reads a signal's name, with or without SIG, in any case.
func signal() kind[string] {
	return kind[string]{Type{Name: "text"}, func(t *document.Table, key, otherwise string) string {
		name := strings.ToUpper(t.Text(key, otherwise))
		if !strings.HasPrefix(name, "SIG") {
			name = "SIG" + name
		}
		if plan.StopSignal(name) == 0 {
			t.Refuse(key, "write one of the signals that can stop a process: %s", strings.Join(plan.StopSignals(), ", "))
		}
		return name
	}}
}

// onChange reads what is done when files change.
func onChange() kind[*plan.OnChange] {
	return change("restart", "restart or a signal's name, such as SIGHUP")
}

// signalOnChange is onChange for the app, which isn't restarted.
func signalOnChange() kind[*plan.OnChange] {
	return change("SIGHUP", "a signal's name, such as SIGHUP; the app itself isn't restarted")
}

func change(do, possible string) kind[*plan.OnChange] {
	is := table(fmt.Sprintf(`{ paths = ["/etc/certs"], do = %q }`, do), onChangeKeys(possible))
	return kind[*plan.OnChange]{is.Type, func(t *document.Table, key string, otherwise *plan.OnChange) *plan.OnChange {
		o := is.read(t, key, otherwise)
		if o == nil {
			return nil
		}
		if len(o.Paths) == 0 {
			t.Reportf(key, "%s names no paths: write which files to watch, such as paths = [\"/etc/certs\"]", t.Path(key))
		}
		name := "SIG" + strings.TrimPrefix(strings.ToUpper(o.Do), "SIG")
		switch {
		case o.Do == "":
			t.Reportf(key, "%s.do is missing: write %s", t.Path(key), possible)
		case o.Do == plan.DoRestart && do == plan.DoRestart:
		case plan.StopSignal(name) == 0:
			t.Reportf(key, "%s does %q: write %s", t.Path(key), o.Do, possible)
		default:
			o.Do = name
		}
		return o
	}}
}
