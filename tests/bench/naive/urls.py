"""One view: verify, write with the ORM, queue one task per run."""

from datetime import UTC, datetime

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django_q.tasks import async_task

from apps.runs.models import Run
from apps.webhooks import endpoints, services


@csrf_exempt
def receive(request: HttpRequest, rest: str) -> JsonResponse:
    """Take one event; answer behind the commit."""
    at = datetime.now(UTC)
    headers = {name.lower(): value for name, value in request.headers.items()}
    endpoint, _ = endpoints.verify(endpoints.find(rest), headers, request.body, now=at.timestamp())
    with transaction.atomic():
        receipt = services.enter(endpoint.connection, request.body, at=at, source="webhook")
        for run in Run.objects.filter(delivery__code=receipt.delivery).values_list("pk", flat=True):
            async_task("tests.bench.naive.tasks.execute", run)
    return JsonResponse({"code": receipt.code})


urlpatterns = [path("v1/webhooks/<path:rest>", receive)]
