// Command podinfo is the lab's podinfo: the servers of github.com/stefanprodan/podinfo, built from one pinned
// revision, with two additions. The version it reports is the tag of the image it plays, and it can be told to
// fail or to be slow (see faults.go). Called as podcli it runs health checks (see podcli.go).
//
// Build: CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o podinfo .
//
// Environment of the lab, besides podinfo's own PODINFO_*:
//
//	LAB_IMAGE      name and tag of the image played, such as podinfo:6.0.2: the key into the faults file
//	LAB_IMAGE_TAG  the version to report, such as 6.0.2
//	LAB_FAULTS     path of the faults file; without it nothing fails on purpose
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"github.com/stefanprodan/podinfo/pkg/api/grpc"
	api "github.com/stefanprodan/podinfo/pkg/api/http"
	"github.com/stefanprodan/podinfo/pkg/signals"
	"github.com/stefanprodan/podinfo/pkg/version"
	"go.uber.org/zap"
	rpc "google.golang.org/grpc"
)

func main() {
	if filepath.Base(os.Args[0]) == "podcli" {
		os.Exit(podcli(os.Args[1:]))
	}
	if tag := os.Getenv("LAB_IMAGE_TAG"); tag != "" {
		version.VERSION = tag
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "podinfo:", err)
		os.Exit(2)
	}
}

func run(args []string) error {
	flags := podinfoFlags()
	switch err := flags.Parse(args); {
	case err == pflag.ErrHelp:
		return nil
	case err != nil:
		return fmt.Errorf("%w; see podinfo --help", err)
	}
	if asked, _ := flags.GetBool("version"); asked {
		fmt.Println(version.VERSION)
		return nil
	}
	if err := loadSettings(flags); err != nil {
		return err
	}
	logger, err := newLogger(viper.GetString("level"))
	if err != nil {
		return err
	}
	defer logger.Sync()
	defer zap.RedirectStdLog(logger)()
	return serve(logger)
}

func serve(logger *zap.Logger) error {
	var web api.Config
	var calls grpc.Config
	if err := viper.Unmarshal(&web); err != nil {
		return fmt.Errorf("HTTP settings: %w", err)
	}
	if err := viper.Unmarshal(&calls); err != nil {
		return fmt.Errorf("gRPC settings: %w", err)
	}
	logger.Info("Starting podinfo", zap.String("version", version.VERSION), zap.String("port", web.Port))
	stress(viper.GetInt("stress-cpu"), viper.GetInt("stress-memory"))

	var callServer *rpc.Server
	if calls.Port > 0 {
		server, err := grpc.NewServer(&calls, logger)
		if err != nil {
			return err
		}
		callServer = server.ListenAndServe()
	}
	server, err := api.NewServer(&web, logger)
	if err != nil {
		return err
	}
	plain, secure, healthy, ready := server.ListenAndServe()
	injectFaults(context.Background(), logger, plain, secure)

	shutdown, err := signals.NewShutdown(web.ServerShutdownTimeout, logger)
	if err != nil {
		return err
	}
	shutdown.Graceful(signals.SetupSignalHandler(), plain, secure, callServer, healthy, ready)
	return nil
}

// injectFaults puts the fault middleware in front of podinfo's own handler. A server that is switched off is nil.
func injectFaults(ctx context.Context, logger *zap.Logger, servers ...*http.Server) {
	path, image := os.Getenv("LAB_FAULTS"), os.Getenv("LAB_IMAGE")
	if path == "" || image == "" {
		return
	}
	faults := watchFaults(ctx, path, image, logger)
	for _, server := range servers {
		if server != nil {
			// podinfo's server is listening by now and looks its handler up per request.
			server.Handler = faults.wrap(server.Handler)
		}
	}
}
