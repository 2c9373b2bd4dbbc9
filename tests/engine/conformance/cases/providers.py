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

TOLD = """
from scene import *
import copy, json, os, yaml
with open(os.environ["KUBECONFIG"]) as file:
    known = yaml.safe_load(file)
known["contexts"][0]["context"]["namespace"] = NAMESPACE
twins = copy.deepcopy(known)
named = {**known["clusters"][0]["cluster"], "tls-server-name": "127.0.0.1"}
twins["clusters"].append({"name": "twin", "cluster": named})
twin = copy.deepcopy(twins)
twin["contexts"][0]["context"]["cluster"] = "twin"
texts = {name: json.dumps(value) for name, value in {"known": known, "twins": twins, "twin": twin}.items()}
forms = [{"kubeconfig": texts["known"], "kube_client_settings": {"timeout": 60}},
    {"kubeconfig": texts["known"], "cluster_identifier": "a", "kube_client_settings": {"qps": 20, "burst": 40}},
    {"kubeconfig": texts["twin"], "cluster_identifier": "a"},
    {"kubeconfig": texts["twins"], "cluster_identifier": "b"},
    {"kubeconfig": texts["twins"], "cluster": "twin"}]
core.v1.ConfigMap("auto", data={"a": "1"}, opts=Options(provider=Provider("cluster", **forms[STAGE - 1])))
"""

AROUND = """
from scene import *
own = {"namespace": NAMESPACE}
core.v1.ConfigMap("map", metadata={"name": "map", **own}, data={"a": str(STAGE)})
core.v1.Secret("secret", metadata={"name": "secret", **own}, string_data={"a": str(STAGE)})
if STAGE == 4:
    core.v1.ConfigMap("client-side", metadata=own)
"""
MUTABLE = ("PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", "PULUMI_K8S_ENABLE_SECRET_MUTABLE")

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
        "what a provider is told",
        TOLD,
        (Stage(UP), Stage(UP, 2), Stage(PREVIEW, 3), Stage(UP, 4), Stage(PREVIEW, 5), Stage(DESTROY)),
    ),
    Case(
        "what the environment tells providers",
        AROUND,
        (
            Stage(UP),
            Stage(UP, 2, env=dict.fromkeys(MUTABLE, "true")),
            Stage(f"{PREVIEW} --target **ConfigMap::map", 3, env=dict.fromkeys(MUTABLE, "True")),
            Stage(UP, 4, env={"PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY": "false"}),
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
