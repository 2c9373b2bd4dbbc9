// Command rollouts-demo is the lab's stand-in for argoproj/rollouts-demo: a page of squares, each in the colour of who
// answered. The tag of the image is the colour; /color answers with it.
//
// Environment:
//
//	LAB_IMAGE      name and tag of the image played, such as rollouts-demo:blue: the key into the faults file
//	LAB_IMAGE_TAG  the colour
//	LAB_FAULTS     path of the faults file: {"rollouts-demo:blue": {"error_rate": 0.3, "latency_ms": 800}}
//	LISTEN         address to listen on, :8080 by default
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long requests may go on after the pod has been told to end.
const grace = 5 * time.Second

// fault is what an image does wrong.
type fault struct {
	ErrorRate float64 `json:"error_rate"` // share of requests that fail, 0 to 1
	LatencyMS float64 `json:"latency_ms"` // added before every answer
}

// faultOf reads what is wrong with an image; nothing where the file can't be read, or has another shape.
func faultOf(path, image string) fault {
	text, err := os.ReadFile(path)
	if err != nil {
		return fault{}
	}
	var all map[string]fault
	if json.Unmarshal(text, &all) != nil {
		return fault{}
	}
	return all[image]
}

// color answers with the image's colour.
func color(w http.ResponseWriter, r *http.Request) {
	now := faultOf(os.Getenv("LAB_FAULTS"), os.Getenv("LAB_IMAGE"))
	select {
	case <-time.After(time.Duration(now.LatencyMS * float64(time.Millisecond))):
	case <-r.Context().Done():
	}
	if rand.Float64() < now.ErrorRate {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(os.Getenv("LAB_IMAGE_TAG"))
}

func squares(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, page)
}

func run() error {
	routes := http.NewServeMux()
	routes.HandleFunc("/color", color)
	routes.HandleFunc("GET /{$}", squares)
	address := os.Getenv("LISTEN")
	if address == "" {
		address = ":8080"
	}
	server := &http.Server{Addr: address, Handler: routes, ReadHeaderTimeout: time.Minute}
	told, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		<-told.Done()
		limit, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		ended <- server.Shutdown(limit)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "rollouts-demo:", err)
		os.Exit(1)
	}
}
