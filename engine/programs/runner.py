"""Runs a Pulumi program in its own interpreter, which knows nothing of the engine but the SDK.

Started as a script: standard library and `pulumi` only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

TOLD = 32


def main() -> int:
    """The exit code: 0, 1 after an error that the program raised for its user, its own, 32 after any other."""
    arguments = _parsed()
    # A script's own folder leads sys.path; the program's folder belongs there.
    sys.path[0] = arguments.pwd
    os.chdir(arguments.pwd)
    sys.argv = [arguments.entry, *arguments.rest]
    try:
        import pulumi
        import pulumi.runtime
    except ImportError as error:
        sys.stderr.write(
            f"the Pulumi SDK is not installed for {sys.executable} ({error}); "
            "install it there with `pip install pulumi`\n"
        )
        return 1
    _configure(arguments)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max(arguments.parallel, 1) * 4))
    loop.set_exception_handler(_quiet)
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _program(arguments.entry)))
        return 0
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return 1
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException as error:  # noqa: BLE001  whatever a program raises is its user's business
        return _failed(error)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("monitor", "engine", "project", "root_directory", "stack", "pwd", "dry_run", "organization"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("entry")
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


def _configure(arguments: argparse.Namespace) -> None:
    import pulumi.runtime

    pulumi.runtime.set_all_config(
        json.loads(os.environ.get("PULUMI_CONFIG", "{}")),
        json.loads(os.environ.get("PULUMI_CONFIG_SECRET_KEYS", "[]")),
    )
    settings = pulumi.runtime.Settings(
        monitor=arguments.monitor,
        engine=arguments.engine,
        project=arguments.project,
        root_directory=arguments.root_directory,
        stack=arguments.stack,
        parallel=max(arguments.parallel, 1) * 4,
        dry_run=arguments.dry_run == "true",
        organization=arguments.organization,
    )
    pulumi.runtime.configure(settings)


def _program(entry: str) -> None:
    runpy.run_path(entry, run_name="__main__")


def _quiet(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Failed calls are reported once, where their result is waited for."""
    import grpc

    if not isinstance(context.get("exception"), grpc.RpcError):
        loop.default_exception_handler(context)


def _failed(error: BaseException) -> int:
    import grpc
    import pulumi

    if isinstance(error, grpc.RpcError) and error.code() == grpc.StatusCode.UNAVAILABLE:
        # The engine is gone or going, and has said why.
        return TOLD
    pulumi.log.error(f"Program failed with an unhandled exception:\n{_user_traceback(error)}")
    return TOLD


def _user_traceback(error: BaseException) -> str:
    """The traceback without what lies between the program and this file."""
    frames = traceback.extract_tb(error.__traceback__)
    machinery = (__file__, runpy.__file__, "<frozen runpy>", asyncio.__file__.removesuffix("__init__.py"))
    own = [
        frame
        for frame in frames
        if not frame.filename.startswith(machinery) and "/pulumi/runtime/" not in frame.filename
    ]
    lines = ["Traceback (most recent call last):\n", *traceback.format_list(own or list(frames))]
    return "".join([*lines, *traceback.format_exception_only(error)])


if __name__ == "__main__":
    sys.exit(main())
