"""The texts of events: the model's to the letter, and our own where it has none."""

from collections.abc import Callable

from automation.core import kubectl
from automation.core.alerts import error, info, warn
from automation.core.decision import Event, normal, warning
from automation.core.durations import shown
from automation.core.observation import Drift, Workload
from automation.core.progress import Progress
from automation.core.spec import Canary
from automation.core.stepwise import Stepwise
from automation.core.traffic import Traffic
from automation.core.words import Word


def suspended() -> Event:
    return normal("skipping canary run as object is suspended")


def let_in(canary: Canary) -> str:
    """What has to happen before a suspended Canary moves."""
    field = "paused" if canary.hands_over else "suspend"
    return f"{canary.full_name} is suspended; let it go on with: {kubectl.set_field(canary, field, False)}"


def released_no_more(canary: Canary) -> str:
    """What has to happen before a retired Canary releases anything again."""
    return (
        f"{canary.full_name} is retired: to have it released, apply it anew after: {kubectl.delete(canary)}"
    )


def providers(problem: str) -> Event:
    if problem:
        return warning(f"Error checking metric providers: {problem}")
    return normal("all the metrics providers are available!")


def initialized(canary: Canary) -> Event:
    told = f"New {canary.target.kind} detected, initialization completed."
    return normal(f"Initialization done! {canary.full_name}", info(told, detailed=True))


def returning(canary: Canary) -> Event:
    """Argo's words for it, and whose."""
    return normal(f"Rollback of {canary.full_name} within its RollbackWindow: no step is taken")


def new_revision(canary: Canary) -> Event:
    told = info("New revision detected, progressing canary analysis.", detailed=True)
    return normal(f"New revision detected! Scaling up {canary.target_full_name}", told)


def restarting(canary: Canary) -> Event:
    return normal(f"New revision detected! Restarting analysis for {canary.target_full_name}")


def starting(canary: Canary) -> Event:
    return normal(f"Starting canary analysis for {canary.target_full_name}")


def pre_rollout_failed(canary: Canary, hook: str, answer: str) -> Event:
    return warning(f"Halt {canary.full_name} advancement pre-rollout check {hook} failed {answer}")


def rollout_failed(canary: Canary, hook: str, answer: str) -> Event:
    return warning(f"Halt {canary.full_name} advancement external check {hook} failed {answer}")


def post_rollout_failed(canary: Canary, hook: str, answer: str) -> Event:
    return warning(f"Post-rollout hook {hook} failed {answer}")


def passed(kind: str) -> Callable[[str], Event]:
    """What is said of a hook of this type that passes."""
    return lambda hook: normal(f"{kind.capitalize()} check {hook} passed")


def held(what: str) -> Callable[[Canary, str, str], Event]:
    """What is said of a hook that holds something back."""
    return lambda canary, hook, answer: warning(
        f"Halt {canary.full_name} advancement waiting for {what} {hook}"
    )


def held_by(canary: Canary, word: Word) -> Event:
    return warning(f"Halt {canary.full_name} advancement held by {word}")


def opened_late(canary: Canary, gate: str, deadline: float) -> Event:
    return warning(f"Gate {gate} of {canary.full_name} opens: nobody opened it for {_shown(deadline)}")


def not_opened(canary: Canary, gate: str, deadline: float) -> Event:
    return warning(f"Rolling back {canary.full_name} nobody opened its gate {gate} for {_shown(deadline)}")


def _shown(seconds: float) -> str:
    return shown(int(seconds * 1000))


def said(canary: Canary, verb: str, gate: str, word: Word) -> Event:
    """What a person said of a gate."""
    done = {"approve": "approved", "hold": "held", "resume": "resumed", "promote": "passed"}[verb]
    return normal(f"Gate {gate} of {canary.full_name} {done} by {word}")


def rollback_passed(hook: str) -> Event:
    return warning(f"Rollback check {hook} passed")


