"""The places where state files are kept: one contract, on a folder and on a real S3 server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from moto.server import ThreadedMotoServer

from engine.resource import Deployment, Resource
from engine.state import layout, stacks
from engine.state.backend import open_backend
from engine.state.errors import StackLocked, StateError
from engine.state.files import Backend
from engine.state.layout import ensure_layout
from engine.state.lock import cancel, locked, locks
from engine.state.objects import DRIVERS
from engine.state.reference import StackReference
from engine.state.secrets import SecretsManager
from engine.state.snapshots import Snapshots

S3_ENV = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, request: pytest.FixtureRequest) -> str:
    """The name of a bucket of one's own."""
    import s3fs

    name = f"state-{abs(hash(request.node.nodeid))}"
    s3fs.S3FileSystem(
        endpoint_url=s3_server, key="testing", secret="testing", use_listings_cache=False
    ).mkdir(name)
    return name


def s3_url(server: str, bucket: str, below: str = "team/state") -> str:
    return (
        f"s3://{bucket}/{below}?region=eu-central-1&endpoint={quote(server, safe='')}&s3ForcePathStyle=true"
    )


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """One backend of each kind."""
    if request.param == "folder":
        return open_backend(f"file://{tmp_path}", {}, tmp_path)
    server, bucket = request.getfixturevalue("s3_server"), request.getfixturevalue("bucket")
    return open_backend(s3_url(server, bucket), S3_ENV, tmp_path)


def test_files_are_written_read_copied_and_deleted(place: Backend) -> None:
    place.write("a/b.json", b"one")
    place.write("a/b.json", b"two")
    place.copy("a/b.json", "c/d.json")
    assert (place.read("a/b.json"), place.read("c/d.json")) == (b"two", b"two")
    assert place.exists("a/b.json")
    place.delete("a/b.json")
    place.delete("a/b.json")
    assert not place.exists("a/b.json")


def test_what_is_missing_is_told_apart_from_what_fails(place: Backend) -> None:
    with pytest.raises(FileNotFoundError):
        place.read("nothing")
    with pytest.raises(FileNotFoundError):
        place.copy("nothing", "something")
    with pytest.raises(FileNotFoundError):
        place.modified("nothing")
    assert place.files("nowhere") == []
    assert place.folders("nowhere") == []


def test_a_folder_lists_what_is_directly_in_it(place: Backend) -> None:
    for key in ("x/b", "x/a", "x/deep/c", "x/deeper/d", "y"):
        place.write(key, b"1")
    assert place.files("x") == ["x/a", "x/b"]
    assert all(place.modified(key) > 1_600_000_000 for key in place.files("x"))
    assert place.folders("x") == ["deep", "deeper"]


def test_what_was_just_written_is_listed(place: Backend) -> None:
    assert place.files("x") == []
    place.write("x/a", b"1")
    assert len(place.files("x")) == 1


