package promises_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// crowded is a user for whom few processes are enough to have none left to start. Nobody else is that user.
func crowded(user int) *setting {
	return &setting{name: "as a user with few processes", user: user, most: 60}
}

// allow has the app change how many processes and threads the user may have when the supervisor starts one.
func (s *supervised) allow(app *puppet, most int) {
	s.t.Helper()
	app.do("run", "0", "prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), fmt.Sprintf("--nproc=%d:%d", most, s.on.most))
}

// expendable is a sidecar that is a shell's script, and without which the app goes on.
func expendable(name, script string) plan.Process {
	return sidecar(name, command("/bin/sh", "-c", script), func(p *plan.Process) { p.Essential = false })
}

func testStarved(t *testing.T, _ spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	it("starts a process as soon as there is room for it", func() {
		on := crowded(23457)
		on.require(t)
		errors := pipe(t)
		s := on.start(t, web(sidecar("flaky")), func(c *exec.Cmd) { c.Stderr = errors.write })
		flaky, app := s.enters("flaky"), s.enters("app")
		s.allow(app, 0)
		_, err := s.ask(app, "restart", "--no-wait", "flaky")
		Expect(err).To(BeEmpty())
		flaky.ends()
		errors.until(`supervisor | sidecar "flaky" can't be started yet: `)
		s.allow(app, on.most)
		s.enters("flaky").do("ping")
		app.tell("exit", "9")
		Expect(s.exits()).To(Equal(9))
	})

	it("takes no check for failed that it could not carry out", func() {
		on := crowded(23458)
		on.require(t)
		errors := pipe(t)
		check := plan.Probe{Exec: &plan.Exec{Command: []string{on.path("child"), "exit", "0"}}, FailureThreshold: 1}
		s := on.start(t, web(sidecar("healthy", liveness(check))), func(c *exec.Cmd) { c.Stderr = errors.write })
		healthy, app := s.enters("healthy"), s.enters("app")
		s.allow(app, 0)
		errors.until(`supervisor | sidecar "healthy" can't be checked by its liveness probe: `)
		s.allow(app, on.most)
		healthy.do("ping")
		app.tell("exit", "9")
		Expect(s.exits()).To(Equal(9))
	})

	for _, c := range []struct {
		behaviour string
		user      int
		sandbox   *plan.Sandbox
	}{
		{"stops in order when sidecars have used up all processes", 23459, nil},
		{"stops in order when sidecars have used up all processes from their sandboxes", 23460, &plan.Sandbox{Mode: plan.Prefer}},
	} {
		it(c.behaviour, func() {
			on := crowded(c.user)
			on.require(t)
			const chatter = "while :; do echo a line; done"
			s := on.prepare(t)
			errors, app, output := pipe(t), pipe(t), &sieve{without: "a line"}
			hoard := expendable("hoard", "while sleep 1000 & do :; done")
			dependsOn(plan.AppName, plan.Started)(&hoard)
			p := web(hoard, expendable("chatty", chatter), expendable("chattier", chatter), expendable("chattiest", chatter))
			for i := range p.Sidecars {
				p.Sidecars[i].Sandbox = c.sandbox
			}
			s.launch(s.supervisor(p, "/bin/sh", "-c", "trap 'echo the app was told; exit 7' TERM; read line"), func(c *exec.Cmd) {
				c.Stdout, c.Stderr, c.Stdin = output, errors.write, app.read
			})
			errors.write.Close()
			told := errors.until("ork") // Cannot fork
			s.signal(syscall.SIGTERM)
			Expect(s.exits()).To(Equal(7), told)
			Expect(output.kept).To(Equal("the app was told\n"))
		})
	}
}

// sieve keeps the lines that it is written, but for those with some words in them: there may be gigabytes of these.
type sieve struct {
	without, kept, half string
}

func (s *sieve) Write(text []byte) (int, error) {
	for line := range strings.Lines(s.half + string(text)) {
		s.half = ""
		switch {
		case !strings.HasSuffix(line, "\n"):
			s.half = line
		case !strings.Contains(line, s.without) && len(s.kept) < 1<<16:
			s.kept += line
		}
	}
	return len(text), nil
}

// ends are those of a pipe.
type ends struct {
	t           *testing.T
	read, write *os.File
}

func pipe(t *testing.T) ends {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return ends{t, read, write}
}

// until reads up to a line with the words in it, gives it, and goes on reading so that nobody waits for us.
func (e ends) until(words string) string {
	e.t.Helper()
	lines, said := bufio.NewReader(e.read), ""
	for {
		line, err := lines.ReadString('\n')
		said += line
		if strings.Contains(line, words) {
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return line
		}
		if err != nil {
			e.t.Fatalf("nobody has said %q, but: %s", words, tail(said))
		}
	}
}
