"""An update or its preview: the program runs, its resources are brought to their goals, what is left over goes."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any

from engine.deploy.context import Context
from engine.deploy.deletes import Deletes
from engine.deploy.executor import Executor
from engine.deploy.hooks import Hooks
from engine.deploy.policing import Policing
from engine.deploy.program import Finished, Launch, Program, Say
from engine.deploy.providers import Providers
from engine.deploy.registrar import Registrar
from engine.errors import Cancelled
from engine.events import Diagnostic
from engine.monitor.server import Monitor
from engine.monitor.session import Session


class Update:
    """One run of a program against one stack."""

    def __init__(self, context: Context, providers: Providers, policing: Policing):
        self._context, self._providers, self._policing = context, providers, policing
        self._hooks = Hooks()
        self._executor = Executor(context, providers, self._hooks)
        self._registrar = Registrar(context, providers, self._executor, policing)
        self._deletes = Deletes(context, self._executor)

    def run(self, program: Program, launch: Launch) -> bool:
        """Whether everything went well; what did not has been reported. Raises `Cancelled` and `EngineError`."""
        if not self._context.finds(self._context.options.replaces, self._context.ledger.olds):
            return False
        session = Session(self._context, self._registrar, self._hooks)
        with Monitor.serve(session) as monitor:
            launch = replace(launch, monitor=monitor.address, engine=monitor.address)
            ended: Future[Finished] = Future()
            threading.Thread(
                target=_run, args=(program, launch, self._say, ended), name="program", daemon=True
            ).start()
            finished = self._attend(session, ended, program)
        self._context.cancellation.check()
        return self._verdict(session, finished)

    def _say(self, severity: str, text: str) -> None:
        self._context.events.emit(Diagnostic(severity, text))

    def _attend(self, session: Session, ended: Future[Finished], program: Program) -> Finished:
        """Wait for the program; when it says that it is through, do what is left and let it go."""
        cancellation = self._context.cancellation
        _first_of(ended, session.through, cancellation.request)
        if not ended.done() and not session.through.done():
            session.close()
            _first_of(ended, cancellation.kill)
            if not ended.done():
                program.stop()
                raise Cancelled("the update was canceled")
        if session.through.done() and not ended.done():
            try:
                self._finish(session)
            finally:
                session.release()
        finished = ended.result()
        if session.closed:
            # The program broke off because the engine did; what it says about that is no news.
            finished = Finished()
        session.close()
        session.wait_until_idle()
        if not session.through.done() and not finished.error and not finished.told and not session.failed:
            self._finish(session)
        return finished

    def _finish(self, session: Session) -> None:
        """Delete what the program no longer declares and have the policies look at the whole."""
        if session.failed and not self._context.options.continue_on_error:
            return
        try:
            if not self._targets_are_known():
                session.fail()
            doomed = self._deletes.unclaimed()
            self._deletes.keep(self._deletes.untouched())
            if not self._deletes.run(doomed):
                session.fail()
            elif not session.failed:
                self._policing.judge_stack(self._context.ledger.results.values())
        except Cancelled:
            session.fail()

    def _targets_are_known(self) -> bool:
        """Whether each target is in the state or was declared. What is to be left alone need not exist."""
        context, ledger = self._context, self._context.ledger
        targets = context.options.targets
        known = targets.exclude or context.finds(targets, {*ledger.olds, *ledger.goals})
        ledger.misused = ledger.misused or not known
        return known

    def _verdict(self, session: Session, finished: Finished) -> bool:
        context = self._context
        ok = not finished.error and not finished.told and not session.failed and not self._policing.refused
        if finished.error:
            # The program has logged the whole of it.
            first = finished.error.splitlines()[0]
            context.error(f"an unhandled error occurred: {first}")
        if not ok:
            self._keep_old_outputs()
        if not ok and not finished.told and not finished.error and not self._explained():
            context.error("preview failed" if context.options.preview else "update failed")
        return ok

    def _explained(self) -> bool:
        """Whether whoever refused has said all there is to say. A preview goes on after what an update stops at."""
        ledger = self._context.ledger
        if self._context.options.preview:
            return ledger.misused
        return ledger.misused or ledger.refused or self._policing.stopped

    def _keep_old_outputs(self) -> None:
        """A program that did not get to the end may have exported only a part of what it exports."""
        context = self._context
        old, new = context.ledger.olds.get(context.root_urn), context.ledger.results.get(context.root_urn)
        if old is None or new is None or context.options.preview:
            return
        merged = {**old.outputs, **new.outputs}
        if merged != new.outputs:
            context.snapshot.put(replace(new, outputs=merged))


def _first_of(*futures: Future[Any]) -> None:
    """Return when one of them is done."""
    wait(futures, return_when=FIRST_COMPLETED)


def _run(program: Program, launch: Launch, say: Say, ended: Future[Finished]) -> None:
    try:
        ended.set_result(program.run(launch, say))
    except BaseException as error:  # noqa: BLE001  raised again where the result is waited for
        ended.set_exception(error)