def called_back(canary: Canary) -> Event:
    told = warn("Rolling back manual webhook invoked")
    return warning(f"Rolling back {canary.full_name} manual webhook invoked", told)


def advanced(canary: Canary, before: Progress, after: Progress) -> Event:
    """A step forward, in Flagger's words, or Argo's where it has steps."""
    if canary.analysis.stepwise and after.iterations == before.iterations:
        return normal(f"Service {canary.canary_service} leads to the canary of {canary.full_name}")
    if canary.analysis.stepwise:
        return step_completed(canary, before.iterations)
    if after.iterations == before.iterations:
        return normal(f"Advance {canary.full_name} canary weight {after.traffic.canary}")
    if after.traffic.weight == 100:
        if before.traffic.mirror:
            return normal("Stop traffic mirroring and route all traffic to canary")
        return normal("Routing all traffic to canary")
    of = f"{after.iterations}/{canary.analysis.iterations}"
    return normal(f"Advance {canary.full_name} canary iteration {of}")


def step_completed(canary: Canary, index: int) -> Event:
    """Argo's text of a step that is done."""
    stepwise = canary.analysis.stepwise or Stepwise(())
    return normal(f"Rollout step {index + 1}/{len(stepwise.steps)} completed ({stepwise.told(index)})")


def waiting_for_promotion(canary: Canary, at: Progress) -> Event:
    steps = canary.analysis.stepwise.steps if canary.analysis.stepwise else ()
    place = f"step {at.iterations + 1}/{len(steps)}"
    return normal(f"{canary.full_name} waits at {place} with {at.traffic} until it is promoted or aborted")


def analysis_failed(canary: Canary, which: str, message: str) -> Event:
    told = f": {message}" if message else ""
    return warning(f"Rolling back {canary.full_name} {which} analysis phase error/failed{told}")


def inconclusive(canary: Canary, which: str, message: str) -> Event:
    told = f": {message}" if message else ""
    return warning(
        f"{canary.full_name} waits until it is promoted or aborted: {which} analysis is inconclusive{told}"
    )


def copying(canary: Canary) -> Event:
    if canary.hands_over:
        return normal(f"The canary's pods are {canary.primary_full_name} now")
    return normal(f"Copying {canary.target_full_name} template spec to {canary.primary_full_name}")


def returned(canary: Canary, traffic: Traffic) -> Event:
    return normal(f"Advance {canary.full_name} primary weight {traffic.primary}")


def all_to_primary() -> Event:
    return normal("Routing all traffic to primary")


def promoted(canary: Canary) -> Event:
    if canary.skip_analysis:
        skipped = info("Canary analysis was skipped, promotion finished.")
        return normal(
            f"Promotion completed! Canary analysis was skipped for {canary.target_full_name}", skipped
        )
    if canary.hands_over:
        steps = len(canary.analysis.stepwise.steps) if canary.analysis.stepwise else 0
        return normal(f"Rollout completed update of {canary.full_name}: Completed all {steps} canary steps")
    passed = info("Canary analysis completed successfully, promotion finished.")
    return normal(f"Promotion completed! Scaling down {canary.target_full_name}", passed)


def primary_not_ready(canary: Canary, why: str) -> Event:
    return warning(f"{canary.primary_full_name} not ready: {why}")


def canary_not_ready(canary: Canary, why: str) -> Event:
    return warning(f"canary {canary.target.kind.lower()} {canary.target_full_name} not ready: {why}")


def no_run(canary: Canary) -> Event:
    if canary.hands_over:
        told = (
            f"No update of {canary.full_name} starts while {canary.primary_full_name} is not ready: mend that"
        )
        return warning(told)
    return warning(
        f"No run of {canary.target_full_name} starts while {canary.primary_full_name} is not ready: mend that, or let "
        f"out what mends it without analysis: {kubectl.set_field(canary, 'skipAnalysis', True)}"
    )


