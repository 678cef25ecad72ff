// Package helper makes the health checks that need TLS, gRPC or a resolver, in a process of their own: what they link would make the
// supervisor several times its size.
package helper

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// Main makes the check that args ask for and returns the exit code: 0 where it passes, otherwise 1 with the reason on one line of standard
// error.
func Main(args []string) int {
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	return 0
}

var errUsage = errors.New("usage: supervisor-probe http|https [--timeout 1s] [--headers] URL | " +
	"supervisor-probe tcp [--timeout 1s] HOST:PORT | supervisor-probe grpc [--timeout 1s] HOST:PORT [SERVICE]")

func run(args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	timeout := flags.Duration("timeout", time.Second, "")
	withHeaders := flags.Bool("headers", false, "") // one a line on standard input: arguments could be read by all
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	switch verb := args[0]; {
	case (verb == "http" || verb == "https") && flags.NArg() == 1:
		headers, err := readLines(os.Stdin, *withHeaders)
		if err == nil {
			err = checkHTTP(ctx, flags.Arg(0), headers)
		}
		return explain(ctx, "GET "+flags.Arg(0), err, *timeout)
	case verb == "tcp" && flags.NArg() == 1:
		err := checkTCP(ctx, flags.Arg(0))
		return explain(ctx, "connect "+flags.Arg(0), err, *timeout)
	case verb == "grpc" && (flags.NArg() == 1 || flags.NArg() == 2):
		err := checkGRPC(ctx, flags.Arg(0), flags.Arg(1))
		return explain(ctx, "grpc "+strings.Join(flags.Args(), " "), err, *timeout)
	}
	return errUsage
}

// readLines returns all lines, or none where they are not wanted.
func readLines(from io.Reader, wanted bool) (lines []string, err error) {
	if !wanted {
		return nil, nil
	}
	text, err := io.ReadAll(from)
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines, err
}

// checkTCP passes when a connection can be made.
func checkTCP(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// explain puts what was asked before why it did not pass.
func explain(ctx context.Context, asked string, err error, timeout time.Duration) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: no answer within %s", asked, timeout)
	}
	return fmt.Errorf("%s: %w", asked, err)
}
