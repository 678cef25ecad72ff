// Command vuln looks for known vulnerabilities in what our programs call. It fails on those of the modules that we require;
// those of Go's own library it only tells, since they are mended by a newer Go and not by a change here.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
	"golang.org/x/vuln/scan"
)

const standardLibrary = "stdlib"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "vuln:", err)
		os.Exit(1)
	}
}

// run takes govulncheck's own arguments: -db URL PACKAGE…
func run(args []string) error {
	var output bytes.Buffer
	command := scan.Command(context.Background(), append([]string{"-format", "json"}, args...)...)
	command.Stdout = &output
	if err := command.Start(); err != nil {
		return err
	}
	if err := command.Wait(); err != nil {
		return err
	}
	all, err := read(&output)
	if err != nil {
		return err
	}
	return all.tell()
}

// message is the part of a line of govulncheck's output that is of interest here.
type message struct {
	Config *struct {
		GoVersion string `json:"go_version"`
	}
	Finding *finding
}

type finding struct {
	OSV   string
	Fixed string `json:"fixed_version"`
	Trace []struct{ Module, Version, Function string }
}

// isCalled reports whether one of our programs calls what is vulnerable, and doesn't merely have it.
func (f finding) isCalled() bool { return f.Trace[0].Function != "" }

type findings struct {
	goVersion string
	called    map[string][]finding // by the vulnerable module, one for each vulnerability
}

func read(output io.Reader) (findings, error) {
	all := findings{called: map[string][]finding{}}
	for decoder := json.NewDecoder(output); ; {
		var m message
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, err
		}
		if m.Config != nil {
			all.goVersion = m.Config.GoVersion
		}
		if m.Finding != nil && m.Finding.isCalled() {
			all.add(*m.Finding)
		}
	}
}

func (all *findings) add(f finding) {
	module := f.Trace[0].Module
	isSame := func(other finding) bool { return other.OSV == f.OSV }
	if !slices.ContainsFunc(all.called[module], isSame) {
		all.called[module] = append(all.called[module], f)
	}
}

// tell writes what was found; what a change here can mend is an error.
func (all findings) tell() error {
	if ours := all.called[standardLibrary]; len(ours) > 0 {
		fmt.Printf("warning: %s has %d known vulnerabilities that our programs call, of which %s has none: %s\n",
			all.goVersion, len(ours), "go"+strings.TrimPrefix(fixed(ours), "v"), identifiers(ours))
	}
	delete(all.called, standardLibrary)
	var errs []error
	for module, found := range all.called {
		errs = append(errs, fmt.Errorf("%s %s has %s; mended in %s", module, found[0].Trace[0].Version, identifiers(found), fixed(found)))
	}
	if errs == nil {
		fmt.Println("no known vulnerability of the modules that we require is called by our programs")
	}
	return errors.Join(errs...)
}

// fixed returns the lowest version that has none of the vulnerabilities.
func fixed(all []finding) string {
	var versions []string
	for _, f := range all {
		versions = append(versions, f.Fixed)
	}
	return slices.MaxFunc(versions, semver.Compare)
}

func identifiers(all []finding) string {
	var ids []string
	for _, f := range all {
		ids = append(ids, f.OSV)
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}
