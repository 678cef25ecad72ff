package plan_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// values are variables with values that could be taken for more to expand.
var values = map[string]string{"A": "1", "B": "two", "EMPTY": "", "REF": "$(A)", "MONEY": "$$"}

func value(name string) (string, bool) {
	v, ok := values[name]
	return v, ok
}

// The cases are of the kinds that Kubernetes tests:
// https://github.com/kubernetes/kubernetes/tree/master/third_party/forked/golang/expansion.
func TestExpandFollowsKubernetes(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		"\n":                "\n",
		"plain":             "plain",
		"$(A)":              "1",
		"$(A)-$(A)":         "1-1",
		"<$(B)>":            "<two>",
		"$(A)_$(B)$(EMPTY)": "1_two",
		"$$(B)_$(A)":        "$(B)_1",
		"x-$$A":             "x-$A",
		`x\$(A)y`:           `x\1y`,
		`x\\$(A)y`:          `x\\1y`,
		"$(A$(B))":          "$(A$(B))",
		"$(A$(B)":           "$(A$(B)",
		"$(REF)":            "$(A)",
		"$(MONEY)":          "$$",
		"x$(EMPTY)y":        "xy",
		"x$(Awhoops!":       "x$(Awhoops!",
		"x(A)y":             "x(A)y",
		"$?_x_$!":           "$?_x_$!",
		"$A":                "$A",
		"${A}":              "${A}",
		"$A)":               "$A)",
		"$(NONE)":           "$(NONE)",
		"$()":               "$()",
		"$$$$$$(NONE)":      "$$$(NONE)",
		"$$$$$$(A)":         "$$$(A)",
		"$$$$$$$(NONE)":     "$$$$(NONE)",
		"$$$$$$$(A)":        "$$$1",
		"$(B)___$(A":        "two___$(A",
		"$(B)___$(":         "two___$(",
		"$(A)x$":            "1x$",
		`x-\$(A`:            `x-\$(A`,
		"--$($($($($--":     "--$($($($($--",
		"$($($($($--x$(":    "$($($($($--x$(",
		"x--$($($($(":       "x--$($($($(",
		"$(x$$y)":           "$(x$$y)",
	} {
		NewWithT(t).Expect(plan.Expand(text, value)).To(Equal(want), text)
	}
}

func TestExpandUndoesEscape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("$()AB x"))).Draw(t, "text")
		if got := plan.Expand(plan.Escape(text), value); got != text {
			t.Fatalf("%q is escaped as %q and expanded to %q", text, plan.Escape(text), got)
		}
	})
}

func TestAProcessAloneHasItsReferencesToItsOwnVariables(t *testing.T) {
	command, env, err := plan.Process{
		Command: []string{"agent", "--to=$(URL)", "$(HOME)", "$$(URL)"},
		Env:     map[string]string{"URL": "http://$(HOST)/$(PATH)", "HOST": "localhost", "SELF": "$(SELF)", "PRICE": "$$5"},
	}.Alone()
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	expect(command).To(Equal([]string{"agent", "--to=http://localhost/$(PATH)", "$(HOME)", "$(URL)"}))
	expect(env).To(Equal(map[string]string{"HOST": "localhost", "PRICE": "$5"}))
}

func TestATextIsClosedWhereNothingLeadsOutOfTheProcess(t *testing.T) {
	env := map[string]string{"HOST": "localhost", "URL": "http://$(HOST)/", "PATH": "$(PATH):/bin", "A": "$(B)", "B": "$(A)",
		"PRICE": "$$(NONE)"}
	for i := range 40 { // each reads the next twice
		env[fmt.Sprintf("N%d", i)] = fmt.Sprintf("$(N%d)$(N%d)", i+1, i+1)
	}
	env["N40"] = ""
	for text, want := range map[string]bool{"": true, "$(URL)$(HOST)": true, "$(PRICE)": true, "$(N0)": true,
		"$(NONE)": false, "$(PATH)": false, "$(A)": false, "$(URL)$(B)": false} {
		NewWithT(t).Expect(plan.Process{Env: env}.Closed()(text)).To(Equal(want), text)
	}
}
