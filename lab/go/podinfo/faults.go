package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// pollInterval is how soon a change of the faults file counts; the lab promises 200 ms.
const pollInterval = 100 * time.Millisecond

// fault is what one image does wrong. The faults file maps images to faults:
//
//	{"podinfo:6.0.2": {"error_rate": 0.3, "status": 500, "latency_ms": 800}}
type fault struct {
	ErrorRate float64 `json:"error_rate"` // share of requests that fail, 0 to 1
	Status    int     `json:"status"`     // what a failed request answers; 500 if absent
	LatencyMS float64 `json:"latency_ms"` // added before every answer
}

func (f fault) code() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

// faults holds the fault in force for one image.
type faults struct{ current atomic.Pointer[fault] }

// watchFaults reads the file now and again whenever it has changed, until ctx ends.
func watchFaults(ctx context.Context, path, image string, logger *zap.Logger) *faults {
	f := &faults{}
	f.current.Store(&fault{})
	seen := f.refresh(path, image, "", logger)
	go func() {
		for ctx.Err() == nil {
			time.Sleep(pollInterval)
			seen = f.refresh(path, image, seen, logger)
		}
	}()
	return f
}

// refresh reads the file if its stamp is not the one seen and returns the new stamp. What can't be read changes
// nothing; a file that is gone means no fault.
func (f *faults) refresh(path, image, seen string, logger *zap.Logger) string {
	info, err := os.Stat(path)
	if os.IsNotExist(err) {
		f.current.Store(&fault{})
		return ""
	}
	if err != nil {
		return seen
	}
	stamp := info.ModTime().String() + " " + strconv.FormatInt(info.Size(), 10)
	if stamp == seen {
		return seen
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return seen
	}
	var all map[string]fault
	if err := json.Unmarshal(text, &all); err != nil {
		logger.Warn("faults file is not JSON of the expected shape; the last one read holds",
			zap.String("path", path), zap.Error(err))
		return stamp
	}
	mine := all[image]
	f.current.Store(&mine)
	logger.Info("faults in force", zap.String("image", image), zap.Float64("error_rate", mine.ErrorRate),
		zap.Int("status", mine.code()), zap.Float64("latency_ms", mine.LatencyMS))
	return stamp
}

// wrap answers with the fault in force, except on what probes and Prometheus ask for.
//
// Both faults happen inside podinfo's own handlers, so that its own metrics see them: a request that shall fail
// becomes one for podinfo's /status/CODE, and the delay passes when the handler begins to answer.
func (f *faults) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := *f.current.Load()
		if now == (fault{}) || spared(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if now.LatencyMS > 0 {
			pause := time.Duration(now.LatencyMS * float64(time.Millisecond))
			w = &slowWriter{ResponseWriter: w, pause: pause, gone: r.Context().Done()}
		}
		if rand.Float64() < now.ErrorRate {
			r = failing(r, now.code())
		}
		next.ServeHTTP(w, r)
	})
}

func spared(path string) bool {
	return path == "/metrics" || path == "/healthz" || strings.HasPrefix(path, "/readyz")
}

func failing(r *http.Request, code int) *http.Request {
	failed := r.Clone(r.Context())
	failed.Method = http.MethodGet
	failed.URL.Path = "/status/" + strconv.Itoa(code)
	failed.URL.RawPath = ""
	return failed
}