def test_a_stack_lives_there(place: Backend, ref: StackReference, secrets: SecretsManager) -> None:
    ensure_layout(place)
    stacks.create(place, ref)
    snapshots = Snapshots(place, ref, secrets)
    root = Resource("urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "pulumi:pulumi:Stack")
    snapshots.save(Deployment([root]))
    assert Snapshots(place, ref, secrets).load().resources == [root]
    assert place.exists(layout.backup(layout.checkpoint(ref)))
    assert stacks.references(place) == [ref]


def test_locks_work_there(place: Backend, ref: StackReference) -> None:
    with locked(place, ref, print), pytest.raises(StackLocked, match="1 lock"), locked(place, ref, print):
        pass
    assert locks(place, ref) == []
    place.write(f"{layout.locks(ref)}/stray.json", b"{}")
    assert cancel(place, ref) == 1
    with locked(place, ref, print):
        pass


def test_the_official_command_line_finds_the_same_keys(
    s3_server: str, bucket: str, ref: StackReference
) -> None:
    import s3fs

    place = open_backend(s3_url(s3_server, bucket), S3_ENV, Path("/"))
    ensure_layout(place)
    stacks.create(place, ref)
    raw = s3fs.S3FileSystem(endpoint_url=s3_server, key="testing", secret="testing", use_listings_cache=False)
    assert sorted(raw.find(bucket)) == [
        f"{bucket}/team/state/.pulumi/meta.yaml",
        f"{bucket}/team/state/.pulumi/stacks/shop/dev.json",
    ]


def test_the_endpoint_may_come_from_the_environment(s3_server: str, bucket: str) -> None:
    place = open_backend(f"s3://{bucket}", {**S3_ENV, "AWS_ENDPOINT_URL": s3_server}, Path("/"))
    place.write("a", b"1")
    assert place.read("a") == b"1"


def test_a_missing_bucket_is_named(s3_server: str) -> None:
    place = open_backend(s3_url(s3_server, "no-such-bucket"), S3_ENV, Path("/"))
    with pytest.raises(StateError, match="no-such-bucket"):
        place.write("a", b"1")


@pytest.mark.parametrize(
    ("query", "env", "expected"),
    [
        ({}, {}, {"client_kwargs": {}}),
        ({"region": "eu"}, {"AWS_REGION": "us"}, {"client_kwargs": {"region_name": "eu"}}),
        ({}, {"AWS_DEFAULT_REGION": "us"}, {"client_kwargs": {"region_name": "us"}}),
        (
            {"endpoint": "minio:9000", "disableSSL": "true", "s3ForcePathStyle": "true"},
            {},
            {
                "endpoint_url": "http://minio:9000",
                "use_ssl": False,
                "config_kwargs": {"s3": {"addressing_style": "path"}},
                "client_kwargs": {},
            },
        ),
        ({"profile": "team"}, S3_ENV, {"profile": "team", "client_kwargs": {}}),
        ({}, {"AWS_PROFILE": "team"}, {"profile": "team", "client_kwargs": {}}),
        (
            {},
            {**S3_ENV, "AWS_SESSION_TOKEN": "t", "AWS_PROFILE": "x"},
            {"key": "testing", "secret": "testing", "token": "t", "client_kwargs": {}},
        ),
    ],
    ids=[
        "nothing",
        "region of the URL",
        "region",
        "own server",
        "profile of the URL",
        "profile",
        "credentials",
    ],
)
def test_s3_options(query: dict[str, str], env: dict[str, str], expected: dict[str, Any]) -> None:
    assert DRIVERS["s3"].options(query, env) == expected


@pytest.mark.parametrize(
    ("scheme", "query", "env", "expected"),
    [
        ("gs", {}, {"GOOGLE_APPLICATION_CREDENTIALS": "/key.json"}, {"token": "/key.json"}),
        ("gs", {}, {"GOOGLE_CREDENTIALS": '{"a": 1}'}, {"token": {"a": 1}}),
        (
            "gs",
            {},
            {"STORAGE_EMULATOR_HOST": "localhost:1"},
            {"token": "anon", "endpoint_url": "http://localhost:1"},
        ),
        (
            "azblob",
            {"storage_account": "acme"},
            {"AZURE_STORAGE_KEY": "k"},
            {"account_name": "acme", "account_key": "k", "anon": False},
        ),
        ("azblob", {}, {"AZURE_STORAGE_ACCOUNT": "acme"}, {"account_name": "acme", "anon": False}),
    ],
    ids=["key file", "key in the environment", "emulator", "account of the URL", "account"],
)
def test_options_of_the_other_stores(
    scheme: str, query: dict[str, str], env: dict[str, str], expected: dict[str, Any]
) -> None:
    assert DRIVERS[scheme].options(query, env) == expected


@pytest.mark.parametrize(("scheme", "extra"), [("gs", "gcs"), ("azblob", "azure")])
def test_a_driver_that_is_not_installed_is_named_with_its_extra(
    scheme: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(StateError, match=rf"pip install 'sluice\[{extra}\]'"):
        open_backend(f"{scheme}://bucket", {}, Path("/"))


@pytest.mark.parametrize("url", ["https://api.example.com", "ftp://x", "state"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(StateError, match="file://, s3://, gs://, azblob://"):
        open_backend(url, {}, Path("/"))


def test_folders_are_named_absolute_relative_and_at_home(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for url in (
        f"file://{tmp_path}/below",
        "file://./below",
        "file://below",
        "file://~/below",
        "file://below?no_tmp_dir=true",
    ):
        place = open_backend(url, {"HOME": str(tmp_path)}, tmp_path)
        assert place.url == url
        assert place.locate("x") == f"file://{tmp_path}/below/x"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="does not exist"):
        open_backend(f"file://{tmp_path}/nowhere", {}, tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_no_scraps(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.write("a/b", b"old")

    def full(source: str, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StateError, match="No space left on device"):
        backend.write("a/b", b"new")
    monkeypatch.undo()
    assert backend.read("a/b") == b"old"
    assert backend.files("a") == ["a/b"]


def test_sidecars_of_the_official_cli_go_with_their_file(backend: Backend, tmp_path: Path) -> None:
    backend.write("a/b", b"1")
    backend.write("a/b.attrs", b"{}")
    assert backend.files("a") == ["a/b"]
    backend.delete("a/b")
    assert list((tmp_path / "state" / "a").iterdir()) == []
