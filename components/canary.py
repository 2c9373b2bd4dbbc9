"""One Canary and what belongs to it: the generated objects, and in declared mode document, target and route too."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi

from automation.core.kinds import Manifest
from automation.core.marks import FIELD_MANAGER, PATCH_MANAGER
from automation.core.spec import Canary as Spec
from components import objects
from components.generated import Generated, Inputs, generate
from components.target import DeclaredTarget


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
    `pulumi destroy` from what users' traffic runs over."""

    spec: Spec
    inputs: Inputs
    sources: Sources | None = None
    guarded: bool = False


class Canary(pulumi.ComponentResource):  # type: ignore[misc]  # the SDK's classes are untyped
    """The objects of one release, as many as its placement calls for."""

    apex: pulumi.Output[str]
    """The Service that users and routes name, as `name.namespace`."""

    def __init__(self, name: str, args: CanaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:index:Canary", name, None, opts)
        inputs = self._declare(args.sources, args.inputs) if args.sources else args.inputs
        self._generate(generate(args.spec, inputs), args.guarded)
        self.apex = pulumi.Output.from_input(f"{args.spec.apex}.{args.spec.namespace}")
        self.register_outputs({"apex": self.apex})

    def _declare(self, sources: Sources, inputs: Inputs) -> Inputs:
        """Registers what people wrote; the inputs then knows the uid of a Canary that is made just now."""
        here = pulumi.ResourceOptions(parent=self)
        for manifest in (*sources.others, *(item for item in (sources.autoscaler, sources.route) if item)):
            objects.register(sources.named(manifest), here)
        ignored = pulumi.ResourceOptions(parent=self, ignore_changes=list(sources.target.ignore_changes))
        target = objects.register(sources.target.manifest, ignored)
        document = objects.register(
            sources.named(sources.document), pulumi.ResourceOptions(parent=self, depends_on=[target])
        )
        if inputs.uid is not None:
            return inputs
        # In a preview nobody has made the Canary yet, and some previews leave out what only the server knows.
        return replace(inputs, uid=document.metadata.apply(lambda metadata: metadata.get("uid", "")))

    def _generate(self, generated: Generated, guarded: bool) -> None:
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
        before += [objects.register(companion, self._after()) for companion in generated.companions]
        if generated.side is not None:
            before.append(objects.patch(generated.side, self._kept(*before)))
        if generated.route is not None:
            before.append(objects.register(generated.route, self._after(*before)))
        self._lead(generated, before, guarded)

    def _lead(self, generated: Generated, before: list[pulumi.CustomResource], guarded: bool) -> None:
        """Registers the apex Service, or the patch of one that somebody else made."""
        if generated.apex is None:
            return
        if generated.apex_is_foreign:
            options = self._kept(*before) if generated.lasting else self._after(*before)
            objects.patch(generated.apex, options)
        else:
            options = self._after(*before, guarded=guarded)
            options.retain_on_delete = generated.apex_stays
            objects.register(generated.apex, options)

    def _kept(self, *before: pulumi.CustomResource) -> pulumi.ResourceOptions:
        """For what must not be taken back when the stack goes: users are served by it."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(before), retain_on_delete=True)

    def _after(self, *before: pulumi.CustomResource, guarded: bool = False) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(before), protect=guarded)
