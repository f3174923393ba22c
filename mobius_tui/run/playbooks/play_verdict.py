"""Decides from the events of a play what became of each of its hosts. Pure.

A host of a playbook has passed only if Ansible's final counts (the event `stats`) came
and name no failure of it, and every play for it was played to its end: where other
hosts' failures end a play, Ansible counts the hosts that were cut off by that as well.
A host of a play that had no task on it, as by `run_once`, is in no counts, and passes
likewise. Without `stats`, a host that began is unknown, unless its last event is a
failure. The end of a script's own task is final at once, whatever the play comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from mobius_tui.run.events.fleet_events import HostKeyProblem
from mobius_tui.run.fleet.fleet_lines import ReportedState
from mobius_tui.run.fleet.unreached import SSH_ERROR_EXIT_STATUS, unreached
from mobius_tui.run.playbooks import playbook_order
from mobius_tui.run.playbooks.play_events import TASK_TEXT_KEYS, PlayEvent
from mobius_tui.sanitize import line

MAX_VERDICT_REASON_LENGTH = 300
"""Characters."""
_EXIT_CODES_EXPLAINED_BY_COUNTS = frozenset({0, 2, 4})
"""Exit codes of `ansible-playbook` with which its counts by host can be trusted."""


class HostVerdict(Struct, frozen=True, kw_only=True):
    """What became of a host."""

    state: ReportedState
    reason: str = ""
    exit: int | None = None
    """A script's exit status; of a playbook 0 if it passed, or else `None`."""
    cause: str = ""
    """`exited` if it ended by itself with that status, or `timed out`."""
    host_key: HostKeyProblem | None = None
    """What is wrong with its host key, if that is why it was not reached."""


class PlayEnd(Struct, frozen=True, kw_only=True):
    """How `ansible-playbook` ended."""

    why: str
    """In words."""
    code: int | None = None
    """Its exit status, if it ended by itself."""


class _HostProgress(Struct):
    tasks: int = 0
    """How many tasks began on it."""
    task: str = ""
    """The name of the last task that began."""
    failure_since_task: PlayEvent | None = None
    """Its last failure or `unreachable`; `None` if a task began since."""
    failure: PlayEvent | None = None
    verdict: HostVerdict | None = None
    """Known before the end of the play; of scripts only."""


