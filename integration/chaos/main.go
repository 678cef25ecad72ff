// Chaos runs the supervisor with random plans, children and faults, and holds it to what the documentation promises. A seed gives the same
// plan and the same faults again.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "enter" {
		fmt.Fprintln(os.Stderr, "chaos:", enter(os.Args[2:]))
		os.Exit(99)
	}
	c := campaign{}
	flag.Uint64Var(&c.first, "seed", uint64(time.Now().Unix()), "the first seed")
	flag.Uint64Var(&c.runs, "runs", 0, "how many runs; 0: as many as the time allows")
	flag.DurationVar(&c.limit, "for", 5*time.Minute, "how long to go on")
	flag.IntVar(&c.parallel, "parallel", 4, "how many at once; they wait more than they work")
	flag.StringVar(&c.supervisor, "supervisor", "build/bin/supervisor", "the supervisor to try")
	flag.BoolVar(&c.tell, "tell", false, "say of each run what it is, and show what the supervisor said")
	flag.Parse()
	if err := c.run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// campaign is seed after seed.
type campaign struct {
	first, runs  uint64
	limit        time.Duration
	parallel     int
	supervisor   string
	tell         bool
	child, dir   string
	answers      *answers
	done, broken atomic.Uint64
	seen         counts
}

// run fails if any promise was broken.
func (c *campaign) run() (err error) {
	if c.dir, err = os.MkdirTemp("/tmp", "chaos"); err != nil { // a socket's path is short
		return err
	}
	defer os.RemoveAll(c.dir)
	if err := os.Chmod(c.dir, 0o755); err != nil {
		return err
	}
	if c.supervisor, err = bring(c.supervisor, c.dir); err != nil { // where other users can run it, and a new build changes nothing
		return err
	}
	if c.child, err = bring("build/chaos-child", c.dir); err != nil {
		return err
	}
	if c.answers, err = listenAnswers(); err != nil {
		return err
	}
	began := time.Now()
	var next atomic.Uint64
	var workers sync.WaitGroup
	for range c.parallel {
		workers.Go(func() {
			for time.Since(began) < c.limit {
				n := next.Add(1) - 1
				if c.runs > 0 && n >= c.runs {
					return
				}
				c.try(c.first + n)
			}
		})
	}
	workers.Wait()
	fmt.Printf("%d runs from seed %d on in %v, %d broken promises\n%s", c.done.Load(), c.first, time.Since(began).Round(time.Second),
		c.broken.Load(), c.seen.String())
	if c.broken.Load() > 0 {
		return fmt.Errorf("replay one with: scripts/chaos --runs 1 --tell --seed SEED")
	}
	return nil
}

func (c *campaign) try(seed uint64) {
	t := newTrial(seed, c)
	broken := t.run()
	for _, promise := range broken {
		c.broken.Add(1)
		fmt.Printf("seed %d (%s): %s\n", seed, t.place, promise)
	}
	if c.tell {
		fmt.Printf("seed %d (%s): exit code %d\n%s%s", seed, t.place, t.code, t.history(), t.stderr.String())
	}
	c.seen.add(t)
	c.done.Add(1)
}

// bring copies a program into a directory.
func bring(program, dir string) (string, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, filepath.Base(program))
	return to, os.WriteFile(to, text, 0o755)
}
