package adopt

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// tomlOf writes a value in one line of TOML: text, numbers, booleans, lists and tables of these, durations in seconds and sizes as the
// declaration has them.
func tomlOf(value any) string {
	switch v := value.(type) {
	case string:
		return quoted(v)
	case []string:
		return list(v, quoted)
	case []int:
		return list(v, strconv.Itoa)
	case []any:
		return list(v, tomlOf)
	case map[string]string:
		return table(v, quoted)
	case map[string]any:
		return table(v, tomlOf)
	case types.Duration: // a fraction where it needs one
		return strconv.FormatFloat(time.Duration(v).Seconds(), 'f', -1, 64)
	case types.UnitBytes:
		return quoted(plan.Size(v).String())
	}
	return fmt.Sprint(value)
}

func list[T any](values []T, write func(T) string) string {
	var items []string
	for _, v := range values {
		items = append(items, write(v))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func table[T any](values map[string]T, write func(T) string) string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		items = append(items, key(name)+" = "+write(values[name]))
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

// key leaves a bare key as it is (TOML 1.0, Keys).
func key(name string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if name != "" && strings.IndexFunc(name, func(r rune) bool { return !bare(r) }) < 0 {
		return name
	}
	return quoted(name)
}

// quoted writes a basic string (TOML 1.0, String). Control characters are written as \u.
func quoted(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\u%04X`, r)
		default:
			out.WriteRune(r)
		}
	}
	return `"` + out.String() + `"`
}
