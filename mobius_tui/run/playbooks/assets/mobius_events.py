"""Ansible's events as JSON lines, for the program that started `ansible-playbook`.

A callback plugin for ansible-core 2.16 and newer; it imports nothing of that program.
MOBIUS_ORDERS names a private JSON file, which is removed when it is read: `events` (the
file to append to), `hosts` (no other host is played on), `secrets` (what is redacted,
the longest first), `told` (the socket to make, on which more of them come: texts with
NULs between), `limit` (characters of a text that are kept, its end) and `remove`
(files that Ansible has read when the play begins).

Each event is one write and is durable before Ansible goes on: a host without a `start`
was not touched. What cannot be written ends the play.
"""

from __future__ import annotations

DOCUMENTATION = """
name: mobius_events
type: stdout
short_description: events as JSON lines
description: [Events as JSON lines, for the program that started the play.]
"""

import json
import os
import socket
import sys
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

REDACTED = "[redacted]"
TEXTS = ("msg", "stdout", "stderr", "module_stdout", "module_stderr", "censored")


class CallbackModule(CallbackBase):
    """Writes an event for each thing that Ansible says."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "mobius_events"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        path = os.environ.pop("MOBIUS_ORDERS")  # no task is to know of it
        with open(path, encoding="utf-8") as file:
            orders = json.load(file)
        os.unlink(path)
        self._hosts = frozenset(orders["hosts"])
        self._secrets, self._limit = orders["secrets"], orders["limit"]
        self._remove = orders["remove"]
        self._told = self._listen(orders["told"])
        self._plays: list[Any] = []
        self._planned: dict[str, set[str]] = {}
        self._played: dict[str, set[str]] = {}
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._events = os.open(orders["events"], flags, 0o600)

    @staticmethod
    def _listen(path: str) -> socket.socket:
        """The socket on which secrets are told that were not known at the start."""
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        told.setblocking(False)
        mask, here = os.umask(0o177), os.open(".", os.O_RDONLY)
        try:
            # By its name alone: a whole path may be too long for a socket's address.
            os.chdir(os.path.dirname(path))
            told.bind(os.path.basename(path))
        finally:
            os.umask(mask)
            os.fchdir(here)
            os.close(here)
        return told

    def _take_told(self) -> None:
        while True:
            try:
                texts = self._told.recv(1 << 20).decode("utf-8", "surrogateescape")
            except BlockingIOError:
                return
            known = {*self._secrets, *texts.split("\0")}
            self._secrets = sorted(known, key=len, reverse=True)

    def _say(self, event: str, **more: Any) -> None:
        """Write an event, or end the play: Ansible itself would go on without it."""
        at = round(time.time(), 3)
        line = json.dumps({"event": event, "at": at, **more}, default=str)
        try:
            data = line.encode("ascii") + b"\n"
            if os.write(self._events, data) < len(data):
                raise OSError("an event was written in part")
            os.fsync(self._events)
        except OSError as error:
            print(f"the play ends: {error}", file=sys.stderr, flush=True)
            raise SystemExit(1) from error

    def _text(self, value: Any) -> str:
        """A text without secrets, and no longer than is wanted."""
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        self._take_told()
        for secret in self._secrets:
            text = text.replace(secret, REDACTED)
        cut = len(text) - self._limit
        return f"[{cut} characters are left out]\n{text[cut:]}" if cut > 0 else text

    def _end(self, event: str, result: Any, **more: Any) -> None:
        """Say what a task came to on a host; 2.19 has other names for its parts."""
        data = getattr(result, "result", None) or result._result
        host = getattr(result, "host", None) or result._host
        task = getattr(result, "task", None) or result._task
        for key in TEXTS:
            if data.get(key):
                more[key] = self._text(data[key])
        if data.get("diff"):
            more["diff"] = self._text(self._get_diff(data["diff"]))
        if isinstance(data.get("rc"), int):
            more["rc"] = data["rc"]
        if event in ("failed", "unreachable") and (
            task.any_errors_fatal or task.run_once
        ):
            more["fatal"] = True
        changed = bool(data.get("changed"))
        name = self._text(task.get_name())
        self._say(event, host=host.get_name(), task=name, changed=changed, **more)

    def _item(self, event: str, result: Any) -> None:
        data = getattr(result, "result", None) or result._result
        self._end(event, result, item=self._text(self._get_item_label(data)))

    def _hosts_of(self, play: Any, *, now: bool) -> set[str]:
        """The hosts that a play is for: now, in a batch of its `serial`, or in all."""
        inventory = play.get_variable_manager()._inventory
        found = inventory.get_hosts(play.hosts, ignore_restrictions=not now)
        return {host.get_name() for host in found}

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._plays = playbook.get_plays()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        while self._remove:
            os.unlink(self._remove.pop())
        hosts = self._hosts_of(play, now=True)
        self._planned[play._uuid] = self._hosts_of(play, now=False)
        self._played.setdefault(play._uuid, set()).update(hosts)
        name = self._text(play.get_name())
        self._say("play", name=name, hosts=sorted(hosts))

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        name = host.get_name()
        if name not in self._hosts:
            print(f"the play ends: {name} is not of this batch", file=sys.stderr)
            raise SystemExit(1)
        self._say("start", host=name, task=self._text(task.get_name()))

    def v2_runner_on_ok(self, result: Any) -> None:
        self._end("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._end("failed", result, ignored=bool(ignore_errors))

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._end("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._end("unreachable", result)

    def v2_runner_retry(self, result: Any) -> None:
        self._end("retry", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._item("item ok", result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._item("item failed", result)

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._item("item skipped", result)

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        self._say("no hosts remaining")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Say how often what happened, and whom plays that were given up left out."""
        left_out: set[str] = set()
        for play in self._plays:
            if play._uuid in self._planned:
                left_out |= self._planned[play._uuid] - self._played[play._uuid]
            elif "{{" in str(play.hosts):  # for whom it was is not known
                left_out |= self._hosts
            else:
                left_out |= self._hosts_of(play, now=False)
        hosts = {name: stats.summarize(name) for name in sorted(stats.processed)}
        self._say("stats", hosts=hosts, left_out=sorted(left_out))
