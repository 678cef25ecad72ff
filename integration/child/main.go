// Command child is an app or a sidecar that does what its arguments say, one after another; static, so that any image can run it.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const usage = `Usage: child DEED...
  say TEXT       write a line
  env NAME       write a variable's value
  listen PORT    answer HTTP requests with "ok" from now on, and say for what else than / they ask
  memory         write the limit of its control group
  await          wait for SIGUSR1
  pause SECONDS  do nothing
  kill PID NUM   send another process a signal
  daemon         leave an orphan behind, in a session of its own
  once STATUS    end, but only the first time
  exit STATUS    end
  serve STATUS   end at SIGTERM
  stubborn       live on at SIGTERM
  web            what an app does: the file deeds, if there is one, else say "the app is up", listen 8080, serve 0
`

var terminated, awaited = make(chan os.Signal, 1), make(chan os.Signal, 1)

func main() {
	log.SetFlags(0)
	signal.Notify(terminated, syscall.SIGTERM)
	signal.Notify(awaited, syscall.SIGUSR1)

	d := deeds{os.Args[1:]}
	for {
		d.do(d.next())
	}
}

// deeds are those still to be done.
type deeds struct{ words []string }

func (d *deeds) next() string {
	if len(d.words) == 0 {
		log.Fatal(usage)
	}
	word := d.words[0]
	d.words = d.words[1:]
	return word
}

func (d *deeds) number() int {
	n, err := strconv.Atoi(d.next())
	if err != nil {
		log.Fatal(err)
	}
	return n
}

// texts are what those deeds write that write a line.
var texts = map[string]func(*deeds) string{
	"say":    (*deeds).next,
	"env":    func(d *deeds) string { return os.Getenv(d.next()) },
	"memory": func(*deeds) string { return memoryLimit() },
}

// pauses are those that end by themselves, and do nothing.
var pauses = map[string]func(*deeds){
	"await": func(*deeds) { <-awaited },
	"pause": func(d *deeds) { time.Sleep(time.Duration(d.number()) * time.Second) },
}

// do carries one out.
func (d *deeds) do(deed string) {
	if text, writes := texts[deed]; writes {
		fmt.Println(text(d))
		return
	}
	if wait, waits := pauses[deed]; waits {
		wait(d)
		return
	}
	switch deed {
	case "listen":
		listen(d.next())
	case "kill":
		if err := syscall.Kill(d.number(), syscall.Signal(d.number())); err != nil {
			log.Fatal(err)
		}
	case "daemon":
		again("orphan")
	case "orphan":
		again("stubborn")
		os.Exit(0)
	case "once":
		once(d.number())
	case "exit":
		os.Exit(d.number())
	case "serve":
		status := d.number()
		<-terminated
		fmt.Println("told to stop")
		os.Exit(status)
	case "stubborn":
		for range terminated {
			fmt.Println("told to stop, and doesn't")
		}
	case "web":
		d.words = []string{"say", "the app is up", "listen", "8080", "serve", "0"}
		if deeds, err := os.ReadFile("deeds"); err == nil {
			d.words = strings.Fields(string(deeds))
		}
	default:
		log.Fatal(usage)
	}
}

// once ends the process where it did not so before: a file says so.
func once(status int) {
	file, err := os.OpenFile("/tmp/once", os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		file.Close()
		os.Exit(status)
	}
}

// memoryLimit returns the limit's file of cgroup v1, else that of v2.
func memoryLimit() string {
	for _, file := range []string{"memory/memory.limit_in_bytes", "memory.max"} {
		if text, err := os.ReadFile("/sys/fs/cgroup/" + file); err == nil {
			return strings.TrimSpace(string(text))
		}
	}
	log.Fatal("there is no limit")
	return ""
}

func listen(port string) {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				fmt.Println("asked for " + r.URL.Path)
			}
			fmt.Fprintln(w, "ok")
		})))
	}()
}

// again starts this program as another process, in a session of its own.
func again(deed string) {
	cmd := exec.Command("/proc/self/exe", deed)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
}
