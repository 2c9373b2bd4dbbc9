package main

import (
	"bufio"
	"net"
	"net/http"
	"time"
)

// slowWriter lets a pause pass before the first byte of an answer, or until the client has gone.
type slowWriter struct {
	http.ResponseWriter
	pause time.Duration
	gone  <-chan struct{}
}

func (s *slowWriter) wait() {
	if s.pause == 0 {
		return
	}
	timer := time.NewTimer(s.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.gone:
	}
	s.pause = 0
}

func (s *slowWriter) WriteHeader(code int) {
	s.wait()
	s.ResponseWriter.WriteHeader(code)
}

func (s *slowWriter) Write(body []byte) (int, error) {
	s.wait()
	return s.ResponseWriter.Write(body)
}

// Flush and Hijack are there because podinfo's chunked and WebSocket handlers ask for them by type.

func (s *slowWriter) Flush() {
	s.wait()
	_ = http.NewResponseController(s.ResponseWriter).Flush()
}

func (s *slowWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	s.wait()
	return http.NewResponseController(s.ResponseWriter).Hijack()
}
