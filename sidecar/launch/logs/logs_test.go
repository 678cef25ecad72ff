package logs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const (
	enough = 20 * time.Second // for what must come about
	role   = "LOGS_TEST_ROLE" // makes this binary one of the writers below
)

// writers are what supervised processes do.
var writers = map[string]func(name string, lines int){
	// count writes numbered lines of many lengths to both streams, in writes that end anywhere.
	"count": func(name string, lines int) {
		var text []byte
		for i := range lines {
			text = fmt.Appendf(text, "%s:%d:%s\n", name, i, strings.Repeat("x", i*7%180))
		}
		for size := 1; len(text) > 0; size = size*31%4001 + 1 {
			n := min(size, len(text))
			os.Stdout.Write(text[:n])
			os.Stderr.Write(text[:n])
			text = text[n:]
		}
	},
	// raw writes numbered lines of up to 4096 bytes, each at once.
	"raw": func(name string, lines int) {
		for i := range lines {
			line := fmt.Appendf(nil, "%s | %s:%d:", name, name, i)
			os.Stdout.Write(append(append(line, bytes.Repeat([]byte{'x'}, i*997%(pipeBuf-len(line)))...), '\n'))
		}
	},
	"endless": func(_ string, megabytes int) {
		for range megabytes {
			os.Stdout.Write(bytes.Repeat([]byte{'x'}, 1<<20))
		}
	},
	"crash": func(_ string, lines int) {
		for i := range lines {
			fmt.Printf("line %d\n", i)
		}
		fmt.Print("the last words")
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	},
}

func TestMain(m *testing.M) {
	if write := writers[os.Getenv(role)]; write != nil {
		n, _ := strconv.Atoi(os.Args[2])
		write(os.Args[1], n)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func writer(t *testing.T, what, name string, n int, stdout, stderr *os.File) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], name, strconv.Itoa(n))
	c.Env = append(os.Environ(), role+"="+what)
	c.Stdout, c.Stderr = stdout, stderr
	NewWithT(t).Expect(c.Start()).To(Succeed())
	t.Cleanup(func() { c.Process.Kill() })
	return c
}

// supervised starts a writer whose output l carries.
func supervised(t *testing.T, l *Logs, mode plan.Logs, what, name string, n int) *exec.Cmd {
	t.Helper()
	stdout, stderr, err := opened(l, name, mode)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	defer stdout.Close()
	defer stderr.Close()
	return writer(t, what, name, n, stdout, stderr)
}

// platform is a pipe as a container's platform holds it.
func platform(t testing.TB) (reader, end *os.File) {
	t.Helper()
	var ends [2]int
	NewWithT(t).Expect(unix.Pipe2(ends[:], unix.O_CLOEXEC)).To(Succeed())
	reader, end = os.NewFile(uintptr(ends[0]), "reader"), os.NewFile(uintptr(ends[1]), "end")
	t.Cleanup(func() {
		reader.Close()
		end.Close()
	})
	return reader, end
}

// readAll reads in the background, at most size bytes at a time, until the end.
func readAll(from io.Reader, size int) <-chan string {
	all := make(chan string, 1)
	go func() {
		var text strings.Builder
		io.CopyBuffer(struct{ io.Writer }{&text}, struct{ io.Reader }{from}, make([]byte, size))
		all <- text.String()
	}()
	return all
}

// carried returns what one process's stdout becomes.
func carried(t *testing.T, shared bool, mode plan.Logs, text string) string {
	t.Helper()
	g := NewWithT(t)
	reader, end := platform(t)
	all := readAll(reader, 1<<16)
	l := newLogs(int(end.Fd()), -1, shared)
	stdout, stderr, err := opened(l, "db", mode)
	g.Expect(err).NotTo(HaveOccurred())
	io.WriteString(stdout, text)
	stdout.Close()
	stderr.Close()
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	return <-all
}

type record struct {
	Time               time.Time
	Name, Stream, Line string
	Partial            bool
}

// records decodes JSON lines, strictly.
func records(g *WithT, text string) (all []record) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	for d.More() {
		var r record
		g.Expect(d.Decode(&r)).To(Succeed())
		all = append(all, r)
	}
	return all
}

