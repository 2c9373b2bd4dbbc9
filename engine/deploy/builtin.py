"""The `pulumi` package, which the engine is itself: references to other stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.deploy.ledger import Ledger
from engine.errors import EngineError, StackNotFound
from engine.provider import Change, Checked, CheckFailure, Diff, Operation, Package, ProviderError, Read
from engine.values import PropertyMap, has_secret, reveal

STACK_REFERENCE = "pulumi:pulumi:StackReference"
_GET_RESOURCE = "pulumi:pulumi:getResource"
_READ_OUTPUTS = "pulumi:pulumi:readStackOutputs"

StackOutputs = Callable[[str], PropertyMap]


class BuiltinPackage:
    """Package and provider in one: there is nothing to configure. `outputs` reads those of another stack."""

    name = "pulumi"

    def __init__(self, outputs: StackOutputs, ledger: Ledger):
        self._outputs, self._ledger = outputs, ledger

    def check_config(self, operation: Operation, news: PropertyMap) -> Checked:
        return Checked(news)

    def diff_config(self, operation: Operation, olds: PropertyMap, news: PropertyMap) -> Diff:
        return Diff()

    def configure(self, inputs: PropertyMap) -> BuiltinPackage:
        return self

    def within(self, environment: Mapping[str, str]) -> Package:
        return self

    def secret_outputs(self, type: str) -> tuple[str, ...]:
        return ()

    def check(
        self, operation: Operation, type: str, olds: PropertyMap, news: PropertyMap, seed: bytes
    ) -> Checked:
        if type != STACK_REFERENCE:
            return Checked(news, (CheckFailure("", f"unrecognized resource type (Check): {type}"),))
        return Checked(news)

    def diff(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> Diff:
        return Diff(Change.UNKNOWN)

    def create(self, operation: Operation, type: str, news: PropertyMap) -> tuple[str, PropertyMap]:
        name = str(reveal(news.get("name", "")))
        return name, self._referenced(name)

    def update(
        self,
        operation: Operation,
        type: str,
        id: str,
        old_inputs: PropertyMap,
        old_outputs: PropertyMap,
        news: PropertyMap,
    ) -> PropertyMap:
        return self._referenced(str(reveal(news.get("name", id))))

    def read(
        self,
        operation: Operation,
        type: str,
        id: str,
        inputs: PropertyMap | None,
        outputs: PropertyMap | None,
    ) -> Read:
        name = str(reveal((inputs or {}).get("name", id)))
        return Read(id, self._referenced(name), inputs)

    def delete(
        self, operation: Operation, type: str, id: str, inputs: PropertyMap, outputs: PropertyMap
    ) -> None:
        return

    def invoke(self, operation: Operation, token: str, args: PropertyMap) -> PropertyMap:
        if token == _GET_RESOURCE:
            return self._resource(str(reveal(args.get("urn", ""))))
        if token == _READ_OUTPUTS:
            name = str(reveal(args.get("name", "")))
            return {"name": name, "outputs": self._referenced(name)["outputs"]}
        raise ProviderError(f"unknown function '{token}'")

    def _referenced(self, name: str) -> PropertyMap:
        try:
            outputs = self._outputs(name)
        except StackNotFound as error:
            raise ProviderError(f'unknown stack "{name}"') from error
        except EngineError as error:
            raise ProviderError(f"unknown stack '{name}': {error}") from error
        secret = sorted(key for key, value in outputs.items() if has_secret(value))
        return {"name": name, "outputs": outputs, "secretOutputNames": secret}

    def _resource(self, urn: str) -> PropertyMap:
        found = self._ledger.results.get(urn) or self._ledger.olds.get(urn)
        if found is None:
            raise ProviderError(f"unknown resource {urn}")
        return {"urn": urn, "id": found.id, "provider": found.provider, "state": found.outputs}
