"""Make the demo workspace."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from apps.console.commands import ServiceCommand
from apps.console.demo import ensure_demo


class Command(ServiceCommand):
    help = "Make a demo workspace with sandbox connections and one published workflow; safe to repeat."

    def run(self, **options: Any) -> Mapping[str, Any]:
        owner = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        demo = ensure_demo(owner=owner)
        return {
            "workspace": demo.workspace.name,
            "workflow": demo.workflow.name,
            "code": str(demo.workflow.code),
            "created": demo.created,
        }
