// Floor is the least that a Go program can do for an app and its sidecars: it starts them, passes SIGTERM on, and ends with the first
// that ends. The benchmarks measure the supervisor against it.
//
//	floor COMMAND [ARGUMENT...] [-- COMMAND [ARGUMENT...]]...
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"sync"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	commands, err := start(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(127)
	}
	codes := make(chan int, len(commands))
	var running sync.WaitGroup
	for _, c := range commands {
		running.Go(func() {
			_ = c.Wait()
			codes <- code(c.ProcessState.Sys().(syscall.WaitStatus))
		})
	}
	status := 0
	select {
	case status = <-codes:
	case <-signals:
	}
	for _, c := range commands {
		_ = c.Process.Signal(syscall.SIGTERM)
	}
	running.Wait()
	os.Exit(status)
}

// start starts the commands, which -- separates.
func start(words []string) (commands []*exec.Cmd, err error) {
	for len(words) > 0 {
		end := slices.Index(words, "--")
		if end < 0 {
			end = len(words)
		}
		c := exec.Command(words[0], words[1:end]...)
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Start(); err != nil {
			return nil, err
		}
		commands = append(commands, c)
		words = words[min(end+1, len(words)):]
	}
	return commands, nil
}

func code(s syscall.WaitStatus) int {
	if s.Signaled() {
		return 128 + int(s.Signal())
	}
	return s.ExitStatus()
}
