package promises_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func testControl(t *testing.T, when spec.G, it spec.S) {
	Expect := NewWithT(t).Expect

	everywhere(t, when, it, "tells what runs", func(on *setting) {
		vault := sidecar("vault", readiness(plan.Probe{Notify: true}))
		vault.Memory = 64 * plan.M
		s := on.start(t, web(vault, sidecar("proxy")))
		s.enters("vault")
		s.enters("proxy")
		app := s.enters("app")
		answer, err := s.ask(app, "ps")
		Expect(err).To(BeEmpty())
		Expect(answer).To(MatchRegexp(`^NAME +PID +STATE +HEALTH +RESTARTS +MEMORY +UPTIME +NOTE\n` +
			`vault +\d+ +running +not ready +0 +\d+\.\dM of 64M +\d+s +-\n` +
			`proxy +\d+ +running +- +0 +\d+\.\dM +\d+s +-\n` +
			`app +\d+ +running +- +0 +\d+\.\dM +\d+s +-\n$`))
		Expect(s.ps(app)["vault"].MemoryUsedBytes).To(BeNumerically(">", 100_000))
	})

	it("answers those too that ask before all are started", func() {
		sidecars := []plan.Process{sidecar("curious", command(programs+"/supervisor", "ps"))}
		for i := range 50 {
			sidecars = append(sidecars, shell(fmt.Sprintf("later%d", i), lives))
		}
		p := web(sidecars...)
		p.App.DependsOn = map[string]plan.Condition{"curious": plan.Completed}
		s := plain.start(t, p)
		s.enters("app").tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stdout.String()).To(ContainSubstring("curious | later49 "))
	})

	it("tells for whom somebody waits, for what, since when and what the last answer was", func() {
		_, port := reservePort(t)
		p := web(sidecar("vault", readiness(plan.Probe{TCPSocket: &plan.TCPSocket{Port: port}})))
		p.App.DependsOn = map[string]plan.Condition{"vault": plan.Ready}
		stderr := pipe(t)
		s := plain.start(t, p, outputsApart(stderr.write))
		vault := s.enters("vault")
		refused := fmt.Sprintf("connect 127.0.0.1:%d: connection refused", port)
		Expect(stderr.until("waits for")).To(Equal("supervisor | web waits for vault to be ready: " + refused + "\n"))
		answer, err := s.ask(vault, "ps")
		Expect(err).To(BeEmpty())
		Expect(answer).To(MatchRegexp(`\napp +- +waiting +- +0 +- +- +waits \d+s for vault \(ready\): ` + refused + `\n$`))
		app := s.ps(vault)["app"]
		Expect(app.WaitsSeconds).To(BeNumerically(">=", 5))
		Expect(app.WaitsFor).To(Equal([]wait{{"vault", "ready", refused}}))
	})

	everywhere(t, when, it, "restarts a sidecar", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		first, app := s.enters("config-server"), s.enters("app")
		answer, err := s.ask(app, "restart", "config-server")
		Expect(err).To(BeEmpty(), answer)
		first.hears("SIGTERM")
		second := s.enters("config-server")
		Expect(answer).To(MatchRegexp(`^sidecar "config-server" has started: PID \d+\n$`))
		now := s.ps(app)["config-server"]
		Expect([]any{now.Restarts, now.State, now.LastEnd, now.SupervisorVersion}).
			To(Equal([]any{1, "running", "was told to stop and was killed by SIGTERM", "development"}))

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
		s := on.start(t, web(sidecar("config-server", liveness(plan.Probe{
			TCPSocket: &plan.TCPSocket{Port: port}, PeriodSeconds: 60,
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

	it("can be asked where somebody has taken its name", func() {
		// A shell waits to become the supervisor until the name that this will want is taken.
		s := plain.prepare(t)
		read, write, err := os.Pipe()
		Expect(err).NotTo(HaveOccurred())
		defer write.Close()
		argv := s.supervisor(web(sidecar("config-server")), s.puppet("app")...)
		s.launch(append([]string{"sh", "-c", `read line; exec "$@"`, "sh"}, argv...), func(c *exec.Cmd) { c.Stdin = read })
		read.Close()
		defer take(t, "self", s.pid()).Close()
		_, err = write.WriteString("go on\n")
		Expect(err).NotTo(HaveOccurred())
		s.enters("config-server")
		app := s.enters("app")
		Expect(s.ps(app)).To(HaveKey("config-server"))
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
		Expect(s.stderr.String()).To(BeEmpty())
	})

	everywhere(t, when, it, "is found beside forged names, and by those below it without its PID", func(on *setting) {
		s := on.start(t, web(sidecar("config-server")))
		config, app := s.enters("config-server"), s.enters("app")
		outside := strconv.Itoa(config.pid)
		for _, pid := range []string{"77777", "1", app.do("pid"), "no number"} {
			if forged, err := net.Listen("unix", controlName(outside, pid)); err == nil { // the supervisor itself may be 1
				defer forged.Close()
			}
		}
		answer, err := config.try("run", "0", on.path("supervisor"), "ps")
		Expect(err).To(BeEmpty(), answer)
		Expect(answer).To(ContainSubstring("config-server"))
		answer, err = s.ask(config, "ps")
		Expect(err).To(BeEmpty(), answer)
	})

	it("is the one of the asker's mount namespace where nobody above the asker is one, as in a Pod with one PID namespace", func() {
		container := &setting{name: "in a mount namespace of its own", bare: true}
		container.require(t)
		outside, inside := plain.start(t, web(sidecar("outside"))), container.start(t, web(sidecar("inside")))
		outside.enters("outside")
		inside.enters("inside")
		app := inside.enters("app")
		answer, err := exec.Command("nsenter", "--target", strconv.Itoa(app.pid), "--mount", "--root", "--", "/supervisor", "ps").CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(answer))
		Expect(string(answer)).To(And(ContainSubstring("inside"), Not(ContainSubstring("outside"))))
		for _, s := range []*supervised{outside, inside} {
			s.signal(syscall.SIGTERM)
			Expect(s.exits()).To(Equal(143))
		}
	})

	it("is the one that the container runs, whatever a sidecar passes off as one", func() {
		on := &setting{name: "in a mount namespace of its own", bare: true}
		on.require(t)
		s := on.start(t, web(sidecar("agent")))
		agent, app := s.enters("agent"), s.enters("app")
		agent.do("pose")
		agent.do("start", "daemon", "daemon")
		s.enters("daemon").do("pose")
		answer, err := exec.Command("nsenter", "--target", strconv.Itoa(app.pid), "--mount", "--root", "--", "/supervisor", "ps").CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(answer))
		Expect(string(answer)).To(ContainSubstring("agent"))
		app.tell("exit", "0")
		Expect(s.exits()).To(BeZero())
	})

	it("is asked in turn where its queue is full", func() {
		s := plain.start(t, web(sidecar("config-server")))
		s.enters("config-server")
		app := s.enters("app")
		s.signal(unix.SIGSTOP)
		var waiting []net.Conn
		for full := false; !full; {
			conn, err := net.Dial("unix", controlName("self", s.pid()))
			full = errors.Is(err, unix.EAGAIN)
			if err == nil {
				waiting = append(waiting, conn)
			}
		}
		app.tell("run", "0", plain.path("supervisor"), "ps", "--pid", s.pid())
		defer func() {
			for _, conn := range waiting {
				conn.Close()
			}
		}()
		s.signal(unix.SIGCONT)
		m := <-app.answers
		Expect(m.Error).To(BeEmpty(), m.Answer)
		Expect(m.Answer).To(ContainSubstring("config-server"))
	})

	it("takes a sidecar's slug for its name", func() {
		s := plain.start(t, web(sidecar("Node Agent (é)")))
		first := s.enters("Node Agent (é)")
		_, err := s.ask(s.enters("app"), "restart", "node-agent")
		Expect(err).To(BeEmpty())
		first.hears("SIGTERM")
		s.enters("Node Agent (é)")
	})

	it("sends those of another PID namespace to its own", func() {
		inside := settings[2]
		inside.require(t)
		s := inside.start(t, web(sidecar("config-server")))
		conn, err := net.Dial("unix", controlName(strconv.Itoa(s.enters("config-server").pid), "1"))
		Expect(err).NotTo(HaveOccurred())
		defer conn.Close()
		_, err = conn.Write([]byte("ps\n"))
		Expect(err).NotTo(HaveOccurred())
		answer, err := io.ReadAll(conn)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(answer)).To(Equal("it obeys those in its own PID namespace alone: ask in the container that it runs in\n"))
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

// controlName is that of the control socket that a supervisor of that PID has in the PID namespace of a process.
func controlName(process, pid string) string {
	namespace, _ := os.Readlink("/proc/" + process + "/ns/pid")
	return fmt.Sprintf("@sidecar-supervisor/%s/%s", strings.Trim(namespace, "pid:[]"), pid)
}

// take listens under a control socket's name.
func take(t *testing.T, process, pid string) net.Listener {
	t.Helper()
	listener, err := net.Listen("unix", controlName(process, pid))
	if err != nil {
		t.Fatal(err)
	}
	return listener
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
	LastEnd, SupervisorVersion   string
	PID, Restarts                int
	MemoryUsedBytes              int64
	WaitsSeconds                 float64
	WaitsFor                     []wait
}

// wait is one thing that a process waits for.
type wait struct{ Name, Condition, Answer string }

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
