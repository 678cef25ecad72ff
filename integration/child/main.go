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
	"syscall"
)

const usage = `Usage: child DEED...
  say TEXT       write a line
  listen PORT    answer HTTP requests with "ok" from now on
  await          wait for SIGUSR1
  kill PID NUM   send another process a signal
  daemon         leave an orphan behind, in a session of its own
  exit STATUS    end
  serve STATUS   end at SIGTERM
  stubborn       live on at SIGTERM
  web            what an app does: say "the app is up", listen 8080, serve 0
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

// do carries one out.
func (d *deeds) do(deed string) {
	switch deed {
	case "say":
		fmt.Println(d.next())
	case "listen":
		listen(d.next())
	case "await":
		<-awaited
	case "kill":
		if err := syscall.Kill(d.number(), syscall.Signal(d.number())); err != nil {
			log.Fatal(err)
		}
	case "daemon":
		again("orphan")
	case "orphan":
		again("stubborn")
		os.Exit(0)
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
	default:
		log.Fatal(usage)
	}
}

func listen(port string) {
	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })))
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
