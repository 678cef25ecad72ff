package promises_test

import (
	"bytes"
	"errors"
	"os/exec"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
)

func testCommandLine(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	// supervisor runs it where there is none to be asked, and returns its exit status and what it writes.
	supervisor := func(args ...string) (status int, stdout, stderr string) {
		var out, problems bytes.Buffer
		cmd := exec.Command(plain.path("supervisor"), args...)
		cmd.Stdout, cmd.Stderr = &out, &problems
		var exit *exec.ExitError
		if err := cmd.Run(); errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		return status, out.String(), problems.String()
	}

	it("takes flags in all the forms of Go's, before and after names", func() {
		for _, args := range [][]string{
			{"ps", "--pid=999999"}, {"ps", "--pid", "999999"}, {"ps", "-pid=999999", "--json"}, {"ps", "--json=true", "--pid", "999999"},
			{"restart", "--pid=999999", "agent"}, {"probe", "agent", "--pid=999999"},
		} {
			status, _, stderr := supervisor(args...)
			Expect(status).To(Equal(1), "%v", args)
			Expect(stderr).To(MatchRegexp("^supervisor: (process 999999 is no supervisor|no supervisor runs here)"), "%v", args)
		}
		status, _, stderr := supervisor("run", "--plan=/no/plan", "web", "--", "true", "--plan")
		Expect(status).To(Equal(1))
		Expect(stderr).To(Equal("supervisor: reading plan /no/plan: open /no/plan: no such file or directory\n"))
	})

	it("helps with every command, and tells its version", func() {
		for _, verb := range []string{
			"run", "ps", "logs", "events", "health", "probe", "restart", "stop", "start", "drain", "check", "pre-stop",
		} {
			for _, help := range []string{"--help", "-h"} {
				status, stdout, stderr := supervisor(verb, help)
				Expect(status).To(BeZero())
				Expect(stdout).To(MatchRegexp(`^Usage:\n  supervisor ` + verb + ` .*\n(        .*\n)+$`))
				Expect(stderr).To(BeEmpty())
			}
			_, stdout, _ := supervisor(verb, "--version")
			Expect(stdout).To(Equal("supervisor development\n"))
		}
		for _, args := range [][]string{{"help"}, {"--help"}} {
			status, stdout, _ := supervisor(args...)
			Expect(status).To(BeZero())
			Expect(stdout).To(And(ContainSubstring("supervisor run"), ContainSubstring("supervisor probe")))
			Expect(stdout).NotTo(MatchRegexp("(?m)^.{81}"))
		}
		for _, args := range [][]string{{"version"}, {"--version"}} {
			_, stdout, _ := supervisor(args...)
			Expect(stdout).To(Equal("supervisor development\n"))
		}
	})

	it("says what it does not understand, and how to say it", func() {
		for _, c := range []struct {
			says string
			args []string
		}{
			{"no command given", nil},
			{`unknown command "list"`, []string{"list"}},
			{"ps: flag needs an argument: -pid", []string{"ps", "--pid"}},
			{`ps: invalid value "zero" for flag -pid: write a process ID, such as 1`, []string{"ps", "--pid=zero"}},
			{`ps: unknown argument "app"`, []string{"ps", "app"}},
			{"ps: flag provided but not defined: -jsno", []string{"ps", "--jsno"}},
			{`restart: unknown argument "other"`, []string{"restart", "agent", "other"}},
			{"ps: --json and --watch are for different readers: leave one out", []string{"ps", "--json", "--watch"}},
			{"health: --live, --started and --ready are different questions: ask one", []string{"health", "--live", "--ready"}},
			{"restart needs the NAME of a process", []string{"restart"}},
			{"run needs a TYPE and, after --, a COMMAND", []string{"run", "web", "--"}},
			{"run needs a TYPE and, after --, a COMMAND", []string{"run", "--", "true"}},
			{`run: unknown argument "sleep"`, []string{"run", "web", "sleep", "1", "--", "true"}},
		} {
			status, stdout, stderr := supervisor(c.args...)
			Expect(status).To(Equal(2), "%v", c.args)
			Expect(stdout).To(BeEmpty())
			Expect(stderr).To(MatchRegexp("^supervisor: \\Q"+c.says+"\\E\n\nUsage:\n"), "%v", c.args)
		}
	})
}
