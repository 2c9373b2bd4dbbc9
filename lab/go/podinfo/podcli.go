package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

const podcliUsage = `usage: podcli check http|tcp|grpc ADDRESS [--retry N] [--delay 1s] [--timeout 5s] [--method GET] [--body TEXT] [--service NAME]`

// check is one health check as the command line says it.
type check struct {
	kind, address         string
	method, body, service string
	retry                 int
	delay, timeout        time.Duration
}

// podcli runs one health check and returns the exit code: 0 healthy, 1 not, 2 wrong usage. Manifests use it in
// exec probes.
func podcli(args []string) int {
	asked, err := parseCheck(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	for attempt := 0; ; attempt++ {
		err := asked.once()
		if err == nil {
			return 0
		}
		fmt.Fprintf(os.Stderr, "check %s %s: %v\n", asked.kind, asked.address, err)
		if attempt >= asked.retry {
			return 1
		}
		time.Sleep(asked.delay)
	}
}

func parseCheck(args []string) (check, error) {
	var c check
	flags := pflag.NewFlagSet("podcli", pflag.ContinueOnError)
	flags.Usage = func() {}
	flags.StringVar(&c.method, "method", http.MethodGet, "HTTP method")
	flags.StringVar(&c.body, "body", "", "HTTP body")
	flags.StringVar(&c.service, "service", "", "gRPC service name")
	flags.IntVar(&c.retry, "retry", 0, "times to try again")
	flags.DurationVar(&c.delay, "delay", time.Second, "pause between tries")
	flags.DurationVar(&c.timeout, "timeout", 5*time.Second, "time for one try")
	if err := flags.Parse(args); err != nil {
		return c, fmt.Errorf("%w\n%s", err, podcliUsage)
	}
	if flags.NArg() != 3 || flags.Arg(0) != "check" {
		return c, errors.New(podcliUsage)
	}
	c.kind, c.address = flags.Arg(1), flags.Arg(2)
	return c, nil
}

func (c check) once() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	switch c.kind {
	case "http":
		return c.http(ctx)
	case "tcp":
		return c.tcp(ctx)
	case "grpc":
		return c.grpc(ctx)
	}
	return fmt.Errorf("unknown kind of check; known: http, tcp, grpc")
}

func (c check) http(ctx context.Context) error {
	url := c.address
	if !strings.Contains(url, "://") {
		url = "http://" + url
	}
	request, err := http.NewRequestWithContext(ctx, c.method, url, strings.NewReader(c.body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode >= 400 {
		return fmt.Errorf("answered %s", response.Status)
	}
	return nil
}

func (c check) tcp(ctx context.Context) error {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	return connection.Close()
}

func (c check) grpc(ctx context.Context) error {
	connection, err := grpc.NewClient(c.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	health := grpc_health_v1.NewHealthClient(connection)
	answer, err := health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: c.service})
	if err != nil {
		return err
	}
	if answer.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("answered %s", answer.Status)
	}
	return nil
}
