package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"github.com/stefanprodan/podinfo/pkg/version"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// podinfoFlags are podinfo's flags with podinfo's defaults, so that a manifest's command line works unchanged.
func podinfoFlags() *pflag.FlagSet {
	flags := pflag.NewFlagSet("podinfo", pflag.ContinueOnError)

	flags.String("host", "", "address to listen on")
	flags.Int("port", 9898, "HTTP port")
	flags.Int("secure-port", 0, "HTTPS port, 0 for none")
	flags.Int("port-metrics", 0, "metrics port, 0 for none")
	flags.Int("grpc-port", 0, "gRPC port, 0 for none")
	flags.String("grpc-service-name", "podinfo", "gRPC service name")
	flags.Bool("h2c", false, "allow HTTP/2 without TLS")

	flags.Duration("http-client-timeout", 2*time.Minute, "timeout of calls to backends")
	flags.Duration("http-server-timeout", 30*time.Second, "read and write timeout of the server")
	flags.Duration("server-shutdown-timeout", 5*time.Second, "time to finish requests when stopping")

	flags.StringSlice("backend-url", nil, "backends that /api/echo calls")
	flags.String("cache-server", "", "Redis address, tcp://host:port")
	flags.String("otel-service-name", "", "name in traces; empty for no tracing")

	flags.String("config-path", "", "folder of configuration files")
	flags.String("config", "config.yaml", "name of the configuration file")
	flags.String("data-path", "/data", "folder for stored data")
	flags.String("cert-path", "/data/cert", "folder of tls.crt and tls.key")

	flags.String("ui-path", "./ui", "folder of the page's templates")
	flags.String("ui-logo", "", "logo of the page")
	flags.String("ui-color", "#34577c", "colour of the page")
	flags.String("ui-message", "greetings from podinfo v"+version.VERSION, "message on the page")

	flags.Bool("random-delay", false, "delay answers at random")
	flags.String("random-delay-unit", "s", "s or ms")
	flags.Int("random-delay-min", 0, "shortest random delay")
	flags.Int("random-delay-max", 5, "longest random delay")
	flags.Bool("random-error", false, "fail a third of the requests")
	flags.Bool("unhealthy", false, "never become healthy")
	flags.Bool("unready", false, "never become ready")
	flags.Int("stress-cpu", 0, "cores to keep busy")
	flags.Int("stress-memory", 0, "MB to hold")

	flags.String("level", "info", "debug, info, warn, error, fatal or panic")
	flags.BoolP("version", "v", false, "print the version")
	return flags
}

// loadSettings merges flags, PODINFO_* and the configuration file into viper, where podinfo's packages look.
func loadSettings(flags *pflag.FlagSet) error {
	if err := viper.BindPFlags(flags); err != nil {
		return err
	}
	viper.RegisterAlias("backendUrl", "backend-url")
	viper.SetEnvPrefix("PODINFO")
	viper.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	viper.AutomaticEnv()

	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	viper.Set("hostname", hostname)
	viper.Set("version", version.VERSION)
	viper.Set("revision", version.REVISION)
	viper.SetDefault("jwt-secret", "lab")

	if err := readConfigFile(); err != nil {
		return err
	}
	takeNumericPorts(flags)
	return checkRandomDelay()
}

func readConfigFile() error {
	file := filepath.Join(viper.GetString("config-path"), viper.GetString("config"))
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	viper.SetConfigFile(file)
	if err := viper.ReadInConfig(); err != nil {
		return fmt.Errorf("configuration file %s: %w", file, err)
	}
	return nil
}

// takeNumericPorts undoes Kubernetes' Service variables: a Service called podinfo sets PODINFO_PORT=tcp://….
func takeNumericPorts(flags *pflag.FlagSet) {
	for _, name := range []string{"port", "secure-port"} {
		if _, err := strconv.Atoi(viper.GetString(name)); err != nil {
			viper.Set(name, flags.Lookup(name).Value.String())
		}
	}
}

func checkRandomDelay() error {
	if viper.GetInt("random-delay-max") < viper.GetInt("random-delay-min") {
		return errors.New("--random-delay-max is below --random-delay-min")
	}
	if unit := viper.GetString("random-delay-unit"); unit != "s" && unit != "ms" {
		return fmt.Errorf("--random-delay-unit is %q; it may be s or ms", unit)
	}
	return nil
}

func newLogger(level string) (*zap.Logger, error) {
	parsed, err := zap.ParseAtomicLevel(level)
	if err != nil {
		return nil, fmt.Errorf("--level: %w", err)
	}
	config := zap.NewProductionConfig()
	config.Level = parsed
	config.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	return config.Build()
}
