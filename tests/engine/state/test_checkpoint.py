"""Deployments as checkpoint files: nothing is lost, nothing churns, and foreign files are told from ours."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.resource import Deployment, PendingOperation, Resource
from engine.state import layout
from engine.state.checkpoint import VERSION, decode_deployment, encode_export, parse, parse_export
from engine.state.errors import BrokenCheckpoint, PassphraseError, StackNotFound, StateError
from engine.state.fields import decode_resource, encode_resource
from engine.state.files import Backend
from engine.state.properties import compact, decode, encode
from engine.state.reference import StackReference
from engine.state.roots import rooted
from engine.state.secrets import Blind, SecretsManager
from engine.state.snapshots import Snapshots, find_checkpoint, read_checkpoint, read_deployment, read_outputs
from engine.state.vault import Vault
from engine.values import UNKNOWN, Asset, Output, Reference, Secret

STACK = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"


def a_resource(name: str = "web", **changes: Any) -> Resource:
    urn = f"urn:pulumi:dev::shop::kubernetes:apps/v1:Deployment::{name}"
    return replace(Resource(urn, "kubernetes:apps/v1:Deployment", custom=True, id=f"test/{name}"), **changes)


def root() -> Resource:
    return Resource(STACK, "pulumi:pulumi:Stack")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8")),
)
LEAVES = st.one_of(
    SCALARS,
    st.just(UNKNOWN),
    st.builds(
        Reference,
        st.text("abc", min_size=1),
        st.one_of(st.none(), st.just(UNKNOWN), st.text("ab", min_size=1)),
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=8), inner, max_size=4),
        st.builds(Secret, inner),
    ),
    max_leaves=20,
)


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_every_property_value_survives_the_way_through_the_file(value: Any) -> None:
    sealed: dict[str, str] = {}

    def seal(plaintext: str) -> str:
        return sealed.setdefault(plaintext, str(len(sealed)))

    def unseal(ciphertext: str) -> str:
        return next(text for text, number in sealed.items() if number == ciphertext)

    document = json.loads(compact(encode(value, seal)))
    again = decode(document, unseal)
    assert again == value
    assert compact(encode(again, seal)) == compact(document)


@pytest.mark.parametrize("number", [math.inf, -math.inf, -0.0], ids=str)
def test_floats_that_json_lacks_survive(number: float) -> None:
    again = decode(json.loads(compact(encode(number, None))), str)
    assert (again, math.copysign(1, again)) == (number, math.copysign(1, number))


def test_not_a_number_survives() -> None:
    assert math.isnan(decode(encode(math.nan, None), str))


@pytest.mark.parametrize(
    ("value", "document"),
    [
        (2.0, 2),
        (UNKNOWN, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
        (Output(1, secret=False), 1),
        (Output(None, known=False), "04da6b54-80e4-46f7-96ec-b56ff0331ba9"),
        (
            Secret({"b": 1, "a": Secret("x")}),
            {
                "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                "plaintext": '{"a":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270",'
                '"ciphertext":"\\"x\\""},"b":1}',
            },
        ),
        (
            Reference("urn:x", "id", "1.0"),
            {
                "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e",
                "id": "id",
                "packageVersion": "1.0",
                "urn": "urn:x",
            },
        ),
        (
            Asset("asset", {"text": "hi", "hash": "h"}),
            {
                "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
                "hash": "h",
                "text": "hi",
            },
        ),
    ],
    ids=["whole float", "unknown", "output", "unknown output", "nested secret", "reference", "asset"],
)
def test_special_values_have_the_official_form(value: Any, document: Any) -> None:
    assert encode(value, None) == document


def test_a_value_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BrokenCheckpoint, match="does not know"):
        decode({"4dabf18193072939515e22adb298388d": "something new"}, str)


def test_fields_stand_in_the_official_order_and_empty_ones_are_left_out() -> None:
    resource = a_resource(
        inputs={"b": 1, "a": 2},
        parent=STACK,
        created="2026-01-01T00:00:00Z",
        custom_timeouts={"delete": 2.0, "create": 1.0},
    )
    document = encode_resource(resource, None)
    assert list(document) == ["urn", "custom", "id", "type", "inputs", "parent", "customTimeouts", "created"]
    assert list(document["inputs"]) == ["a", "b"]
    assert list(document["customTimeouts"]) == ["create", "delete"]


def test_fields_that_the_engine_does_not_know_survive() -> None:
    document = {"urn": "u", "custom": False, "type": "t", "viewOf": "v", "snippetID": "s"}
    assert encode_resource(decode_resource(document, str), None) == document


def test_aliases_are_not_written() -> None:
    assert "aliases" not in encode_resource(a_resource(aliases=["urn:old"]), None)


def test_a_saved_deployment_is_loaded_again(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    web = a_resource(
        parent=STACK,
        inputs={"password": Secret("s3cret"), "n": 3},
        dependencies=[STACK],
        init_errors=["not ready"],
    )
    deployment = Deployment([root(), web], [PendingOperation(a_resource("api"), "creating")], metadata={})
    Snapshots(backend, ref, secrets).save(deployment)
    loaded = Snapshots(backend, ref, secrets).load()
    assert loaded == replace(deployment, secrets_provider=secrets.provider)
    assert b"s3cret" not in backend.read(layout.checkpoint(ref))


def test_the_file_is_one_compact_line_of_version_three(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment([root()]))
    text = backend.read(layout.checkpoint(ref)).decode()
    assert text.startswith(
        '{"version":3,"checkpoint":{"stack":"organization/shop/dev","latest":{"manifest":{"time":"'
    )
    assert "\n" not in text
    latest = json.loads(text)["checkpoint"]["latest"]
    assert list(latest) == ["manifest", "secrets_providers", "resources", "metadata"]
    assert latest["manifest"]["magic"] == hashlib.sha256(VERSION.encode()).hexdigest()
    assert latest["secrets_providers"] == {"type": "passphrase", "state": {"salt": secrets.salt}}


def test_unchanged_secrets_keep_their_ciphertext(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    web = a_resource(inputs={"password": Secret("<a&b>")}, outputs={"password": Secret("<a&b>")})
    api = a_resource("api", inputs={"password": Secret("<a&b>")})
    Snapshots(backend, ref, secrets).save(Deployment([web, api]))
    before = ciphertexts(backend, ref)
    again = Snapshots(backend, ref, secrets)
    loaded = again.load()
    again.save(replace(loaded, resources=[replace(item, modified="now") for item in loaded.resources]))
    assert ciphertexts(backend, ref) == before
    assert len(before) == 3
    assert len(set(before)) == 2, "equal secrets of different resources don't give themselves away"


def ciphertexts(backend: Backend, ref: StackReference) -> list[str]:
    parts = backend.read(layout.checkpoint(ref)).decode().split('"ciphertext":"')[1:]
    return [part.split('"')[0] for part in parts]


def test_what_stays_as_it_was_read_is_not_worked_out_again(
    backend: Backend, ref: StackReference, secrets: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Deployment([root(), a_resource(inputs={"n": 2.0, "text": "<a&b>"}), a_resource("api")])
    Snapshots(backend, ref, secrets).save(first)
    worked_out: list[str] = []

    def noted(resource: Resource, seal: Any) -> dict[str, Any]:
        worked_out.append(resource.id)
        return encode_resource(resource, seal)

    monkeypatch.setattr("engine.state.snapshots.encode_resource", noted)
    again = Snapshots(backend, ref, secrets)
    loaded = again.load()
    before = backend.read(layout.checkpoint(ref))
    again.save(loaded)
    assert (
        parse(backend.read(layout.checkpoint(ref)), "").deployment["resources"]
        == (  # type: ignore[index]
            parse(before, "").deployment["resources"]  # type: ignore[index]
        )
    )
    assert worked_out == []
    *same, api = loaded.resources
    again.save(replace(loaded, resources=[*same, replace(api, modified="now")]))
    assert worked_out == ["test/api"]


def test_a_secret_that_somebody_left_in_plain_text_is_sealed_by_the_next_write(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment([a_resource(inputs={"password": Secret("s3cret")})]))
    (sealed,) = ciphertexts(backend, ref)
    opened = backend.read(layout.checkpoint(ref)).replace(
        f'"ciphertext":"{sealed}"'.encode(), b'"plaintext":"\\"s3cret\\""'
    )
    backend.write(layout.checkpoint(ref), opened)
    snapshots = Snapshots(backend, ref, secrets)
    snapshots.save(snapshots.load())
    assert b"s3cret" not in backend.read(layout.checkpoint(ref))


def test_a_state_of_another_salt_is_read_and_encrypted_anew(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    web = a_resource(inputs={"password": Secret("x")})
    Snapshots(backend, ref, SecretsManager.create("correct horse")).save(Deployment([web]))
    before = ciphertexts(backend, ref)
    assert read_deployment(backend, ref, secrets).resources == [web]
    snapshots = Snapshots(backend, ref, secrets)
    snapshots.save(snapshots.load())
    assert ciphertexts(backend, ref) != before
    assert read_checkpoint(backend, ref).salt == secrets.salt
    assert Snapshots(backend, ref, secrets).load().resources == [web]


def test_a_state_of_another_passphrase_or_provider_is_refused(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, SecretsManager.create("battery staple")).save(Deployment([root()]))
    with pytest.raises(PassphraseError, match="incorrect passphrase"):
        Snapshots(backend, ref, secrets).load()
    text = backend.read(layout.checkpoint(ref)).replace(b'"type":"passphrase"', b'"type":"service"')
    backend.write(layout.checkpoint(ref), text)
    with pytest.raises(StateError, match="secrets provider 'service'"):
        Snapshots(backend, ref, secrets).load()


def test_the_previous_checkpoint_is_kept_beside(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    snapshots = Snapshots(backend, ref, secrets)
    snapshots.save(Deployment([root()]))
    first = backend.read(layout.checkpoint(ref))
    snapshots.save(Deployment([root(), a_resource()]))
    assert backend.read(layout.backup(layout.checkpoint(ref))) == first


def test_a_packed_checkpoint_is_read_and_replaced_by_a_plain_one(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    packed, plain = layout.checkpoint(ref, ".json.gz"), layout.checkpoint(ref)
    Snapshots(backend, ref, secrets).save(Deployment([root()]))
    backend.write(packed, gzip.compress(backend.read(plain)))
    backend.delete(plain)
    snapshots = Snapshots(backend, ref, secrets)
    snapshots.save(snapshots.load())
    assert backend.files(f"{layout.STACKS}/shop") == [plain, f"{packed}.bak"]


def test_without_the_passphrase_secrets_are_masked(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment([a_resource(outputs={"password": Secret("x"), "n": 1})]))
    assert read_deployment(backend, ref, Blind()).resources[0].outputs == {
        "password": Secret("[secret]"),
        "n": 1,
    }


def test_what_a_stack_exports_is_read_by_itself(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    snapshots = Snapshots(backend, ref, secrets)
    snapshots.save(Deployment([]))
    assert read_outputs(backend, ref, secrets, list) == {}
    outputs = {"url": "http://gateway", "token": Secret("x")}
    snapshots.save(
        Deployment([replace(root(), outputs=outputs), a_resource(outputs={"url": "http://other"})])
    )
    assert read_outputs(backend, ref, secrets, list) == outputs


def test_what_a_stack_exports_is_not_parsed_again_while_it_stays_the_same(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment([replace(root(), outputs={"url": "http://gateway"})]))
    read_outputs(backend, ref, secrets, list)
    before = rooted.cache_info()
    assert read_outputs(backend, ref, secrets, list) == {"url": "http://gateway"}
    after = rooted.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


def test_an_export_with_plain_secrets_is_imported_again(secrets: SecretsManager) -> None:
    deployment = Deployment([a_resource(inputs={"password": Secret("x")})], secrets_provider=secrets.provider)
    document = encode_export(deployment, secrets.provider)
    assert document["version"] == 3
    assert '"plaintext": "\\"x\\""' in json.dumps(document)
    exported = parse_export(json.dumps(document).encode(), "out.json")
    assert decode_deployment(exported, Vault(Blind()), "out.json") == deployment


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        ({"taint": True}, "taint"),
        ({"replace_with": [STACK]}, "replaceWith"),
        ({"resource_hooks": {"after_create": ["h"]}}, "hooks"),
        ({"refresh_before_update": True}, "refreshBeforeUpdate"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_what_version_three_lacks_is_written_as_version_four(
    change: dict[str, Any], feature: str, backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    deployment = Deployment([root(), a_resource(**change)])
    Snapshots(backend, ref, secrets).save(deployment)
    document = json.loads(backend.read(layout.checkpoint(ref)))
    assert (document["version"], document["features"]) == (4, [feature])
    assert Snapshots(backend, ref, secrets).load().resources == deployment.resources


def test_an_empty_stack_is_loaded_as_empty(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    backend.write(layout.checkpoint(ref), b'{"version":3,"checkpoint":{"stack":"organization/shop/dev"}}')
    assert Snapshots(backend, ref, secrets).load().resources == []
    assert read_checkpoint(backend, ref).salt is None


def test_a_missing_stack_is_called_so(backend: Backend, ref: StackReference, secrets: SecretsManager) -> None:
    with pytest.raises(StackNotFound, match=r"^no stack named 'dev' found$"):
        Snapshots(backend, ref, secrets).load()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "it is empty"),
        (b'{"version":3,"checkpoint":{"st', "no complete JSON document"),
        (b"\x00\x01binary", "no complete JSON document"),
        (b"\x1f\x8btorn", "could not read"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"[]", "is not a Pulumi state file"),
        (b'{"kind":"Deployment"}', "is not a Pulumi state file"),
        (b'{"version":3,"terraform_version":"1.0"}', "is not a Pulumi state file"),
        (b'{"version":9,"checkpoint":{}}', "has version 9"),
        (
            b'{"version":4,"features":["views"],"checkpoint":{}}',
            "uses features that this engine does not support: views",
        ),
    ],
    ids=[
        "empty",
        "truncated",
        "binary",
        "torn gzip",
        "zstd",
        "a list",
        "another JSON",
        "terraform",
        "too new",
        "feature",
    ],
)
def test_files_that_are_no_state_are_refused_with_their_place(data: bytes, text: str) -> None:
    with pytest.raises(BrokenCheckpoint, match=text) as caught:
        parse(data, "file:///state/dev.json")
    assert "file:///state/dev.json" in str(caught.value)


def test_a_damaged_resource_is_a_clear_error() -> None:
    with pytest.raises(BrokenCheckpoint, match="is damaged"):
        decode_deployment({"resources": [{"urn": "u", "inputs": ["no map"]}]}, Vault(Blind()), "dev.json")


PROVIDER = Resource(
    "urn:pulumi:dev::shop::pulumi:providers:kubernetes::k", "pulumi:providers:kubernetes", custom=True, id="1"
)


@pytest.mark.parametrize(
    ("resources", "text"),
    [
        ([Resource("", "t")], "missing its required 'urn'"),
        ([Resource("u", "")], "missing required 'type'"),
        ([Resource("u", "t", id="x")], "'custom' false but non-empty ID"),
        ([replace(PROVIDER, id="")], "has no ID"),
        ([a_resource(parent=STACK)], "refers to missing parent"),
        ([a_resource(dependencies=["urn:gone"])], "dependency urn:gone refers to missing resource"),
        ([a_resource(property_dependencies={"p": ["urn:gone"]})], "from property p"),
        ([a_resource(deleted_with="urn:gone")], "being deleted with urn:gone, which is missing"),
        ([a_resource(replace_with=["urn:gone"])], "being replaced with urn:gone, which is missing"),
        ([a_resource(provider=f"{PROVIDER.urn}::1"), PROVIDER], "unknown provider"),
        ([PROVIDER, a_resource(provider=f"{PROVIDER.urn}::2")], "unknown provider"),
        ([a_resource(parent=PROVIDER.urn), PROVIDER], "comes after it"),
        ([a_resource(), a_resource()], "duplicate resource"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_a_state_that_contradicts_itself_is_refused(
    resources: list[Resource], text: str, backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment(resources))
    with pytest.raises(BrokenCheckpoint, match=text):
        Snapshots(backend, ref, secrets).load()


def test_a_state_of_other_hands_is_refused(
    backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    snapshots = Snapshots(backend, ref, secrets)
    snapshots.save(Deployment([]))
    key = find_checkpoint(backend, ref)
    assert key is not None
    backend.write(key, backend.read(key).replace(b'"magic":"', b'"magic":"0'))

    with pytest.raises(BrokenCheckpoint, match="magic cookie mismatch"):
        snapshots.load()


@pytest.mark.parametrize(
    "resources",
    [
        [PROVIDER, a_resource(provider=f"{PROVIDER.urn}::1")],
        [a_resource(provider=f"{PROVIDER.urn}::1", pending_replacement=True)],
        [a_resource(delete=True), a_resource()],
        [a_resource(), a_resource(delete=True), a_resource(delete=True)],
    ],
    ids=["provider first", "pending replacement", "old one waits", "several wait"],
)
def test_a_consistent_state_is_accepted(
    resources: list[Resource], backend: Backend, ref: StackReference, secrets: SecretsManager
) -> None:
    Snapshots(backend, ref, secrets).save(Deployment(resources))
    assert Snapshots(backend, ref, secrets).load().resources == resources
