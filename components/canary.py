"""One Canary and what belongs to it: the generated objects, and in declared mode document, target and route too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import pulumi

from automation.core.kinds import Manifest
from automation.core.marks import FIELD_MANAGER, PATCH_MANAGER
from automation.core.spec import Canary as Spec
from components import objects
from components.generate import generate
from components.generated import Generated
from components.inputs import Inputs
from components.target import DeclaredTarget
from gateways.registry import is_meshs


@dataclass(frozen=True)
class Sources:
    """What people write: the Canary document, its target, autoscaler and route, further documents (templates).

    `manager` is the field manager under which they are written: the same for the same environment, so that a
    lost state is no obstacle, and another for another one, so that two environments that claim one Canary hear
    of it as a conflict.
    """

    document: Manifest
    target: DeclaredTarget
    autoscaler: Manifest | None = None
    route: Manifest | None = None
    others: tuple[Manifest, ...] = ()
    manager: str = FIELD_MANAGER

    def named(self, manifest: Manifest) -> Manifest:
        """The manifest with the field manager as the provider reads it."""
        metadata = manifest["metadata"]
        annotations = {**(metadata.get("annotations") or {}), PATCH_MANAGER: self.manager}
        return {**manifest, "metadata": {**metadata, "annotations": annotations}}


@dataclass(frozen=True)
class CanaryArgs:
    """`sources` is None for an adopted Canary: then only the generated objects are this stack's. `guarded` keeps
    `pulumi destroy` from what users' traffic runs over. `mesh` reaches the cluster of the mesh's objects, where they
    are not beside the workload."""

    spec: Spec
    inputs: Inputs
    sources: Sources | None = None
    guarded: bool = False
    mesh: pulumi.ProviderResource | None = None


class Canary(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """The objects of one release, as many as its placement calls for."""

    apex: pulumi.Output[str]
    """The Service that users and routes name, as `name.namespace`."""

    generated: tuple[pulumi.CustomResource, ...]
    """What is generated for it; whoever leads traffic comes last."""

    def __init__(self, name: str, args: CanaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Canary", name, None, opts)
        self._mesh = args.mesh
        inputs, waiting = args.inputs, args.sources
        if waiting and inputs.uid is None:
            inputs, waiting = _owned(inputs, self._declare(waiting)), None
        self.generated = tuple(self._generate(generate(args.spec, inputs), args.guarded))
        if waiting:
            objects.declare_after(self.generated, partial(self._declare, waiting))
        self.apex = pulumi.Output.from_input(f"{args.spec.apex}.{args.spec.namespace}")
        self.register_outputs({"apex": self.apex})

    def _declare(self, sources: Sources) -> pulumi.CustomResource:
        """Registers what people wrote; of it, the Canary."""
        here = pulumi.ResourceOptions(parent=self)
        for manifest in (*sources.others, *(item for item in (sources.autoscaler, sources.route) if item)):
            objects.register(sources.named(manifest), self._at(manifest, here))
        ignored = pulumi.ResourceOptions(parent=self, ignore_changes=list(sources.target.ignore_changes))
        target = objects.register(sources.target.manifest, ignored)
        return objects.register(
            sources.named(sources.document), pulumi.ResourceOptions(parent=self, depends_on=[target])
        )

    def _generate(self, generated: Generated, guarded: bool) -> list[pulumi.CustomResource]:
        """Registers each object after what it rests on. Whoever leads traffic comes last, the apex at the very end, and
        only once all else is in force: where an object is refused, nobody's traffic has moved."""
        services = [objects.register(service, self._after()) for service in generated.services]
        copies = [objects.register(config, self._after()) for config in generated.configs]
        before = [*services, *copies]
        if generated.primary is not None:
            options = self._after(*copies, guarded=guarded and not generated.lasting)
            options.retain_on_delete = generated.lasting
            before.append(objects.register(generated.primary, options))
        if generated.autoscaler is not None:
            before.append(objects.register(generated.autoscaler, self._after(before[-1])))
        before += [
            objects.register(companion, self._at(companion, self._after()))
            for companion in generated.companions
        ]
        before += [objects.patch(side, self._at(side, self._kept(*before))) for side in generated.sides]
        further = (*generated.further, *generated.patched)
        before += [self._leading(generated, route, before) for route in further]
        if generated.route is not None:
            before.append(self._leading(generated, generated.route, before))
        if generated.apex is not None:
            before.append(self._lead(generated.apex, generated, before, guarded))
        return before

    def _leading(
        self, generated: Generated, route: Manifest, before: list[pulumi.CustomResource]
    ) -> pulumi.CustomResource:
        """Registers the route, or the patch of somebody else's Service that is one."""
        if generated.is_foreign(route):
            return objects.patch(route, self._at(route, self._kept(*before)))
        return objects.register(route, self._at(route, self._after(*before)))

    def _lead(
        self, apex: Manifest, generated: Generated, before: list[pulumi.CustomResource], guarded: bool
    ) -> pulumi.CustomResource:
        """Registers the apex Service, or the patch of one that somebody else made."""
        if generated.apex_is_foreign:
            return objects.patch(apex, self._kept(*before) if generated.lasting else self._after(*before))
        options = self._after(*before, guarded=guarded)
        options.retain_on_delete = generated.apex_stays
        return objects.register(apex, options)

    def _at(self, manifest: Manifest, options: pulumi.ResourceOptions) -> pulumi.ResourceOptions:
        """The options for an object in its cluster."""
        if self._mesh is None or not is_meshs(manifest):
            return options
        return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(provider=self._mesh))

    def _kept(self, *before: pulumi.CustomResource) -> pulumi.ResourceOptions:
        """For what must not be taken back when the stack goes: users are served by it."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(before), retain_on_delete=True)

    def _after(self, *before: pulumi.CustomResource, guarded: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(before), protect=guarded)


def _owned(inputs: Inputs, document: pulumi.CustomResource) -> Inputs:
    """The inputs with the uid of a Canary that is made just now.

    In a preview nobody has made it yet, and some previews leave out what only the server knows.
    """
    return replace(inputs, uid=document.metadata.apply(lambda metadata: metadata.get("uid", "")))
