package recipes_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// A request is one, on a connection of its own. It returns what is said of the answer, or why it failed.
type request func() (string, error)

// get requests a path of the app on port 8080, and returns its text.
func get(c lab.Container, path string) request {
	return func() (string, error) {
		address, err := c.Address("8080/tcp")
		if err != nil {
			return "", err
		}
		return fetch(&http.Transport{DisableKeepAlives: true}, "http://"+address+path)
	}
}

func fetch(transport *http.Transport, url string) (string, error) {
	client := http.Client{Transport: transport, Timeout: time.Minute}
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return string(text), err
}

// answers are what came of several requests.
type answers struct {
	done   sync.WaitGroup
	mutex  sync.Mutex
	good   []string
	failed []string
}

func (a *answers) ask(r request) {
	text, err := r()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if err != nil {
		a.failed = append(a.failed, err.Error())
	} else {
		a.good = append(a.good, text)
	}
}

// begin sends n requests at once.
func begin(n int, r request) *answers {
	a := &answers{}
	for range n {
		a.done.Go(func() { a.ask(r) })
	}
	return a
}

// repeat sends one request after the other until it is stopped.
func repeat(r request) (a *answers, stop func()) {
	a = &answers{}
	var stopped atomic.Bool
	a.done.Go(func() {
		for !stopped.Load() {
			a.ask(r)
		}
	})
	return a, func() { stopped.Store(true) }
}

// soFar returns the good answers that there are.
func (a *answers) soFar() []string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return slices.Clone(a.good)
}

// failedSoFar returns how many have failed.
func (a *answers) failedSoFar() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return len(a.failed)
}

// newest returns the last good answer that there is.
func (a *answers) newest() string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.good) == 0 {
		return ""
	}
	return a.good[len(a.good)-1]
}

// failures waits for all answers, and returns why some failed.
func (a *answers) failures() []string {
	a.done.Wait()
	return a.failed
}
