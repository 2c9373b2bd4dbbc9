"""The target belongs to whoever changed it last."""

from __future__ import annotations

import copy
from typing import Any

from automation.core.kinds import Manifest
from automation.core.marks import DECLARED, replicas_asked
from components.target import DeclaredTarget, ImageRequest, declared
from tests.components import documents

OLD, NEW, NEWER = "stefanprodan/podinfo:6.0.0", "stefanprodan/podinfo:6.0.1", "stefanprodan/podinfo:6.0.2"
TEMPLATE = "spec.template"


def written(target: DeclaredTarget, **requests: Any) -> Manifest:
    """The live object after an update with this target: what the API server then returns, defaults and all."""
    live = copy.deepcopy(target.manifest)
    live["spec"]["replicas"] = 1
    pod = live["spec"]["template"]["spec"]
    pod["restartPolicy"] = "Always"
    pod["containers"][0]["resources"]["limits"]["cpu"] = "1"
    return live


def first(**images: ImageRequest) -> Manifest:
    return written(declare(None, **images))


def declare(live: Manifest | None, **images: ImageRequest) -> DeclaredTarget:
    return declared(documents.target(), live, images, scaled=True)


def image(target: DeclaredTarget | Manifest) -> str:
    manifest = target.manifest if isinstance(target, DeclaredTarget) else target
    return str(manifest["spec"]["template"]["spec"]["containers"][0]["image"])


def with_image(live: Manifest, image: str) -> Manifest:
    """As `kubectl set image` leaves it."""
    changed = copy.deepcopy(live)
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = image
    return changed


def test_before_there_is_a_target_the_document_counts() -> None:
    target = declare(None)
    assert image(target) == OLD
    assert target.ignore_changes == ()


def test_replicas_are_not_declared_where_an_autoscaler_scales() -> None:
    assert "replicas" not in declare(None).manifest["spec"]


def test_without_an_autoscaler_replicas_are_declared_once_and_then_left_alone() -> None:
    document = documents.target()
    document["spec"]["replicas"] = 2
    target = declared(document, None, {}, scaled=False)
    assert target.manifest["spec"]["replicas"] == 2
    assert target.ignore_changes == ("spec.replicas",)


def test_how_many_replicas_are_asked_for_is_left_for_the_next_release() -> None:
    document = documents.target()
    document["spec"]["replicas"] = 2
    live = declared(document, None, {}, scaled=False).manifest
    document["spec"]["replicas"] = 4
    target = declared(document, live, {}, scaled=False)
    assert replicas_asked(live) == 2
    assert replicas_asked(target.manifest) == 4
    assert "spec.replicas" in target.ignore_changes
    assert replicas_asked(declared(document, None, {}, scaled=True).manifest) is None


def test_an_update_that_asks_for_nothing_new_leaves_the_template_alone() -> None:
    assert TEMPLATE in declare(first()).ignore_changes


def test_an_image_set_with_kubectl_stays() -> None:
    target = declare(with_image(first(), NEW))
    assert image(target) == NEW
    assert TEMPLATE in target.ignore_changes