func TestPrefix(t *testing.T) {
	long := strings.Repeat("é", maxLine/2)
	for name, c := range map[string]struct{ in, out string }{
		"nothing":             {"", ""},
		"a line":              {"up\n", "db | up\n"},
		"an empty line":       {"\n\n", "db | \ndb | \n"},
		"no newline":          {"up\ndow", "db | up\ndb | dow\n"},
		"any bytes":           {"\xff\x00\r\n", "db | \xff\x00\r\n"},
		"64 KiB":              {long + "\n", "db | " + long + "\n"},
		"more":                {long + "x\n", "db | " + long + "\ndb | x\n"},
		"cut between runes":   {"x" + long + "\n", "db | x" + long[:maxLine-2] + "\ndb | é\n"},
		"64 KiB, no newline":  {long, "db | " + long + "\n"},
		"after a longer line": {long + long + long + "\nup\n", strings.Repeat("db | "+long+"\n", 3) + "db | up\n"},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(carried(t, false, plan.Prefix, c.in) == c.out).To(BeTrue())
		})
	}
}

func TestANameWithWhatIsNotSeenLooksLikeNoOther(t *testing.T) {
	out := string(newFormat(plan.Prefix, "supervisor\u200b", "stdout", false).append(nil, []byte("web is down"), false))
	NewWithT(t).Expect(out).To(HavePrefix(`supervisor\u200b | web is down`))
}

func TestJSON(t *testing.T) {
	g := NewWithT(t)
	before := time.Now()
	text := carried(t, false, plan.JSON, "say \"hi\\\"\t\x01é\u2028\xff\xe2\x82\r\n\ntail")
	g.Expect(strings.Split(text, "\n")).To(HaveLen(4))
	all := records(g, text)
	lines := []string{}
	for _, r := range all {
		g.Expect(r.Time).To(And(BeTemporally(">=", before), BeTemporally("<=", time.Now())))
		g.Expect(r.Time.Location()).To(Equal(time.UTC))
		g.Expect([]string{r.Name, r.Stream}).To(Equal([]string{"db", "stdout"}))
		lines = append(lines, r.Line)
	}
	g.Expect(lines).To(Equal([]string{"say \"hi\\\"\t\x01é\u2028\ufffd\ufffd\ufffd\r", "", "tail"}))
}

func TestStreamsGoWhereTheyBelong(t *testing.T) {
	g := NewWithT(t)
	out, outEnd := platform(t)
	err, errEnd := platform(t)
	l := newLogs(int(outEnd.Fd()), int(errEnd.Fd()), false)
	stdout, stderr, e := opened(l, "a \"b\"", plan.JSON)
	g.Expect(e).NotTo(HaveOccurred())
	io.WriteString(stdout, "1\n")
	io.WriteString(stderr, "2\n")
	stdout.Close()
	stderr.Close()
	g.Expect(l.Drain(enough)).To(BeTrue())
	outEnd.Close()
	errEnd.Close()
	for stream, all := range map[string]string{"stdout": <-readAll(out, 99), "stderr": <-readAll(err, 99)} {
		r := records(g, all)
		g.Expect(r).To(HaveLen(1))
		g.Expect([]string{r[0].Name, r[0].Stream}).To(Equal([]string{"a \"b\"", stream}))
	}
}

// expectCounted checks that lines NAME:N:… of every name came whole and in order, times over.
func expectCounted(g *WithT, text string, lines, times int, names ...string) {
	seen := map[string]map[int]int{}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		var prefix, name, fill string
		var n int
		at := strings.SplitN(strings.ReplaceAll(line, " | ", ":"), ":", 4)
		g.Expect(at).To(HaveLen(4), line)
		prefix, name, fill = at[0], at[1], at[3]
		n, err := strconv.Atoi(at[2])
		g.Expect(err).NotTo(HaveOccurred(), line)
		g.Expect(prefix).To(Equal(name))
		g.Expect(strings.Trim(fill, "x")).To(BeEmpty())
		if seen[name] == nil {
			seen[name] = map[int]int{}
		}
		if n > 0 {
			g.Expect(seen[name][n]).To(BeNumerically("<", seen[name][n-1]), "%s out of order", line)
		}
		seen[name][n]++
	}
	g.Expect(seen).To(HaveLen(len(names)))
	for _, name := range names {
		g.Expect(seen[name]).To(HaveLen(lines))
		for _, n := range seen[name] {
			g.Expect(n).To(Equal(times))
		}
	}
}

