"""The test's side of the stand-in for Customer.io."""

import http.client
import json
import subprocess
import sys
from typing import Any

from tests.kill.processes import ROOT


class StandIn:
    """Starts `tests.kill.provider` and speaks to its control path."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.kill.provider"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        """End the process; held answers are never given."""
        self._process.kill()
        self._process.communicate()

    def answer(self, person: str, *answers: dict[str, Any]) -> None:
        """Say how the next calls about this person are answered, one after another; then with 200."""
        self._control({"person": person, "answers": answers})

    def hold(self, *people: str) -> None:
        """Do what the next call about each of these people asks for, but hold its answer."""
        for person in people:
            self.answer(person, {"hold": True})

    def release(self, *people: str) -> None:
        """Give the held answers."""
        for person in people:
            self._control({"person": person, "release": True})

    def refuse_keys(self, *keys: str) -> None:
        """Answer 401 to these Track API keys, and to no others."""
        self._control({"refused_keys": keys})

    def delay(self, seconds: float) -> None:
        """Let every answer take that long."""
        self._control({"delay": seconds})

    def requests(self, person: str | None = None) -> list[dict[str, Any]]:
        """Return what came, in order: at, kind, person, id, and status once it was answered."""
        found = self._control()["requests"]
        return [each for each in found if person in (None, each["person"])]

    def effects(self) -> list[tuple[str, str]]:
        """Return what was really done, in order, as (kind, person)."""
        return [(kind, person) for kind, person in self._control()["effects"]]

    def _control(self, order: dict[str, Any] | None = None) -> Any:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("POST" if order else "GET", "/_control", json.dumps(order) if order else None)
        answer = json.loads(link.getresponse().read())
        link.close()
        return answer