def no_start(canary: Canary, container: str) -> Event:
    return warning(
        f"{canary.target_full_name} serves alone until {canary.primary_full_name} is ready: mend that, or set an image "
        f"that gets ready: {kubectl.set_image(canary, container, 'IMAGE')}"
    )


def threshold_reached(canary: Canary, failed_checks: int) -> Event:
    told = error(f"Failed checks threshold reached {failed_checks}")
    return warning(f"Rolling back {canary.full_name} failed checks threshold reached {failed_checks}", told)


def frozen(canary: Canary, failed_checks: int, traffic: Traffic) -> Event:
    return warning(
        f"Halt {canary.full_name} advancement failed checks threshold reached {failed_checks}: it stays at {traffic} "
        "until its target changes, or somebody aborts or promotes it",
        error(f"Failed checks threshold reached {failed_checks}"),
    )


def promotion_failed(canary: Canary, why: str) -> Event:
    told = error(f"Promotion failed, primary not ready: {why}")
    return warning(f"Promotion of {canary.target_full_name} failed, primary not ready: {why}", told)


def rolled_back(canary: Canary) -> Event:
    return warning(f"Canary failed! Scaling down {canary.full_name}")


def withdrawn(canary: Canary) -> Event:
    although = ", although its Canary is suspended" if canary.suspend else ""
    return warning(
        f"{canary.target_full_name} is not what was judged any more: all traffic goes to "
        f"{canary.primary_full_name}{although}"
    )


def reverted(canary: Canary) -> Event:
    return normal(
        f"Cancelling {canary.full_name}: {canary.target_full_name} is back at the promoted revision",
        info("Canary was cancelled, the target is back at the promoted revision."),
    )


def cancelled(canary: Canary) -> Event:
    return normal(f"Canary cancelled! Scaling down {canary.full_name}")


def aborting(canary: Canary, by: str) -> Event:
    who = by or "request"
    return warning(f"Rolling back {canary.full_name} aborted by {who}", warn(f"Canary was aborted by {who}"))


def aborted(canary: Canary) -> Event:
    return warning(f"Canary aborted! Scaling down {canary.full_name}")


def retrying(canary: Canary, by: str) -> Event:
    return normal(f"Trying the same revision of {canary.target_full_name} again for {by or 'a request'}")


def retiring(canary: Canary) -> Event:
    return normal(f"Retiring {canary.full_name}: scaling up {canary.target_full_name}")


def serving_again(canary: Canary) -> Event:
    return normal(f"{canary.target_full_name} serves again: apex and route went back to it")


def retired(canary: Canary) -> Event:
    return normal(f"{canary.full_name} is retired: what was generated for it is gone")


def terminating(canary: Canary) -> Event:
    return normal(f"Terminating canary {canary.full_name}")


def terminated(canary: Canary) -> Event:
    return normal(f"Terminated canary {canary.full_name}")


def unproven(canary: Canary) -> Event:
    return warning(
        f"{canary.target_full_name} gets all traffic with a revision that was not promoted: {canary.full_name} was "
        "deleted"
    )


def deleted(canary: Canary, wake: str, leave: str) -> Event:
    """What is said of a Canary that went without giving its traffic back; `wake` is the command by which the target
    serves again, and `leave` the one that gives it back."""
    kind = canary.target.kind.lower()
    return warning(
        f"{canary.full_name} was deleted and what was generated for it goes too: nobody serves its users while {kind} "
        f"{canary.target_full_name} is at zero. It serves again with: {wake}. Next time set "
        f"spec.revertOnDeletion, or run before: {leave}"
    )


def nothing_to(canary: Canary, verb: str, why: str) -> Event:
    return warning(f"Nothing to {verb} for {canary.full_name}: {why}")


def policy_refused(canary: Canary, policy: str, message: str) -> Event:
    return warning(f"Halt {canary.full_name} advancement policy {policy}: {message}")


