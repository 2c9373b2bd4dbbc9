package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
)

// app answers like podinfo: 200, or the code that /status/CODE asks for.
func app(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet && r.URL.Path == "/status/503" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func TestFaultInForce(t *testing.T) {
	for _, row := range []struct {
		name, file, method, path string
		code                     int
		slow                     bool
	}{
		{"no file", "", "GET", "/", 200, false},
		{"another image", `{"podinfo:1": {"error_rate": 1, "status": 503}}`, "GET", "/", 200, false},
		{"fails", `{"podinfo:2": {"error_rate": 1, "status": 503}}`, "GET", "/", 503, false},
		{"fails whatever the method", `{"podinfo:2": {"error_rate": 1, "status": 503}}`, "DELETE", "/x", 503, false},
		{"is slow", `{"podinfo:2": {"latency_ms": 60}}`, "GET", "/", 200, true},
		{"fails slowly", `{"podinfo:2": {"error_rate": 1, "status": 503, "latency_ms": 60}}`, "GET", "/", 503, true},
		{"spares liveness", `{"podinfo:2": {"error_rate": 1, "latency_ms": 60}}`, "GET", "/healthz", 200, false},
		{"spares readiness", `{"podinfo:2": {"error_rate": 1, "latency_ms": 60}}`, "GET", "/readyz", 200, false},
		{"spares metrics", `{"podinfo:2": {"error_rate": 1, "latency_ms": 60}}`, "GET", "/metrics", 200, false},
		{"ignores a broken file", `{"podinfo:2": `, "GET", "/", 200, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "faults.json")
			if row.file != "" {
				write(t, path, row.file)
			}
			f := &faults{}
			f.current.Store(&fault{})
			f.refresh(path, "podinfo:2", "", zap.NewNop())

			begun := time.Now()
			answer := httptest.NewRecorder()
			f.wrap(http.HandlerFunc(app)).ServeHTTP(answer, httptest.NewRequest(row.method, row.path, nil))

			if answer.Code != row.code {
				t.Errorf("answered %d, want %d", answer.Code, row.code)
			}
			if slow := time.Since(begun) >= 60*time.Millisecond; slow != row.slow {
				t.Errorf("slow is %t, want %t", slow, row.slow)
			}
		})
	}
}

func TestRemovedFileEndsTheFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faults.json")
	write(t, path, `{"podinfo:2": {"error_rate": 1}}`)
	f := &faults{}
	seen := f.refresh(path, "podinfo:2", "", zap.NewNop())
	if got := f.current.Load().ErrorRate; got != 1 {
		t.Fatalf("error rate %v, want 1", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	f.refresh(path, "podinfo:2", seen, zap.NewNop())
	if got := *f.current.Load(); got != (fault{}) {
		t.Errorf("fault %+v is still in force", got)
	}
}

func TestSlowAnswerEndsWithItsClient(t *testing.T) {
	gone := make(chan struct{})
	close(gone)
	begun := time.Now()
	writer := &slowWriter{ResponseWriter: httptest.NewRecorder(), pause: time.Minute, gone: gone}
	writer.WriteHeader(http.StatusOK)
	if time.Since(begun) > time.Second {
		t.Error("the answer waited for a client that had gone")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
