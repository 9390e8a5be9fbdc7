"""Look for what is wrong with this installation, and say what to do."""

import sys
from collections.abc import Mapping
from typing import Any

from apps.console.commands import ServiceCommand
from apps.console.doctor import Level, examine


class Command(ServiceCommand):
    # It tells what the checks find, instead of ending at the first of them.
    requires_system_checks = ()
    help = "Check settings, database, worker, keys, connections and webhooks; exit code 1 if one is broken."

    def run(self, **options: Any) -> Mapping[str, Any]:
        findings = examine()
        self.broken = any(finding.level is Level.BROKEN for finding in findings)
        return {"ok": not self.broken, "findings": [finding.as_dict() for finding in findings]}

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if self.broken:
            sys.exit(1)

    def as_text(self, answer: Mapping[str, Any]) -> str:
        marks = {"ok": "ok     ", "warning": "warning", "broken": "BROKEN "}
        lines = []
        for finding in answer["findings"]:
            lines.append(f"{marks[finding['level']]} {finding['subject']}: {finding['message']}")
            if finding["remedy"]:
                lines.append(f"        → {finding['remedy']}")
        return "\n".join(lines)