func TestAnUnfinishedLineIsShownAfterAWhile(t *testing.T) {
	for name, before := range map[string]int{"of an idle process": 0, "of a busy one": 4 * busyBytes} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			reader, end := platform(t)
			l := newLogs(int(end.Fd()), int(end.Fd()), false)
			stdout, stderr, err := opened(l, "db", plan.Prefix)
			g.Expect(err).NotTo(HaveOccurred())
			go func() {
				io.WriteString(stdout, strings.Repeat(strings.Repeat("x", 99)+"\n", before/100)+"Continue? [y/N] ")
			}()
			lines := bufio.NewReader(reader)
			for range before / 100 {
				_, err := lines.ReadString('\n')
				g.Expect(err).NotTo(HaveOccurred())
			}
			g.Expect(lines.ReadString('\n')).To(Equal("db | Continue? [y/N] \n"))
			io.WriteString(stdout, "yes\nthen\n")
			g.Expect(lines.ReadString('\n')).To(Equal("db | yes\n"))
			g.Expect(lines.ReadString('\n')).To(Equal("db | then\n"))
			stdout.Close()
			stderr.Close()
			g.Expect(l.Drain(enough)).To(BeTrue())
		})
	}
}

func TestManyProcessesIntoOnePipe(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	other, err := unix.Dup(int(end.Fd())) // 2>&1
	g.Expect(err).NotTo(HaveOccurred())
	all := readAll(reader, 1<<16)
	l := newLogs(int(end.Fd()), other, false)
	names := []string{"a", "b", "c", "d", "e"}
	for _, name := range names {
		defer supervised(t, l, plan.Prefix, "count", name, 3000).Wait()
	}
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	unix.Close(other)
	expectCounted(g, <-all, 3000, 2, names...)
}

func TestABusyProcess(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	all := readAll(reader, 1<<16)
	l := newLogs(int(end.Fd()), int(end.Fd()), false)
	process := supervised(t, l, plan.Prefix, "count", "db", 5*busyBytes/180)
	g.Expect(process.Wait()).To(Succeed())
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	expectCounted(g, <-all, 5*busyBytes/180, 2, "db")
}

func TestSharedWithAProcessThatWritesItself(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	all := readAll(reader, 700) // slow enough for the pipe to be full all the time
	l := newLogs(int(end.Fd()), int(end.Fd()), true)
	app := writer(t, "raw", "app", 3000, end, nil)
	for _, name := range []string{"a", "b"} {
		defer supervised(t, l, plan.Prefix, "count", name, 3000).Wait()
	}
	g.Expect(app.Wait()).To(Succeed())
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	text := <-all
	raw, copied := strings.Builder{}, strings.Builder{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "app | ") {
			raw.WriteString(line)
		} else {
			copied.WriteString(line)
		}
	}
	expectCounted(g, raw.String(), 3000, 1, "app")
	expectCounted(g, copied.String(), 3000, 2, "a", "b")
}

// A packet socket shows each write.
func TestSharedWritesAreSmallAndWhole(t *testing.T) {
	control := strings.Repeat("\x01é\xff", 3000)
	text := strings.Repeat(strings.Repeat("é", 40)+"\n", 1000) + control + "\n" + strings.Repeat("é", 70000) + "\ntail"
	for _, mode := range []plan.Logs{plan.Prefix, plan.JSON} {
		t.Run(string(mode), func(t *testing.T) {
			g := NewWithT(t)
			pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
			g.Expect(err).NotTo(HaveOccurred())
			defer unix.Close(pair[1])
			l := newLogs(pair[0], pair[0], true)
			stdout, stderr, err := opened(l, strings.Repeat("n", 1000), mode)
			g.Expect(err).NotTo(HaveOccurred())
			go func() {
				io.WriteString(stdout, text)
				stdout.Close()
				stderr.Close()
				l.Say(strings.Repeat("s", 10000))
				l.Drain(enough)
				unix.Close(pair[0])
			}()
			var all strings.Builder
			packet := make([]byte, 1<<20)
			for n, _ := unix.Read(pair[1], packet); n > 0; n, _ = unix.Read(pair[1], packet) {
				g.Expect(n).To(BeNumerically("<=", pipeBuf))
				g.Expect(packet[n-1]).To(Equal(byte('\n')))
				all.Write(packet[:n])
			}
			g.Expect(strings.Count(all.String(), "s")).To(BeNumerically(">=", 10000))
			if mode == plan.Prefix {
				joined := strings.NewReplacer(strings.Repeat("n", maxName)+" | ", "", ownName+" | ", "", "s", "", "\n", "").Replace(all.String())
				g.Expect(joined == strings.ReplaceAll(text, "\n", "")).To(BeTrue())
				return
			}
			lines := ""
			for line := range strings.Lines(all.String()) {
				if line[0] == '{' {
					r := records(g, line)[0]
					if lines += r.Line; !r.Partial {
						lines += "\n"
					}
				}
			}
			g.Expect(lines == string([]rune(text))+"\n").To(BeTrue())
		})
	}
}

