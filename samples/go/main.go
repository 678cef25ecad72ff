// Command go is a web app of the samples that needs neither a shell nor a C library: it asks its sidecar for its configuration.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

var (
	port      = cmp.Or(os.Getenv("PORT"), "8080")
	configURL = "http://localhost:" + cmp.Or(os.Getenv("CONFIG_SERVER_PORT"), "8082") + "/config/"
)

func main() {
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "Hi, I'm an app with a sidecar!")
	})
	http.HandleFunc("GET /config", serveConfig)

	listener, err := net.Listen("tcp", ":"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("the app listens on port", port)
	log.Fatal(http.Serve(listener, nil))
}

func serveConfig(w http.ResponseWriter, _ *http.Request) {
	fmt.Println("Asking the config server at", configURL)
	config, err := fetch(configURL)
	if err != nil {
		fmt.Println("The config server doesn't answer:", err)
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Printf("Received %s from the config server\n", bytes.TrimSpace(config))
	_, _ = w.Write(config)
}

func fetch(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}