def route_repaired(canary: Canary, who: str, live: Traffic | None, wanted: Traffic) -> Event:
    route = f"{canary.route_name}.{canary.namespace}"
    if live is None:
        return warning(f"Route {route} was deleted: made again with {wanted}")
    blame = f" by {who}" if who else ""
    if live == wanted:
        return warning(f"Route {route} was changed{blame}: put back")
    return warning(f"Route {route} was set to {live}{blame}: put back to {wanted}")


def route_withdrawn(canary: Canary) -> Event:
    source = f"{canary.route.name}.{canary.namespace}" if canary.route else "its source"
    return warning(
        f"Route {canary.route_name}.{canary.namespace} goes: {source} has no rule that can be split any more, and "
        f"decides alone whom it leads to Service {canary.apex}"
    )


def apex_repaired(canary: Canary, wanted: str, who: str) -> Event:
    name, blame = f"Service {canary.apex}.{canary.namespace}", f"was changed by {who} and " if who else ""
    return warning(f"{name} {blame}did not select the {wanted}: put back")


def primary_restored(canary: Canary, what: str) -> Event:
    return warning(f"{canary.primary_full_name} {what}: made again from its recorded revision")


def gap(canary: Canary, remedy: str) -> str:
    return f"a promotion takes all pods of {canary.primary_full_name} away before others are there: {remedy}"


def primary_scaled(canary: Canary, pods: int) -> Event:
    return normal(f"Scaling up {canary.primary_full_name} to {pods}, as many as the traffic needs")


def drift_repaired(canary: Canary, drift: Drift, under_way: bool = False) -> Event:
    """Whoever changes a source while a release is under way changes what is judged."""
    name = f"{drift.kind} {drift.name}.{canary.namespace}"
    if drift.gone:
        return warning(f"{name} was deleted: made again")
    if drift.by:
        return warning(f"{name} was changed by {drift.by}: put back")
    said = warning if under_way else normal
    return said(f"{name} is not what its sources ask for any more: written anew")


def contested(name: str, times: int, by: str) -> Event:
    """What is said of an object that was put back so often in a row and is changed, or deleted, again."""
    who = f"{by} writes it" if by else "somebody changes or deletes it"
    return warning(
        f"{name} was put back {times} times in a row, and {who} again: from now on it is put back after pauses that "
        "grow to a minute. Find who does that, and stop it"
    )


def not_at_rest(canary: Canary, phase: str) -> Event:
    return warning(
        f"{canary.full_name} is {phase} and nothing of it is recorded: another driver brought it there. Let that one "
        "end with a promotion first"
    )


def not_the_same(canary: Canary, target: Workload, primary: Workload) -> Event:
    serve, release = (kubectl.set_image(canary, target.container, one.image) for one in (primary, target))
    return warning(
        f"{canary.full_name} comes from another driver, and {canary.target_full_name} has {target.image} while primary "
        f"serves {primary.image}. Set the target to what primary serves: {serve}. Once it is Initialized, release "
        f"with: {release}"
    )


def updates_failed(canary: Canary) -> Event:
    return warning(
        f"Rolling back {canary.full_name} updates of its stack have failed for longer than progressDeadlineSeconds "
        f"({canary.progress_deadline})"
    )


def not_yet_in_force(canary: Canary, waits: str) -> Event:
    return warning(f"{canary.full_name} waits until its route is in force: {waits}")


def waiting_for_data(canary: Canary, check: str) -> Event:
    return normal(f"Waiting for data of {check}: {canary.full_name} has only begun to receive traffic")


def waiting_for_requests(canary: Canary, check: str, detail: str) -> Event:
    return normal(f"Waiting for requests to {canary.full_name}: {check} has {detail}")


def target_missing(canary: Canary) -> Event:
    return warning(f"{canary.target.kind} {canary.target_full_name} not found")