func TestAFileTakesLinesOfAnyLength(t *testing.T) {
	g := NewWithT(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	g.Expect(err).NotTo(HaveOccurred())
	defer file.Close()
	l := newLogs(int(file.Fd()), int(file.Fd()), true)
	stdout, stderr, err := opened(l, "db", plan.Prefix)
	g.Expect(err).NotTo(HaveOccurred())
	line := strings.Repeat("x", 10000) + "\n"
	io.WriteString(stdout, line)
	stdout.Close()
	stderr.Close()
	g.Expect(l.Drain(enough)).To(BeTrue())
	text, err := os.ReadFile(file.Name())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal("db | " + line))
}

func TestAStalledReaderStallsNobodyElse(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	l := newLogs(int(end.Fd()), int(end.Fd()), true)
	process := supervised(t, l, plan.Prefix, "endless", "db", 10)
	g.Eventually(func() bool { return full(end) }, enough).Should(BeTrue())
	own := []string{}
	for said := 0; said < maxSaid; said += len(own[0]) {
		own = append(own, fmt.Sprintf("%05d %s", len(own), strings.Repeat("x", 1000)))
		l.Say(own[len(own)-1])
		g.Eventually(func() int { return current(l).writing }, enough).ShouldNot(BeZero())
	}
	g.Expect(current(l).dropped).NotTo(BeZero())
	own = append(own, "short") // there is room for it, but it would come before the number of those dropped
	l.Say("short")

	start := time.Now()
	g.Expect(l.Drain(50 * time.Millisecond)).To(BeFalse())
	g.Expect(time.Since(start)).To(BeNumerically("<", 5*time.Second))

	all := readAll(reader, 1<<16)
	g.Expect(process.Wait()).To(Succeed())
	g.Expect(l.Drain(enough)).To(BeTrue())
	l.Say("heard again")
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	heard := []string{}
	for line := range strings.Lines(<-all) {
		if !strings.HasPrefix(line, "db | ") {
			heard = append(heard, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "supervisor | "))
		}
	}
	kept := len(heard) - 2
	g.Expect(kept).To(BeNumerically(">", len(own)*9/10))
	g.Expect(heard[:kept]).To(Equal(own[:kept]))
	g.Expect(heard[kept:]).To(Equal([]string{
		fmt.Sprint("messages dropped while standard error was not read: ", len(own)-kept), "heard again"}))
}

func TestALastMessageIsThereOnceItWasSaid(t *testing.T) {
	for mode, want := range map[plan.Logs]string{
		plan.Prefix: `^> supervisor \| up\\a\n$`,
		plan.JSON:   `^> {"time":".*","name":"supervisor",.*"line":"up\\u0007"}\n$`,
	} {
		t.Run(string(mode), func(t *testing.T) {
			g := NewWithT(t)
			reader, end := platform(t)
			if _, err := unix.Pwritev2(int(end.Fd()), [][]byte{[]byte("> ")}, -1, unix.RWF_NOWAIT); err == unix.EOPNOTSUPP {
				t.Skip("no Linux before 6.4 writes to a pipe without waiting")
			}
			l := newLogs(int(end.Fd()), int(end.Fd()), false)
			l.own = mode
			l.SayLast("up\a")
			end.Close()
			text, err := io.ReadAll(reader)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(text)).To(MatchRegexp(want))
			g.Expect(l.Drain(0)).To(BeTrue())
		})
	}
}

func TestAMessageOfAnyLengthIsSaid(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	all := readAll(reader, 1<<16)
	l := newLogs(int(end.Fd()), int(end.Fd()), false)
	long := strings.Repeat("x", 2*maxSaid)
	l.Say(long)
	g.Expect(l.Drain(enough)).To(BeTrue())
	l.Say("heard")
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	text := strings.NewReplacer("supervisor | ", "", "\n", "").Replace(<-all)
	g.Expect(text == long+"heard").To(BeTrue())
}

// full tells whether nothing more can be written to a pipe.
func full(end *os.File) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(end.Fd()), Events: unix.POLLOUT}}, 0)
	return n == 0 && err == nil
}

func current(l *Logs) says {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.says
}

func TestAReaderThatLeavesStopsNobody(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	l := newLogs(int(end.Fd()), int(end.Fd()), false)
	process := supervised(t, l, plan.Prefix, "endless", "db", 10)
	io.ReadFull(reader, make([]byte, 100))
	reader.Close()
	g.Expect(process.Wait()).To(Succeed())
	l.Say("nobody hears this")
	g.Expect(l.Drain(enough)).To(BeTrue())
}