def test_an_image_set_with_kubectl_stays_whatever_else_is_declared_anew() -> None:
    live = with_image(first(), NEW)
    document = documents.target()
    document["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "#ffffff"
    target = declared(document, live, {}, scaled=True)
    container = target.manifest["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["env"][0]["value"]) == (NEW, "#ffffff")
    assert TEMPLATE not in target.ignore_changes


def test_a_new_request_is_written() -> None:
    target = declare(first(), podinfod=ImageRequest(NEW, "request-1"))
    assert image(target) == NEW
    assert TEMPLATE not in target.ignore_changes


def test_a_new_request_wins_over_what_kubectl_set_before() -> None:
    assert image(declare(with_image(first(), NEWER), podinfod=ImageRequest(NEW, "request-1"))) == NEW


def test_a_request_is_written_once() -> None:
    request = ImageRequest(NEW, "request-1")
    live = first(podinfod=request)
    target = declare(with_image(live, NEWER), podinfod=request)
    assert image(target) == NEWER
    assert TEMPLATE in target.ignore_changes
    assert target.notes == (
        f"container podinfod runs {NEWER}, which somebody set after {NEW} was configured",
    )


def test_a_request_for_what_runs_already_is_done_with_too() -> None:
    request = ImageRequest(NEW, "request-1")
    answered = written(declare(with_image(first(), NEW), podinfod=request))
    assert image(declare(with_image(answered, NEWER), podinfod=request)) == NEWER


def test_writing_the_live_image_back_to_the_configuration_asks_for_nothing() -> None:
    live = with_image(first(podinfod=ImageRequest(NEW, "request-1")), NEWER)
    back = ImageRequest(NEWER, "request-1")
    assert TEMPLATE in declare(live, podinfod=back).ignore_changes
    assert image(declare(with_image(live, OLD), podinfod=back)) == OLD


def test_a_configuration_that_got_lost_asks_for_nothing() -> None:
    live = first(podinfod=ImageRequest(NEW, "request-1"))
    target = declare(live)
    assert image(target) == NEW
    assert TEMPLATE in target.ignore_changes


def test_another_image_in_the_document_is_written() -> None:
    document = documents.target()
    document["spec"]["template"]["spec"]["containers"][0]["image"] = NEWER
    target = declared(document, first(podinfod=ImageRequest(NEW, "request-1")), {}, scaled=True)
    assert image(target) == NEWER


def test_another_part_of_the_document_is_written_with_the_live_template() -> None:
    document = documents.target()
    document["spec"]["minReadySeconds"] = 9
    target = declared(document, with_image(first(), NEW), {}, scaled=True)
    assert image(target) == NEW
    assert TEMPLATE not in target.ignore_changes


def test_a_daemon_set_that_rests_goes_on_resting_whatever_is_declared_anew() -> None:
    idle = {"flagger.app/scale-to-zero": "true"}
    document = {**documents.target(), "kind": "DaemonSet"}
    document["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
    live = written(declared(document, None, {}, scaled=False))
    live["spec"]["template"]["spec"]["nodeSelector"] |= idle
    assert declared(document, live, {}, scaled=False).ignore_changes == (TEMPLATE, "spec.replicas")
    anew = declared(document, live, {"podinfod": ImageRequest(NEW, "request-1")}, scaled=False)
    assert anew.manifest["spec"]["template"]["spec"]["nodeSelector"] == {"disk": "ssd", **idle}
    assert image(anew) == NEW


def test_going_back_by_hand_to_what_was_before_the_request_stays_too() -> None:
    request = ImageRequest(NEW, "request-1")
    assert image(declare(with_image(first(podinfod=request), OLD), podinfod=request)) == OLD


def test_a_repeated_release_of_the_same_image_is_a_new_request() -> None:
    live = with_image(first(podinfod=ImageRequest(NEW, "request-1")), NEWER)
    assert image(declare(live, podinfod=ImageRequest(NEW, "request-2"))) == NEW


def test_a_configured_image_without_a_request_yields_to_the_live_one() -> None:
    assert image(declare(with_image(first(), NEWER), podinfod=ImageRequest(NEW))) == NEWER


def test_a_configured_image_without_a_request_counts_where_nobody_else_changed_anything() -> None:
    assert image(declare(first(), podinfod=ImageRequest(NEW))) == NEW


def test_what_others_added_is_neither_declared_nor_in_the_way() -> None:
    live = first()
    live["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "2026-01-31"
    live["spec"]["template"]["spec"]["containers"].append({"name": "sidecar", "image": "envoy:1"})
    target = declare(live)
    assert len(target.manifest["spec"]["template"]["spec"]["containers"]) == 1
    assert TEMPLATE in target.ignore_changes


def test_a_value_that_somebody_else_changed_stays_until_the_document_changes() -> None:
    live = first()
    live["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "#000000"
    container = declare(live).manifest["spec"]["template"]["spec"]["containers"][0]
    assert container["env"][0]["value"] == "#000000"


def test_a_target_that_was_applied_with_kubectl_is_taken_over_with_its_image() -> None:
    live = with_image(documents.target(), NEW)
    assert image(declare(live)) == NEW


def test_a_broken_mark_counts_as_none() -> None:
    live = with_image(first(), NEW)
    live["metadata"]["annotations"][DECLARED] = "{"
    assert image(declare(live)) == NEW
