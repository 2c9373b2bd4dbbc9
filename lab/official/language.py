"""Pulumi's language host for Python: runs programs and policy packs for the official engine.

Started by the engine as a script: `language.py RUNNER [FLAGS] ENGINE`. It prints its port and serves `LanguageRuntime`
until it is ended. RUNNER is the SDK's own `pulumi-language-python-exec`.
"""

import json
import os
import platform
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import grpc
from google.protobuf import json_format
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

TOLD = 32
"""The runner's exit code for a failure that it has reported itself."""

_OPTIONS = [("grpc.max_receive_message_length", 400 << 20), ("grpc.max_send_message_length", 400 << 20)]


class PythonHost(language_pb2_grpc.LanguageRuntimeServicer):
    """What the engine asks of a language when it runs what is installed already; anything else is unimplemented."""

    def __init__(self, runner: str, engine: str):
        self._runner, self._engine = runner, engine

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The host has no version of its own."""
        return plugin_pb2.PluginInfo(version="1.0.0")

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        """None: the engine finds the plugins of a program on PATH when the program asks for them."""
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:
        """None, for the same reason."""
        return language_pb2.GetRequiredPluginsResponse()

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Not looked up: only `pulumi about` shows them."""
        return language_pb2.GetProgramDependenciesResponse()

    def RuntimeOptionsPrompts(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing to ask a user."""
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The interpreter."""
        python = interpreter(Path(request.info.program_directory), _options(request.info))
        return language_pb2.AboutResponse(executable=python, version=platform.python_version())

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Run the program to its end; what it prints goes to the engine's own output, as the engine expects."""
        folder = Path(request.info.root_directory or request.pwd)
        entry = request.info.entry_point or request.program or "."
        python = interpreter(folder, _options(request.info))
        flags = {
            "--monitor": request.monitor_address,
            "--engine": self._engine,
            "--project": request.project,
            "--root_directory": str(folder),
            "--stack": request.stack,
            "--pwd": request.pwd,
            "--dry_run": "true" if request.dryRun else "false",
            "--parallel": str(request.parallel),
            "--organization": request.organization,
        }
        command = [python, "-u", self._runner, *(word for flag in flags.items() for word in flag)]
        command.append(str(Path(request.info.program_directory or request.pwd, entry)))
        environment = {
            **os.environ,
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        process = subprocess.Popen(command, cwd=request.pwd, env=environment, stdin=subprocess.DEVNULL)
        context.add_callback(process.kill)
        code = process.wait()
        if code in (0, TOLD):
            return language_pb2.RunResponse(bail=code == TOLD)
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Run a policy pack, and hand on what it prints (first of all its port) until it ends."""
        folder = request.info.program_directory
        python = interpreter(Path(folder), _options(request.info))
        process = subprocess.Popen(
            [python, "-u", "-m", "pulumi.policy", *request.args, folder],
            cwd=request.pwd,
            env={**os.environ, **dict(pair.split("=", 1) for pair in request.env)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.kill)
        assert process.stdout
        assert process.stderr
        for kind, chunk in _output({"stdout": process.stdout, "stderr": process.stderr}):
            if kind == "stdout":
                yield language_pb2.RunPluginResponse(stdout=chunk)
            else:
                yield language_pb2.RunPluginResponse(stderr=chunk)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def interpreter(folder: Path, options: Mapping[str, Any]) -> str:
    """The Python of the project's virtual environment if it names one, else this one."""
    name = options.get("virtualenv")
    return str(folder / name / "bin" / "python") if name else sys.executable


def _options(info: Any) -> Mapping[str, Any]:
    return json_format.MessageToDict(info.options)


def _output(streams: Mapping[str, IO[bytes]]) -> Iterator[tuple[str, bytes]]:
    """Chunks of all streams as they come, until the last has ended."""
    chunks: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

    def read(kind: str, stream: IO[bytes]) -> None:
        while chunk := os.read(stream.fileno(), 65536):
            chunks.put((kind, chunk))
        chunks.put((kind, b""))

    for kind, stream in streams.items():
        threading.Thread(target=read, args=(kind, stream), daemon=True).start()
    left = len(streams)
    while left:
        kind, chunk = chunks.get()
        if chunk:
            yield kind, chunk
        else:
            left -= 1


def _end_with(engine: int) -> None:
    """Ends this process once that of a pidfd has ended: an engine that is killed interrupts nobody."""
    select.select([engine], [], [])
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until the engine interrupts this process, which is how it ends its plugins, or is gone itself."""
    threading.Thread(target=_end_with, args=(os.pidfd_open(os.getppid()),), daemon=True).start()
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(PythonHost(sys.argv[1], sys.argv[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    signal.signal(signal.SIGINT, lambda *_: server.stop(None))
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
