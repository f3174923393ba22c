"""Runs the attempt on one host: asks again and again until its end is known."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.claim_note import ClaimNote, read_claim_note
from mobius_tui.run.fleet.claim_request import (
    ClaimRequest,
    ClaimVerb,
    claim_digest,
)
from mobius_tui.run.fleet.conversation import ConversationEnd, HostConversation
from mobius_tui.run.fleet.fleet_lines import (
    HostReport,
    OrderedHost,
    ReportedState,
    StepOrder,
)
from mobius_tui.run.fleet.host_output import HostOutput, output_path
from mobius_tui.run.fleet.transport import Transport
from mobius_tui.run.keeper.output_writer import run_clock
from mobius_tui.run.storage.redaction import secret_literals
from mobius_tui.runbook.text.units import size_in_words

RETRIES_RESET_AFTER = 30.0
"""Seconds of a conversation after which a break starts the tries (`retry_pauses`) anew.
"""
END_REPORT_TIMEOUT = 30.0
"""Seconds in which a host must report the end, after a time-out or a stop plus grace.
"""
STATE_IF_NOT_ASKED = {
    ClaimVerb.START: ReportedState.UNREACHABLE,
    ClaimVerb.ATTACH: ReportedState.UNKNOWN,
    ClaimVerb.CLEAN: ReportedState.UNREACHABLE,
}
"""The state of a host to which no request could be sent, by the request's verb."""
STOP_RETRY_PAUSE = 1.0
"""Seconds between two tries to stop a host."""


