// Command child is an app or a sidecar that takes as much memory as its arguments say; static, so that any image can run it.
package main

import (
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// What is said goes to stderr, so that it isn't mixed with what a JVM writes to stdout piece by piece.
const usage = `Usage: child DEED...
  env NAME     write a variable of the environment
  touch SIZE   have that many megabytes resident, and say so
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
			megabytes, err := strconv.ParseInt(next(&words), 10, 64)
			if err != nil {
				log.Fatal(err)
			}
			touch(megabytes << 20)
			log.Printf("has %dM", megabytes)
		case "await":
			<-awaited
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

// touch writes to memory, outside of Go's own, until so many bytes of all that the process has are resident.
func touch(bytes int64) {
	const piece = 1 << 20
	page := os.Getpagesize()
	for resident() < bytes {
		memory, err := syscall.Mmap(-1, 0, piece, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			log.Fatal(err)
		}
		for i := 0; i < piece; i += page {
			memory[i] = 1
		}
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
