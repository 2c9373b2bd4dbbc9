"""What may differ between the engines: the one list, with a reason each. `docs/engine.md` holds the same list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.engine.conformance.comparison import ABSENT, Difference


@dataclass(frozen=True)
class Allowed:
    """Differences whose path and values match the patterns; `unsaid` is left out of every text before comparing."""

    title: str
    reason: str
    path: str = "^$"
    embedded: str = ""
    official: str = ""
    unsaid: str = ""

    def covers(self, difference: Difference) -> bool:
        """Whether this is one of them."""
        return (
            re.search(self.path, difference.path) is not None
            and re.search(self.embedded, str(difference.embedded)) is not None
            and re.search(self.official, str(difference.official)) is not None
        )


_ABSENT_OR = f"^{re.escape(ABSENT)}$|"
# How the lines of a YAML reader's complaint look.
_OF_YAML = r"not valid YAML|^ +\^$|^ +clusters: \[$|^ +in \"<|expected the node content"

ALLOWED = (
    Allowed(
        "Debug messages",
        "The SDK's are most of what an event log would hold; this engine writes them with `--debug` only.",
        "/diagnosticEvent$",
        official="^{.*'severity': 'debug'}$",
    ),
    Allowed(
        "Progress",
        "How often a row of something under way is shown, what a provider says while it waits, and whether a program "
        "that fails still tells the outputs of its stack, depends on time.",
        "/diagnosticEvent$",
        embedded=f"^{re.escape(ABSENT)}$|'ephemeral': True",
        official=f"^{re.escape(ABSENT)}$|'ephemeral': True",
    ),
    Allowed(
        "Plugins on PATH",
        "The official CLI warns of plugins that it has not installed itself; this engine has none.",
        "/(stdout|stderr|diagnosticEvent|diagnostics)(/|$)",
        official=r"from \$PATH|is expected to have version|^Diagnostics:$|^  pulumi:pulumi:Stack \(shop-\w+\):$",
    ),
    Allowed(
        "Environment of an entry in the history",
        "The official CLI lists its flags, variables and platform; this engine says what started it.",
        "/environment(/|$)",
        unsaid=r"^ {4}((exec|pulumi|runtime|stack)\.\S+|updatePlan): .*$",
    ),
    Allowed(
        "Who wrote an object first",
        "The official provider that can be built creates by server-side apply, so that it takes over what exists "
        "already; its newer versions, and this engine, create and refuse what exists, and apply from the first "
        "change on.",
        "/(managedFields|__fieldManager)(/|$)",
    ),
    Allowed(
        "Outputs in a preview",
        "This engine shows what a dry run tells for certain: neither when an object will be made, nor what a provider "
        "adds to its outputs for itself; the official provider shows what it made up for them.",
        "/[0-9]+ (preview|refresh|destroy|up|diff)/(events|stdout)/steps/.*/new(State)?/(id|outputs/("
        "__initialApiVersion|__inputs|metadata/(creationTimestamp|resourceVersion|uid)))$",
        official="^(UNKNOWN|TIME|FLEETING|([a-z0-9.]+/)?v1|{.*}|" + re.escape(ABSENT) + ")$",
        embedded=f"^({re.escape(ABSENT)}|UNKNOWN|FLEETING|)$",
    ),
    Allowed(
        "Errors of a cluster",
        "They are told in the cluster's own words; the official provider puts a sentence before them.",
        unsaid=r"resource \"urn:[^\"]*\" was (not successfully created by the Kubernetes API server|successfully "
        r"created, but the Kubernetes API server reported that it failed to fully initialize or become live): "
        r"|the Kubernetes API server reported that \"[^\"]*\" failed to fully initialize or become live: ",
    ),
    Allowed(
        "Rights that lack",
        "This engine adds who can give them; it asks to create an object, the official provider that can be built to "
        "apply it, and takes the state for perhaps corrupt where an object may not be read or deleted.",
        "^somebody who may not do all of it/(1 up|6 refresh|7 destroy)/.*(diagnosticEvent|stdout|status|maybeCorrupt)$",
        embedded=_ABSENT_OR + "cannot create resource|^0$|^False$",
        official=_ABSENT_OR + "cannot patch resource|^2$|^True$",
        unsaid=r"\. If that is a matter of permissions, grant them to this user \(`kubectl auth can-i --list` shows "
        r"what it may do\)",
    ),
    Allowed(
        "Warnings of the API server",
        "This engine shows them, and says of a version that is gone where its kind is now; the official provider keeps "
        "them back, and knows old versions by a list of its own.",
        "^versions that are old or gone/.*/(diagnosticEvent|stdout)$",
        embedded=_ABSENT_OR
        + "is deprecated in|the cluster does not serve it|^  kubernetes:core/v1:Endpoints ",
        official=_ABSENT_OR + "was removed in Kubernetes|^    See https://git.k8s.io",
    ),
    Allowed(
        "A cluster that cannot be reached",
        "The engine says in its own words what is wrong with it, or with the kubeconfig, and what becomes of the "
        "object; the official one takes the state for perhaps corrupt.",
        "^clusters that cannot be reached/.*/(diagnosticEvent|stdout|status|maybeCorrupt)$",
        embedded=_ABSENT_OR + "cluster is unreachable|^0$|^False$|^ -  .* one deleted$|" + _OF_YAML,
        official=_ABSENT_OR + "luster is unreachable|unreachable cluster|^2$|^True$|kubeconfig|KUBECONFIG",
    ),
    Allowed(
        "Waits and deletions that run out",
        "This engine names what was not reached, or is still there and what holds it; the official one says that time "
        "is up, and takes the state for perhaps corrupt where something was to be deleted.",
        "^(deletions that are held up|waits that annotations tell)/.*/(diagnosticEvent|stdout|status|maybeCorrupt"
        "|initErrors)$",
        embedded=_ABSENT_OR
        + "is still there 2 s after it was deleted|^0$|^False$|^    error: 2 errors occurred:$"
        + "|'never' timed out|condition=Never",
        official=_ABSENT_OR + "timed out waiting for the condition|finalizers might be preventing|^2$|^True$",
    ),
    Allowed(
        "A Service that is not waited for",
        "The official provider may keep it as it was before the change: as its watch of all Services saw it last.",
        "^waits that run out/[23] .*/kubernetes:core/v1:Service::balanced/.*/outputs/spec/",
    ),
    Allowed(
        "Waits that are not understood",
        "A `pulumi.com/waitFor` that says nothing is refused before anything is written; the official provider makes "
        "the object, and loses it from the state.",
        "^waits that are not understood/",
    ),
    Allowed(
        "Errors of a policy pack",
        "They name the pack, what it judged and what to do; the official engine says where it looked, or what was "
        "raised.",
        "^a pack that (breaks|is not there)/.*/(diagnosticEvent|stdout|stderr)$",
        embedded="policy pack|^" + re.escape(ABSENT) + "$",
        official="failed to run policy|failed to load Pulumi policy project|^" + re.escape(ABSENT) + "$",
    ),
    Allowed(
        "Objects and fields of others",
        "An object that exists already, and fields that others own, are refused with the ways to adopt or to leave "
        "them; the official provider that can be built takes such an object over, and meets those who wrote it.",
        "^(an object that exists already|managers that change)/",
        embedded=_ABSENT_OR + "already exists|own these fields|owned by|^    Take them over with",
        official=_ABSENT_OR + r"apply conflict|field conflict|^9$|^    - \.metadata\.",
    ),
    Allowed(
        "Previews of new patches",
        "This engine tries what the API server makes of them; the official provider shows what was declared.",
        "^a patch that alone owns what is required/0 preview/events/steps/.*/outputs/",
        official=f"^{re.escape(ABSENT)}$",
    ),
    Allowed(
        "Patches that cannot go",
        "This engine names all required fields that nobody else owns; the official provider names one, and takes the "
        "state for perhaps corrupt.",
        "^a patch that alone owns what is required/2 destroy/.*(diagnosticEvent|stdout|status|maybeCorrupt)$",
        embedded=_ABSENT_OR + "be given up: this patch|^0$|^False$",
        official=_ABSENT_OR + "managing a required field|^2$|^True$",
    ),
    Allowed(
        "Operations that were interrupted",
        "This engine looks what became of them and says so, also in a preview; the official one tells what to do by "
        "hand.",
        "^operations that were interrupted/.*/(diagnosticEvent|stdout)$",
        embedded=_ABSENT_OR
        + "interrupted while|is taken into the state|pending operations from previous deployment",
        official=_ABSENT_OR + "in an unknown state|pending CREATE operations|repair your stack",
    ),
    Allowed(
        "A second try of a replacement",
        "After a replacement that failed once its old object was gone, the official engine deletes that again, and "
        "what depended on it, by name: a second try that succeeds loses the objects that it has just made. Its refresh "
        "counts what is to be made again.",
        r"^replacements that fail/([2389] \w+/(events/steps/kubernetes:core/v1:ConfigMap::(fixed|user)|stdout$)"
        r"|(9|1[01]) up/objects/configmaps/(fixed|user)$|\d+ \w+/history/3/resourceChanges/same$"
        r"|4 refresh/(events/(steps/kubernetes:core|summaryEvent/0/resourceChanges/same)|stdout$))",
    ),
    Allowed(
        "Names of lock files",
        "The official CLI names them with a parameter of its storage library.",
        unsaid=r"\?no_tmp_dir=true",
    ),
    Allowed(
        "Attempts",
        "The official provider tells of each attempt to create an object, also of the first.",
        "/(diagnosticEvent|stdout|diagnostics)(/|$)",
        official="Retry #",
    ),
    Allowed(
        "Steps done before a failure",
        "A failure's event counts them in the official engine; they run side by side, so the number is chance.",
        "/steps/.*/steps$",
    ),
    Allowed(
        "Layout of `--diff` and of `pulumi stack`",
        "Both say the same of the same resources, not in the same columns.",
        "/[0-9]+ (diff|stack)/stdout$",
    ),
    Allowed(
        "Status of an object",
        "How far the cluster's controllers have come when an object is read is chance.",
        "/outputs/status/",
    ),
    Allowed(
        "Rows of what was refused before it began",
        "The official display ends them with a time.",
        "/stdout$",
        embedded="^" + re.escape(ABSENT) + "$",
        official=r"\*\*\w+ failed \(DURATION\)\*\*$",
    ),
    Allowed(
        "Rows of a file's or a group's objects",
        "The official display tells that a `ConfigFile` or `ConfigGroup` begins, not that it is there.",
        "^objects from YAML/1 up/stdout$",
        embedded=r"^ \+  kubernetes:yaml:Config(File|Group) \S+ created$",
        official="^" + re.escape(ABSENT) + "$",
    ),
    Allowed(
        "Lines of gRPC on standard error",
        "The library logs there when a connection ends; the lines are not the engine's.",
        "/stderr$",
        embedded="chttp2_transport",
    ),
    Allowed(
        "An import whose program leaves defaults of the server out",
        "This engine imports and leaves them alone; the official provider that can be built wants to replace the "
        "Service for its address.",
        r"^an import that leaves defaults out/([0-3] \w+/(code|stdout|events/(diagnosticEvent|summaryEvent/0/res\w+"
        r"|steps/(kubernetes:core/v1:Service|pulumi:pulumi:Stack)::))|\d \w+/(history/\d/res\w+"
        r"|(events|state)/.*::svc/.*(inputs|annotations|initErrors)|objects/services/svc/0/metadata/annotations))",
    ),
    Allowed(
        "An import of nothing by command",
        "That the preview failed is told without the functions that it failed in.",
        "^imports by command/2 import/stdout$",
        embedded=_ABSENT_OR + "error: preview failed$",
        official=_ABSENT_OR + "error: preview failed: step application failed",
    ),
    Allowed(
        "Help beside an error",
        "The official CLI gives all of it before it says what an import lacks; this engine says what is missing.",
        "^imports that name nothing/.*/stdout$",
        embedded="^" + re.escape(ABSENT) + "$",
    ),
    Allowed(
        "Exports of a stack that goes",
        "The official display lists them as gone where the stack held nothing else.",
        "^configuration/[0-9]+ destroy/stdout$",
    ),
    Allowed(
        "Exports of a program that fails",
        "The official display lists them as gone; they stay in the state.",
        "^(programs that fail late|a resource that is only read)/[0-9]+ up/stdout$",
        embedded=_ABSENT_OR + r"^    +\w+: |^Outputs:$",
        official=_ABSENT_OR + r"^  - \w+: |^Outputs:$",
    ),
    Allowed(
        "A resource that is only read",
        "When such a resource is refreshed the official provider leaves its data out of the inputs.",
        "^a resource that is only read/(4 refresh|5 destroy)/.*(inputs|detailedDiff|stdout)",
    ),
    Allowed(
        "Keys of a CRD's schema",
        "They stay in the state as the SDK spells them; the official provider writes them with dashes.",
        "/x[-_]kubernetes[-_]",
    ),
    Allowed(
        "Quantities",
        "They stay in the state as the program spells them (`1000m`); the official provider writes `1`.",
        "/resources/(limits|requests)/",
    ),
    Allowed(
        "Looking for a stack that is not there",
        "The official engine then calls the state perhaps corrupt; looking changes nothing.",
        "a reference to no stack/.*/(status|maybeCorrupt)$",
    ),
    Allowed(
        "Tracebacks",
        "Frames of what runs the program are left out: they are not the program's.",
        "/(diagnosticEvent|stdout)$",
        embedded=f"Traceback|^{re.escape(ABSENT)}$|^    +File |importlib|run_in_stack",
        official=f"Traceback|^{re.escape(ABSENT)}$|^     +|Program failed",
    ),
    Allowed(
        "A file or a value that cannot be read",
        "This engine says which, and what to do; the official CLI hands on what its library says.",
        "/stderr$",
        embedded=_ABSENT_OR
        + "the (state in|value|state folder) '|is not a Pulumi state file|could not read (the import file )?'"
        "|^error: state store unsupported",
        official=_ABSENT_OR
        + r"strconv\.|json: |EOF$|Legacy DIY state|pulumi state upgrade|^It is due|^If you have any|^issue at|^=+$"
        r"|^error:$|PULUMI_DIY_BACKEND_IGNORE|could not (open|read) (import )?file|version of the Pulumi CLI"
        "|unable to open state directory|failed to load checkpoint",
    ),
    Allowed(
        "Types of values",
        "What `config set --type` has written stays of its type; the official CLI makes it a text with the next "
        "change.",
        r"^configuration that looks like a secret/(1[2-9]|20) .*/settings/Pulumi\.dev\.yaml/",
        embedded=r"^  shop:\w+: (5|1\.5|true)$",
        official=r"^  shop:\w+: \"(5|1\.5|true)\"$",
    ),
    Allowed(
        "A passphrase that is wrong or missing",
        "It is named in the same words, without those of the functions that found it.",
        "/stderr$",
        embedded=_ABSENT_OR + "incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE_FILE",
        official=_ABSENT_OR + "incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE_FILE",
    ),
    Allowed(
        "A stack that `PULUMI_STACK` names and that is not there",
        "It is named; the official CLI says that none is selected.",
        "^settings of the environment/3 stack output/(code|stderr)$",
        embedded=_ABSENT_OR + "^6$|no stack named 'nowhere' found",
        official=_ABSENT_OR + "^1$|no stack selected",
    ),
    Allowed(
        "Help after a wrong command line",
        "Each engine lists its own options and commands.",
        r"^words that a command does not take/\d+ (?!up)[^/]+/stdout$|^words that a command does not take/2 up/stdout$",
    ),
)
