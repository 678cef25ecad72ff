package integration_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// showAll writes all that a process is given.
const showAll = `echo "in $PWD"
printf '<%s>\n' "$@"
env | sort
exit 7
`

// testLegacy compares what processes of a buildpack of API 0.7 see, with a sidecar and without.
func testLegacy(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("starts processes the same as before", func() {
		before := lab.Pack(t, lab.Files{"legacy.sh": showAll})
		after := lab.Build(t, lab.Files{"legacy.sh": showAll, "child": lab.Child,
			"sidecar.toml": bystander + `process-types = ["web", "task"]`})
		for _, test := range []struct {
			processType string
			args        []string
			line        string // that tells that all went well
		}{
			{"web", nil, "profile: from profile.d, env: from env.launch"},
			{"task", nil, "<from profile.d>"},
			{"task", []string{"$LEGACY_ENV", "for you"}, "<for you>"},
		} {
			options := slices.Concat([]string{"--hostname", "here", "--entrypoint", test.processType, "--"}, test.args)
			old, now := before.Run(t, options...), after.Run(t, options...)
			Expect(now.Ends()).To(And(Equal(7), Equal(old.Ends())))
			Expect(own(now)).To(And(ContainElement(test.line), Equal(own(old))))
		}
	})
}

// own are the lines of the app, without the directory of the supervisor's layer in its PATH.
func own(c lab.Container) []string {
	var lines []string
	for _, line := range c.Lines() {
		if !strings.HasPrefix(line, "bystander | ") && !strings.HasPrefix(line, "supervisor | ") {
			lines = append(lines, strings.Replace(line, strings.TrimSuffix(lab.Supervisor, "/supervisor")+":", "", 1))
		}
	}
	return lines
}
