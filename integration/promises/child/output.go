package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// input is read through one buffer, so that nothing is lost between two commands.
var input = bufio.NewReader(os.Stdin)

// read takes one line from standard input; at its end there is none.
func read([]string) (string, error) {
	line, err := input.ReadString('\n')
	if errors.Is(err, io.EOF) {
		return "EOF", nil
	}
	return strings.TrimSuffix(line, "\n"), err
}

// write puts TEXT on descriptor FD as it is.
func write(args []string) (string, error) {
	fd, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	return "", writeAll(fd, []byte(args[1]))
}

// writeAll leaves Go's own handling of broken pipes and pollers out of it.
func writeAll(fd int, text []byte) error {
	for len(text) > 0 {
		n, err := unix.Write(fd, text)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

// count writes "WHO N of LINES" LINES times on descriptor FD, and each line in PIECES writes where that is said.
func count(args []string) (string, error) {
	fd, err := strconv.Atoi(args[0])
	if err != nil {
		return "", err
	}
	lines, err := strconv.Atoi(args[2])
	if err != nil {
		return "", err
	}
	torn := len(args) > 3
	for i := range lines {
		line := []byte(fmt.Sprintf("%s %d of %d\n", args[1], i, lines))
		if torn {
			if err := writeAll(fd, line[:len(line)/2]); err != nil {
				return "", err
			}
			line = line[len(line)/2:]
		}
		if err := writeAll(fd, line); err != nil {
			return "", err
		}
	}
	return "", nil
}

// crash is count, and then SIGKILL before anything else can happen.
func crash(args []string) (string, error) {
	if _, err := count([]string{"1", args[0], args[1]}); err != nil {
		return "", err
	}
	return "", syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// flood writes without end, beside whatever else is asked.
func flood([]string) (string, error) {
	for fd := 1; fd <= 2; fd++ {
		go func() {
			line := []byte(strings.Repeat("flood ", 100) + "\n")
			for writeAll(fd, line) == nil {
			}
		}()
	}
	return "", nil
}
