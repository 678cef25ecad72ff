// Command beside writes a file that lies beside its executable, and stays.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	executable, err := os.Executable()
	if err == nil {
		var text []byte
		text, err = os.ReadFile(filepath.Join(filepath.Dir(executable), os.Args[1]))
		fmt.Println(string(text))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}
