// Command child is an app or a sidecar that takes as much memory as its arguments say; static, so that any image can run it.
package main

import (
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is said goes to stderr, so that it isn't mixed with what a JVM writes to stdout piece by piece.
const usage = `Usage: child DEED...
  env NAME     write a variable of the environment
  touch SIZE   have that many megabytes resident, and say so
  heap SIZE    have that many megabytes in Go's own heap, and say so
  mount TYPE   have a file system of the kernel's at the next argument
  module FILE  load a module of the kernel's, with the next argument for its options
  swapon FILE  have memory swapped to a device
  sleep TIME   wait for so many seconds, and no longer than until SIGTERM
  leak RATE    take that many megabytes a second until SIGTERM, and say so when there are 16 of them
  await        wait for SIGUSR1
  serve        end at SIGTERM, with status 0
`

func main() {
	log.SetFlags(0)
	awaited, terminated := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(awaited, syscall.SIGUSR1)
	signal.Notify(terminated, syscall.SIGTERM)

	for words := os.Args[1:]; ; {
		deed := next(&words)
		switch deed {
		case "env":
			name := next(&words)
			log.Printf("%s=%s", name, os.Getenv(name))
		case "touch":
			megabytes := number(&words)
			touch(megabytes << 20)
			log.Printf("has %dM", megabytes)
		case "heap":
			heap := make([]byte, number(&words)<<20)
			log.Printf("has %dM of heap", len(heap)>>20)
		case "leak":
			rate := number(&words)
			leak(rate, terminated)
			return
		case "await":
			<-awaited
		case "mount":
			mount(next(&words), next(&words))
			if len(words) == 0 {
				return
			}
		case "module":
			load(next(&words), next(&words))
			return
		case "swapon":
			swap(next(&words))
			return
		case "sleep":
			seconds := number(&words)
			select {
			case <-time.After(time.Duration(seconds) * time.Second):
			case <-terminated:
			}
			return
		case "serve":
			<-terminated
			log.Print("told to stop")
			os.Exit(0)
		default:
			log.Fatal(usage)
		}
	}
}

func next(words *[]string) string {
	if len(*words) == 0 {
		log.Fatal(usage)
	}
	word := (*words)[0]
	*words = (*words)[1:]
	return word
}

func number(words *[]string) int64 {
	n, err := strconv.ParseInt(next(words), 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return n
}

// mount replaces what is mounted at a directory, such as what a namespace above ours has there.
func mount(kind, at string) {
	_ = syscall.Unmount(at, 0)
	if err := syscall.Mount(kind, at, kind, 0, ""); err != nil {
		log.Fatal(err)
	}
}

func load(module, options string) {
	file, err := os.Open(module)
	if err == nil {
		err = unix.FinitModule(int(file.Fd()), options, 0)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func swap(device string) {
	name, err := unix.BytePtrFromString(device)
	if err != nil {
		log.Fatal(err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SWAPON, uintptr(unsafe.Pointer(name)), 0, 0); errno != 0 {
		log.Fatal(errno)
	}
}

// touch takes memory, until so many bytes of all that the process has are resident.
func touch(bytes int64) {
	for resident() < bytes {
		take()
	}
}

// leak takes memory at a rate in megabytes a second.
func leak(rate int64, end <-chan os.Signal) {
	tick := time.NewTicker(time.Second / time.Duration(rate))
	for taken := 1; ; taken++ {
		take()
		if taken == 16 {
			log.Print("leaks")
		}
		select {
		case <-end:
			log.Printf("told to stop, with %dM", taken)
			return
		case <-tick.C:
		}
	}
}

// take writes to a megabyte of memory, outside of Go's own.
func take() {
	const piece = 1 << 20
	memory, err := syscall.Mmap(-1, 0, piece, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		log.Fatal(err)
	}
	for i := 0; i < piece; i += os.Getpagesize() {
		memory[i] = 1
	}
}

func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		log.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
