// Server is an app: a small HTTP server that takes a moment for each request. On SIGTERM it closes its port and finishes what it has begun;
// with "SIGINT" as its second argument it does so on SIGINT, and ignores SIGTERM.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// work is what a request takes.
const work = 20 * time.Millisecond

func main() {
	var stop os.Signal = unix.SIGTERM
	if len(os.Args) > 2 && os.Args[2] == "SIGINT" {
		signal.Ignore(unix.SIGTERM)
		stop = unix.SIGINT
	}
	if err := serve(os.Args[1], stop); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func serve(address string, stop os.Signal) error {
	told := make(chan os.Signal, 1)
	signal.Notify(told, stop)
	server := http.Server{Addr: address, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(work)
		_, _ = fmt.Fprintln(w, "done")
	})}
	drained := make(chan error, 1)
	go func() {
		<-told
		drained <- server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-drained
}
