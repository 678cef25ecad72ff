// Command probe makes one health check that the supervisor leaves to a process: it exits 0 where the check passes, and
// otherwise 1 with the reason on one line of standard error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: probe https [--timeout 1s] URL [HEADER: VALUE]... | probe grpc [--timeout 1s] HOST:PORT [SERVICE]")

func run(args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	timeout := flags.Duration("timeout", time.Second, "")
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	switch {
	case args[0] == "https" && flags.NArg() > 0:
		err := checkHTTPS(ctx, flags.Arg(0), flags.Args()[1:])
		return explain(ctx, "GET "+flags.Arg(0), err, *timeout)
	case args[0] == "grpc" && (flags.NArg() == 1 || flags.NArg() == 2):
		err := checkGRPC(ctx, flags.Arg(0), flags.Arg(1))
		return explain(ctx, "grpc "+strings.Join(flags.Args(), " "), err, *timeout)
	}
	return errUsage
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
