// Command config-server is the samples' sidecar: it gives the app beside it a configuration that the app doesn't hold itself.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

type configuration struct {
	Scope    string
	Password string
}

func main() {
	listener, err := net.Listen("tcp", net.JoinHostPort("localhost", os.Getenv("CONFIG_SERVER_PORT")))
	if err != nil {
		log.Fatalf("config-server: CONFIG_SERVER_PORT must be a free port: %v", err)
	}
	fmt.Println("listening...")

	http.HandleFunc("/config/", serveConfig)
	log.Fatal(http.Serve(listener, nil))
}

func serveConfig(w http.ResponseWriter, _ *http.Request) {
	fmt.Println("Received a request for config.")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(configuration{Scope: "some-service.admin", Password: "not-a-real-p4$$w0rd"})
}
