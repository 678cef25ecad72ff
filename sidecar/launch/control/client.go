package control

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// Ask has a running supervisor of the same user, or any where the caller is root, carry out a request, and writes what it answers to out
// as it comes. A pid of 0 stands for the supervisor that runs here. Error messages of the supervisor's own are passed on as they are.
func Ask(out io.Writer, pid int, r Request) error {
	s, err := dial(pid, time.Now().Add(clientTimeout))
	if err != nil {
		return err
	}
	defer s.connection.Close()
	if !r.waits() {
		_ = s.connection.SetDeadline(time.Now().Add(clientTimeout))
	}
	if _, err := io.WriteString(s.connection, strings.Join(r, separator)+"\n"); err != nil {
		return err
	}
	if err := receive(out, s.connection); !errors.Is(err, io.EOF) {
		return err
	}
	return errors.New("supervisor " + strconv.Itoa(s.pid) + " has ended without an answer")
}

// longestProblem is what the first line of an answer has at most, in bytes.
const longestProblem = 1 << 16

// receive writes what an answer shows to out as it comes, and returns the error that it begins with; io.EOF where there is no answer.
func receive(out io.Writer, from io.Reader) error {
	answer := bufio.NewReaderSize(from, longestProblem)
	line, err := answer.ReadSlice('\n')
	if err != nil {
		return err
	}
	problem := strings.TrimSuffix(string(line), "\n")
	if _, err := io.Copy(out, answer); err != nil {
		return err
	}
	if problem != "" {
		return errors.New(problem)
	}
	return nil
}