func TestNothingWrittenBeforeADeathIsLost(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	all := readAll(reader, 1<<16)
	l := newLogs(int(end.Fd()), int(end.Fd()), false)
	process := supervised(t, l, plan.Prefix, "crash", "db", 500)
	g.Expect(process.Wait()).To(MatchError("signal: killed"))
	g.Expect(l.Drain(enough)).To(BeTrue())
	end.Close()
	text := <-all
	g.Expect(strings.Count(text, "\n")).To(Equal(501))
	g.Expect(text).To(HaveSuffix("db | line 499\ndb | the last words\n"))
}

// Somebody who shares the descriptor, as Node.js does, may have set O_NONBLOCK on it.
func TestAnOutputThatDoesNotBlock(t *testing.T) {
	g := NewWithT(t)
	reader, end := platform(t)
	fd := int(end.Fd())
	g.Expect(unix.SetNonblock(fd, true)).To(Succeed())
	l := newLogs(fd, fd, true)
	process := supervised(t, l, plan.Prefix, "count", "db", 5000)
	all := readAll(reader, 700)
	g.Expect(process.Wait()).To(Succeed())
	g.Expect(l.Drain(enough)).To(BeTrue())
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(flags & unix.O_NONBLOCK).NotTo(BeZero())
	end.Close()
	expectCounted(g, <-all, 5000, 2, "db")
}

func TestAnEndlessLineTakesLittleMemory(t *testing.T) {
	for _, mode := range []plan.Logs{plan.Prefix, plan.JSON} {
		t.Run(string(mode), func(t *testing.T) {
			g := NewWithT(t)
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			g.Expect(err).NotTo(HaveOccurred())
			defer null.Close()
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l := newLogs(int(null.Fd()), int(null.Fd()), false)
			g.Expect(supervised(t, l, mode, "endless", "db", 200).Wait()).To(Succeed())
			g.Expect(l.Drain(enough)).To(BeTrue())
			runtime.ReadMemStats(&after)
			g.Expect(after.TotalAlloc - before.TotalAlloc).To(BeNumerically("<", 2<<20))
		})
	}
}

func TestRestartsLeaveNothingBehind(t *testing.T) {
	g := NewWithT(t)
	_, end := platform(t)
	l := newLogs(int(end.Fd()), int(end.Fd()), false)
	open := func() (fds, goroutines int) {
		entries, err := os.ReadDir("/proc/self/fd")
		g.Expect(err).NotTo(HaveOccurred())
		return len(entries), runtime.NumGoroutine()
	}
	restart := func() {
		stdout, stderr, err := opened(l, "db", plan.Prefix)
		g.Expect(err).NotTo(HaveOccurred())
		io.WriteString(stdout, "up\n")
		stdout.Close()
		stderr.Close()
		g.Expect(l.Drain(enough)).To(BeTrue())
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no file is closed by being forgotten
	restart()                                        // the first makes the runtime open what it polls with
	fds, goroutines := open()
	for range 100 {
		restart()
	}
	g.Eventually(func() bool { f, n := open(); return f <= fds && n <= goroutines }, enough).Should(BeTrue())
}

func TestNothingToDrain(t *testing.T) {
	NewWithT(t).Expect(newLogs(-1, -1, true).Drain(0)).To(BeTrue())
}

// BenchmarkPipes is the whole way: a writer's pipe, a reader's pipe and what is between.
func BenchmarkPipes(b *testing.B) {
	for _, size := range []int{100, 1 << 16} {
		b.Run(fmt.Sprint("writes=", size), func(b *testing.B) {
			reader, end := platform(b)
			all := make(chan struct{})
			go func() {
				io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{reader}, make([]byte, 1<<18))
				close(all)
			}()
			l := newLogs(int(end.Fd()), int(end.Fd()), false)
			stdout, stderr, err := opened(l, "db", plan.Prefix)
			if err != nil {
				b.Fatal(err)
			}
			text := []byte(strings.Repeat(strings.Repeat("x", 99)+"\n", size/100))
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				stdout.Write(text)
			}
			stdout.Close()
			stderr.Close()
			l.Drain(enough)
			end.Close()
			<-all
		})
	}
}

// opened is Open, and begins to copy.
func opened(l *Logs, name string, mode plan.Logs) (stdout, stderr *os.File, err error) {
	defer l.Copy()
	o, err := l.Open(name, mode)
	return o.Stdout, o.Stderr, err
}
