package promises_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
)

func testControl(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "tells what runs", func(on *setting) {
		vault := sidecar("vault", readiness(probe.Probe{Notify: true}))
		vault.Memory = 64 * memory.M
		s := on.start(t, web(vault, sidecar("proxy")))
		s.enters("vault")
		s.enters("proxy")
		app := s.enters("app")
		answer, err := s.ask(app, "ps")
		Expect(err).To(BeEmpty())
		Expect(answer).To(MatchRegexp(`^NAME +PID +STATE +HEALTH +RESTARTS +MEMORY +UPTIME\n` +
			`vault +\d+ +running +not ready +0 +\d+\.\dM of 64M +\d+s\n` +
			`proxy +\d+ +running +- +0 +\d+\.\dM +\d+s\n` +
			`app +\d+ +running +- +0 +\d+\.\dM +\d+s\n$`))
		Expect(s.ps(app)["vault"].MemoryUsedBytes).To(BeNumerically(">", 100_000))
	})

	everywhere(t, when, it, "restarts a sidecar", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		first, app := s.enters("config-server"), s.enters("app")
		_, err := s.ask(app, "restart", "config-server")
		Expect(err).To(BeEmpty())
		first.hears("SIGTERM")
		second := s.enters("config-server")
		Expect(s.ps(app)["config-server"].Restarts).To(Equal(1))

		_, err = s.ask(app, "restart", "config-sever")
		Expect(err).To(Equal("exit status 1"))
		_, err = s.ask(app, "restart", "app")
		Expect(err).To(Equal("exit status 1"))
		app.tell("exit", "0")
		second.hears("SIGTERM")
		Expect(s.exits()).To(BeZero())
	})

	everywhere(t, when, it, "carries out a sidecar's probes", func(on *setting) {
		fd, port := reservePort(t)
		s := on.start(t, web(sidecar("config-server", liveness(probe.Probe{
			TCPSocket: &probe.TCPSocket{Port: port}, PeriodSeconds: 60,
		}))))
		s.enters("config-server")
		app := s.enters("app")
		answer, err := s.ask(app, "probe", "config-server")
		Expect(err).To(Equal("exit status 1"))
		Expect(answer).To(ContainSubstring("connection refused"))
		Expect(unix.Listen(fd, 5)).To(Succeed())
		answer, err = s.ask(app, "probe", "config-server")
		Expect(err).To(BeEmpty())
		Expect(answer).To(Equal("liveness probe of config-server: passed\n"))
	})

	it("says in one line when it can't be asked anything, and goes on", func() {
		// A shell waits to become the supervisor until the name that this will want is taken.
		s := plain.prepare(t)
		read, write, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		defer write.Close()
		argv := s.supervisor(web(sidecar("config-server")), s.puppet("app")...)
		s.launch(append([]string{"sh", "-c", `read line; exec "$@"`, "sh"}, argv...), func(c *exec.Cmd) { c.Stdin = read })
		read.Close()
		namespace, err := os.Readlink("/proc/self/ns/pid")
		Expect(err).NotTo(HaveOccurred())
		name := fmt.Sprintf("@sidecar-supervisor/%s/%s", strings.Trim(namespace, "pid:[]"), s.pid())
		taken, err := net.Listen("unix", name)
		Expect(err).NotTo(HaveOccurred())
		defer taken.Close()
		_, err = write.WriteString("go on\n")
		Expect(err).NotTo(HaveOccurred())
		s.enters("config-server")
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(lines(&s.stderr)).To(ConsistOf(MatchRegexp("^ps, restart and probe are not available: .*address already in use$")))
	})

	it("obeys no other user, but root", func() {
		if os.Geteuid() != 0 {
			t.Skip("left out, since it takes root to be several users")
		}
		s := plain.start(t, web(sidecar("config-server")))
		s.enters("config-server")
		answer, err := s.enters("app").try("run", strconv.Itoa(stranger), plain.path("supervisor"), "ps", "--pid", s.pid())
		Expect(err).To(Equal("exit status 1"))
		Expect(answer).To(ContainSubstring("user 12345 may not control the supervisor of user 0"))

		theirs := settings[1]
		theirs.require(t)
		s = theirs.start(t, web(sidecar("config-server")))
		s.enters("config-server")
		s.enters("app")
		root := plain.start(t, web()).enters("app")
		Expect(root.do("run", "0", plain.path("supervisor"), "ps", "--pid", s.pid())).To(ContainSubstring("config-server"))
	})
}

// pid is the supervisor's own, as those in the setting have it.
func (s *supervised) pid() string {
	if s.on.pid1 {
		return "1"
	}
	return strconv.Itoa(s.cmd.Process.Pid)
}

// ask has a puppet ask the supervisor, and gives the answer and how that ended.
func (s *supervised) ask(p *puppet, words ...string) (answer, err string) {
	s.t.Helper()
	argv := append([]string{"run", "0", s.on.path("supervisor")}, words...)
	return p.try(append(argv, "--pid", s.pid())...)
}

// status is one process in ps --json.
type status struct {
	Name, State, Health, Message string
	PID, Restarts                int
	MemoryUsedBytes              int64
}

// ps is ps --json, by name.
func (s *supervised) ps(p *puppet) map[string]status {
	s.t.Helper()
	answer, err := s.ask(p, "ps", "--json")
	var list []status
	if bad := json.Unmarshal([]byte(answer), &list); bad != nil || err != "" {
		s.t.Fatalf("ps --json: %v %s\n%s", bad, err, answer)
	}
	byName := map[string]status{}
	for _, one := range list {
		byName[one.Name] = one
	}
	return byName
}