class HostAttempt:
    """The attempt on one host, from its order to the report of its end."""

    def __init__(
        self,
        order: OrderedHost,
        step: StepOrder,
        transport: Transport,
        report: Callable[[HostReport], None],
    ) -> None:
        self.order, self.step, self.transport = order, step, transport
        self._report = report
        self._output_path = output_path(Path(step.folder), order.name)
        self._output: HostOutput | None = None
        """What comes from the host, once it is asked."""
        self._values = {**step.values, **order.values}
        self._digest = claim_digest(
            step.script, step.shell, self._values, step.secrets, step.files
        )
        self._claimed = False
        """Whether the host said that the attempt is claimed."""
        self._of_attempt: int | None = None
        self._stop_wanted = asyncio.Event()
        self._due = math.inf
        """When it must have ended, by the clock of `time.monotonic`."""

    def stop(self) -> None:
        """Request a stop, which is sent to the host until it confirms it."""
        self._stop_wanted.set()

    def know(self, step: StepOrder) -> None:
        """Redact the secrets of a newer order, too, from now on."""
        self.step = step
        if self._output is not None:
            self._output.know(_texts_to_redact(step))

    async def carry_through(self, verb: ClaimVerb) -> HostReport:
        """Ask the host until its end is known, or all tries are used up.

        Args:
            verb: `START` or `ATTACH`.

        Returns:
            The report of the end.
        """
        try:
            request = self._request(verb)
            request.shell_input("0")
            secrets = _texts_to_redact(self.step)
            now = run_clock(self.step.clock_offset)
            output = HostOutput(self._output_path, secrets, request.output_limit, now)
            self._output = output
        except (RunError, OSError) as error:
            state = STATE_IF_NOT_ASKED[verb]
            return self._make_report(state, reason=_start_error_text(error))
        asking = asyncio.ensure_future(self._ask_until_known(verb, output))
        stopping = asyncio.ensure_future(self._stop_when_wanted())
        try:
            while not asking.done() and time.monotonic() < self._due:
                await asyncio.wait({asking}, timeout=1.0)
            if asking.done():
                return asking.result()
            return self._make_report(
                ReportedState.UNKNOWN,
                output,
                "it should have ended, but the host says no",
            )
        finally:
            for each in (asking, stopping):
                each.cancel()
            await asyncio.gather(asking, stopping, return_exceptions=True)
            output.close()

    async def _ask_until_known(self, verb: ClaimVerb, output: HostOutput) -> HostReport:
        pauses = self._pauses(verb)
        while True:
            began, size = time.monotonic(), output.resume()
            answer = await self._ask(verb, output)
            self._of_attempt = answer.of_attempt or self._of_attempt
            if answer.verdict == "refused":
                return self._refused(verb, answer, output)
            if answer.verdict == "void" and output.size:
                reason = "the host says that it never began, but its output is here"
                return self._make_report(ReportedState.UNKNOWN, output, reason)
            if answer.verdict in ("void", "unknown"):
                return self._make_report(
                    ReportedState(answer.verdict), output, _answer_reason(answer)
                )
            is_whole = answer.verdict == "exit" and output.size == answer.bytes
            if is_whole or (answer.verdict == "exit" and not pauses):
                return self._exited(answer, output)
            if verb is ClaimVerb.START and self._claimed:
                verb = ClaimVerb.ATTACH
                pauses = self._pauses(verb)
            elif not answer.verdict and (
                output.size > size or answer.last_heard_at - began > RETRIES_RESET_AFTER
            ):
                pauses = self._pauses(verb)
            if not pauses or (answer.unreached and answer.unreached.host_key):
                # A key that is not the known one is an answer: it is not asked again.
                return self._lost(verb, answer, output)
            if self._claimed:
                running = ReportedState.RUNNING
                self._report(
                    self._make_report(running, output, answer.reason, is_end=False)
                )
            await asyncio.sleep(pauses.pop(0))

    def _pauses(self, verb: ClaimVerb) -> list[float]:
        """The pauses before the tries that are left, of a host that is asked anew."""
        pauses = list(self.step.retry_pauses)
        if verb is ClaimVerb.ATTACH:
            return pauses
        pauses += pauses[-1:] * self.step.tries
        return pauses[: self.step.tries - 1]

    def _must_end_in(self, seconds: float) -> None:
        """Set the time at which the attempt is unknown if no end was reported.

        Args:
            seconds: from now; the grace and the time for the report are added.
        """
        due = time.monotonic() + seconds + self.step.grace + END_REPORT_TIMEOUT
        self._due = min(self._due, due)

    async def _ask(self, verb: ClaimVerb, output: HostOutput) -> ConversationEnd:
        conversation = HostConversation(
            self.transport,
            self._request(verb, output.size),
            output,
            on_claim=lambda boot, place: self._take_claim(output, boot, place),
        )
        try:
            return await conversation.exchange()
        except OSError as error:
            return ConversationEnd(reason=_start_error_text(error))

    async def _take_claim(self, output: HostOutput, boot: str, place: str) -> None:
        """Note a claim durably before the host may begin.

        Raises:
            OSError: it cannot be written down.
        """
        if boot:
            note = ClaimNote(
                attempt=self.order.attempt, boot=boot, place=place, digest=self._digest
            )
            await asyncio.to_thread(note.write, self._output_path)
        if not self._claimed:
            self._claimed = True
            if self.step.timeout is not None:
                self._must_end_in(self.step.timeout)
            self._report(self._make_report(ReportedState.RUNNING, output, is_end=False))

    def _request(self, verb: ClaimVerb, offset: int = 0) -> ClaimRequest:
        step, order = self.step, self.order
        begins = verb is ClaimVerb.START
        note = read_claim_note(self._output_path, order.attempt)
        return ClaimRequest(
            verb=verb,
            run=step.run,
            step=step.step,
            host=order.name,
            attempt=order.attempt,
            earlier=order.earlier,
            boot=note.boot if note else "",
            digest=(note and note.digest) or self._digest,
            claims_in=self._claims_in(note),
            offset=offset,
            script=step.script if begins else "",
            files=step.files if begins else {},
            shell=step.shell,
            values=self._values if begins else {},
            timeout=step.timeout,
            grace=step.grace,
            max_output=step.max_output,
        )

    def _claims_in(self, note: ClaimNote | None) -> tuple[str, ...]:
        """Where claims may be, the noted place first."""
        places = self.step.route.claims_in
        if note is None or note.place not in places:
            return places
        return (note.place, *(each for each in places if each != note.place))

    async def _stop_when_wanted(self) -> None:
        """Wait for `stop`, then ask the host to stop until it confirms."""
        await self._stop_wanted.wait()
        while True:
            request = self._request(ClaimVerb.STOP)
            try:
                answer = await HostConversation(
                    self.transport, request, None
                ).exchange()
            except OSError as error:
                answer = ConversationEnd(reason=_start_error_text(error))
            if answer.stopping:
                self._must_end_in(0)
                return
            await asyncio.sleep(STOP_RETRY_PAUSE)

    def _exited(self, answer: ConversationEnd, output: HostOutput) -> HostReport:
        is_ok = answer.status == 0 and answer.cause == "exited"
        missing = answer.bytes - output.size
        reasons = []
        if answer.dropped:
            size, why = size_in_words(answer.dropped), answer.dropped_why
            why = "max_output" if why == "limit" else why
            reasons.append(f"{size} more of its output were not kept ({why})")
        if missing > 0:
            reasons.append(f"{missing} bytes of its output are missing")
        elif missing < 0:
            reasons.append(f"it has {-missing} bytes of output less than it sent")
        return self._make_report(
            ReportedState.OK if is_ok else ReportedState.FAILED,
            output,
            "; ".join(reasons),
            answer=answer,
        )

    def _refused(
        self, verb: ClaimVerb, answer: ConversationEnd, output: HostOutput
    ) -> HostReport:
        """The report of a host that refused the request: it cannot hold claims."""
        begun = verb is ClaimVerb.ATTACH or self._claimed
        state = ReportedState.UNKNOWN if begun else ReportedState.UNREACHABLE
        return self._make_report(state, output, answer.reason)

    def _lost(
        self, verb: ClaimVerb, answer: ConversationEnd, output: HostOutput
    ) -> HostReport:
        """The report of a host that does not answer, after the last try."""
        if verb is ClaimVerb.ATTACH:
            return self._make_report(
                ReportedState.UNKNOWN, output, f"its end is not known: {answer.reason}"
            )
        return self._make_report(
            ReportedState.UNREACHABLE, output, answer.reason, answer=answer
        )

    def _make_report(
        self,
        state: ReportedState,
        output: HostOutput | None = None,
        reason: str = "",
        *,
        answer: ConversationEnd | None = None,
        is_end: bool = True,
    ) -> HostReport:
        return HostReport(
            host=self.order.name,
            state=state,
            attempt=self.order.attempt,
            exit=answer.status if answer else None,
            cause=answer.cause if answer else "",
            bytes=output.size if output else 0,
            sha256=output.sha256() if output and is_end else "",
            spans_sha256=output.spans_sha256() if output and is_end else "",
            reason=reason,
            of_attempt=self._of_attempt,
            host_key=answer.unreached.host_key if answer and answer.unreached else None,
        )


def _answer_reason(answer: ConversationEnd) -> str:
    if answer.verdict == "void":
        return "it was given up on the host before it began"
    what, _, pid = answer.knows.partition(" ")
    if what == "gone":
        return (
            "the host had claimed it, and has no trace of that any more; how far the "
            "script got is not known"
        )
    if what == "restarted":
        return "the host was restarted while it ran; how far it got is not known"
    if what == "runs":
        return (
            "its keeper on the host died while it ran; the script goes on there "
            f"without it, as process {pid}"
        )
    return "its keeper on the host died while it ran; how far it got is not known"


def _start_error_text(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _texts_to_redact(step: StepOrder) -> tuple[bytes, ...]:
    return tuple(map(os.fsencode, secret_literals(step.secrets)))
