"""Providers whose configuration changes, and resources that go from one to another."""

from tests.engine.conformance.case import DESTROY, NO_CHANGES, PREVIEW, REFRESH, UP, Case, Stage

KUBECONFIGS = """
from scene import *
import copy, json, os, yaml
with open(os.environ["KUBECONFIG"]) as file:
    known = yaml.safe_load(file)
renamed = copy.deepcopy(known)
renamed["contexts"].append({**known["contexts"][0], "name": "second"})
renamed["current-context"] = "second"
elsewhere = copy.deepcopy(renamed)
elsewhere["clusters"][0]["cluster"]["tls-server-name"] = "127.0.0.1"
texts = {name: json.dumps(value) for name, value in
    {"known": known, "renamed": renamed, "elsewhere": elsewhere}.items()}
forms = [{"kubeconfig": texts["known"]}, {"kubeconfig": texts["renamed"]},
    {"kubeconfig": texts["renamed"], "context": "test"}, {"kubeconfig": texts["elsewhere"], "context": "test"},
    {"kubeconfig": texts["elsewhere"], "context": "test", "namespace": "default"}]
if STAGE < 6:
    cluster = Provider("cluster", **forms[STAGE - 1])
    core.v1.ConfigMap("auto", metadata={"namespace": NAMESPACE}, data={"a": "1"}, opts=Options(provider=cluster))
"""

MOVES = """
from scene import *
import os
explicit = Options(provider=Provider("cluster", kubeconfig=os.environ["KUBECONFIG"])) if STAGE == 2 else None
core.v1.ConfigMap("auto", metadata={"namespace": NAMESPACE}, data={"a": "1"}, opts=explicit)
core.v1.Secret("s", metadata={"namespace": NAMESPACE}, opts=Options.merge(explicit, Options(protect=False)))
"""

AWAY = """
from scene import *
settings("one", labels={"stage": str(STAGE)})
"""
NOWHERE = """apiVersion: v1
kind: Config
current-context: away
clusters: [{name: away, cluster: {server: "https://127.0.0.1:1", insecure-skip-tls-verify: true}}]
users: [{name: nobody, user: {token: none}}]
contexts: [{name: away, context: {cluster: away, user: nobody}}]
"""
UNREACHED = {"KUBECONFIG": "away.yaml"}

CASES = (
    Case(
        "clusters that cannot be reached",
        AWAY,
        (
            Stage(PREVIEW, env=UNREACHED),
            Stage(UP, env=UNREACHED),
            Stage(UP, env={"KUBECONFIG": "missing.yaml"}),
            Stage(UP, env={"KUBECONFIG": "broken.yaml"}),
            Stage(UP),
            Stage(PREVIEW, 2, env=UNREACHED),
            Stage(UP, 2, env=UNREACHED),
            Stage(REFRESH, env=UNREACHED),
            Stage(DESTROY, env=UNREACHED),
            Stage(UP, 2, env={**UNREACHED, "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE": "true"}),
            Stage(REFRESH, env={**UNREACHED, "PULUMI_K8S_DELETE_UNREACHABLE": "true"}),
            Stage(DESTROY),
        ),
        files={"away.yaml": NOWHERE, "broken.yaml": "clusters: ["},
    ),
    Case(
        "kubeconfigs that change",
        KUBECONFIGS,
        (
            Stage(UP),
            Stage(UP, 2),
            Stage(PREVIEW, 3),
            Stage(UP, 3),
            Stage(PREVIEW, 4),
            Stage(UP, 4, changes_hands=True),
            Stage(UP, 5),
            Stage(UP, 6, changes_hands=True),
        ),
    ),
    Case(
        "resources that change providers",
        MOVES,
        (
            Stage(UP),
            Stage(f"{UP} --target **Secret::s", 2),
            Stage(PREVIEW, 2),
            Stage(UP, 2),
            Stage(NO_CHANGES, 2, changes_hands=True),
            Stage(UP, 3),
            Stage(DESTROY),
        ),
    ),
)