class PlayProgress(Struct):
    """The hosts of a play, and how far each of them is."""

    is_script: bool
    _hosts: dict[str, _HostProgress] = field(default_factory=dict)
    _play: tuple[str, ...] = ()
    """The hosts of the current play, or of its current batch (`serial`)."""
    _addressed: set[str] = field(default_factory=set)
    """The hosts of all plays so far, also those without a task, as by `run_once`."""
    _cut: dict[str, str] = field(default_factory=dict)
    """Hosts whose play may have been ended early → the host whose failure ended it."""
    _ended: bool = False
    _counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    _left_out: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str], *, is_script: bool) -> PlayProgress:
        """The progress of a play before its first event."""
        return cls(is_script, {name: _HostProgress() for name in hosts})

    def apply(self, event: PlayEvent) -> HostVerdict | None:
        """Add an event; returns its host's new verdict, if that changes by it."""
        host = self._hosts.get(event.host)
        match event.event:
            case "play":
                self._play = event.hosts
                self._addressed.update(event.hosts)
            case "no hosts remaining":
                self._cut |= dict.fromkeys(self._play, "")
            case "stats":
                self._ended = True
                self._counts, self._left_out = event.counts, event.left_out
            case "start" if host is not None:
                host.tasks += 1
                host.task, host.failure_since_task = event.task, None
                return HostVerdict(
                    state=ReportedState.RUNNING, reason=_one_line_reason(event.task)
                )
            case "failed" | "unreachable" if host is not None and not event.ignored:
                host.failure_since_task = host.failure = event
                if event.fatal:
                    self._cut |= dict.fromkeys(self._play, event.host)
                return self._early_script_verdict(host)
            case "ok" if host is not None and event.task == playbook_order.RUN_TASK:
                return self._early_script_verdict(host, event)
        return None

    def verdict(self, name: str, end: PlayEnd) -> HostVerdict:
        """The final verdict on a host, once there are no more events.

        Args:
            name: of the host.
            end: how `ansible-playbook` ended.
        """
        host = self._hosts[name]
        if host.verdict is not None:
            return host.verdict
        if self._ended and (host.tasks or name in self._addressed):
            return self._verdict_by_counts(name, host, end)
        if not host.tasks:
            return self._not_begun(name, end)
        if host.failure_since_task is not None:
            return _verdict_of_failure(host, host.failure_since_task)
        words = f"{end.why}, at the task `{host.task}`: how far it got is not known"
        return HostVerdict(state=ReportedState.UNKNOWN, reason=_one_line_reason(words))

    def _early_script_verdict(
        self, host: _HostProgress, passed: PlayEvent | None = None
    ) -> HostVerdict | None:
        """The verdict on a script, which is final before the play's end."""
        if not self.is_script:
            return None
        if passed is not None:
            host.verdict = HostVerdict(state=ReportedState.OK, exit=0, cause="exited")
        elif host.failure_since_task is not None:
            host.verdict = _script_failure(host, host.failure_since_task)
        return host.verdict

    def _not_begun(self, name: str, end: PlayEnd) -> HostVerdict:
        if self._ended and name not in self._left_out:
            words = "no play of the playbook is for it: nothing was done"
        elif self._ended:
            words = "the play was given up before it, as others failed"
        elif end.code is None:
            return HostVerdict(
                state=ReportedState.VOID, reason=_one_line_reason(end.why)
            )
        else:
            words = f"nothing was done: {end.why}"
        return HostVerdict(state=ReportedState.FAILED, reason=_one_line_reason(words))

    def _verdict_by_counts(
        self, name: str, host: _HostProgress, end: PlayEnd
    ) -> HostVerdict:
        own = self._counts.get(name, {})
        if own.get("failures") or own.get("unreachable"):
            if host.failure is not None:
                return _verdict_of_failure(host, host.failure)
            words = "Ansible says that it failed, and not at what"
            return HostVerdict(state=ReportedState.FAILED, reason=words)
        if name in self._left_out or self._is_cut(name):
            where = f"after the task `{host.task}`" if host.tasks else "before it"
            words = f"the play was given up {where}, as others failed"
            return HostVerdict(
                state=ReportedState.FAILED, reason=_one_line_reason(words)
            )
        explained = _EXIT_CODES_EXPLAINED_BY_COUNTS if self._has_failures() else {0}
        if end.code is not None and end.code not in explained:
            return HostVerdict(
                state=ReportedState.FAILED, reason=_one_line_reason(end.why)
            )
        state = ReportedState.CHANGED if own.get("changed") else ReportedState.OK
        return HostVerdict(state=state, exit=0, cause="exited")

    def _is_cut(self, name: str) -> bool:
        """Whether its play was ended by a failure that no `rescue` handled."""
        if name not in self._cut:
            return False
        by = self._cut[name]
        counts = self._counts.get(by, {})
        return not by or bool(counts.get("failures") or counts.get("unreachable"))

    def _has_failures(self) -> bool:
        return any(
            each.get("failures") or each.get("unreachable")
            for each in self._counts.values()
        )


def _script_failure(host: _HostProgress, event: PlayEvent) -> HostVerdict:
    """The verdict on a script that failed, or that could not be run."""
    if event.rc is None or event.task != playbook_order.RUN_TASK:
        return _verdict_of_failure(host, event)
    if event.rc == playbook_order.TIMEOUT_EXIT_STATUS:
        words = "it took longer than its limit, so it was stopped"
        cause = "timed out"
        return HostVerdict(
            state=ReportedState.FAILED, reason=words, exit=event.rc, cause=cause
        )
    return HostVerdict(state=ReportedState.FAILED, exit=event.rc, cause="exited")


def _verdict_of_failure(host: _HostProgress, event: PlayEvent) -> HostVerdict:
    """The verdict on a host, by its last failure or `unreachable`."""
    said = next(
        (event.texts[key] for key in TASK_TEXT_KEYS if event.texts.get(key)), ""
    )
    if event.event == "failed":
        errors = event.texts.get("stderr", "").strip().splitlines()
        words = f"the task `{event.task}` failed: {errors[-1] if errors else said}"
        return HostVerdict(state=ReportedState.FAILED, reason=_one_line_reason(words))
    if host.tasks == 1:
        why = unreached(said.splitlines(), SSH_ERROR_EXIT_STATUS, "ssh")
        return HostVerdict(
            state=ReportedState.UNREACHABLE,
            reason=_one_line_reason(said),
            host_key=why.host_key,
        )
    words = f"it was lost at the task `{event.task}`, and how far it got is not known: "
    return HostVerdict(
        state=ReportedState.UNKNOWN, reason=_one_line_reason(words + said)
    )


def _one_line_reason(text: str) -> str:
    return line(" ".join(text.split()))[:MAX_VERDICT_REASON_LENGTH]
