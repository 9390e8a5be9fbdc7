"""What the log shows, and what it must not."""

import io
import json
import logging
import logging.config

import pytest
import structlog
from django.http import Http404, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from apps.common import logs

CANARY = "sk_live_canary0123456789"
EMAIL = "ada@example.com"


def fine(request, token):
    structlog.get_logger("tests").info("handled", step=1)
    return HttpResponse("ok")


def missing(request, token):
    raise Http404


def broken(request, token):
    raise RuntimeError(f"no customer {EMAIL} with {CANARY}")


urlpatterns = [
    path("hooks/<str:token>", fine),
    path("missing/<str:token>", missing),
    path("broken/<str:token>", broken),
]


def handler404(request, exception):
    """Stand in for the product's page, which leads to addresses that are not in this table."""
    return HttpResponse(status=404)


class Log:
    """What was logged, as text and as records."""

    def __init__(self):
        self.stream = io.StringIO()

    def text(self):
        """Return all of it."""
        return self.stream.getvalue()

    def __call__(self):
        """Return the records."""
        return [json.loads(line) for line in self.text().splitlines()]


@pytest.fixture
def log():
    """Configure logging as the product does, into a buffer that the test reads."""
    log = Log()
    configuration = logs.configure("INFO", as_json=True)
    configuration["handlers"]["console"]["stream"] = log.stream
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(configuration)
    yield log
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()


def test_a_record_carries_its_context_level_and_time(log):
    with logs.bound(run="run-1", step="s1"):
        structlog.get_logger("tests.x").info("called", ms=3)
    structlog.get_logger("tests.x").info("after")

    first, second = log()
    assert (first["event"], first["run"], first["step"], first["ms"]) == ("called", "run-1", "s1", 3)
    assert (first["level"], first["logger"]) == ("info", "tests.x")
    assert first["timestamp"].endswith("Z")
    assert "run" not in second


def test_what_is_bound_stays_until_it_is_unbound(log):
    logs.bind(run="run-1", step="s1")
    structlog.get_logger("t").info("one")
    logs.unbind("step")
    structlog.get_logger("t").info("two")
    logs.unbind()
    structlog.get_logger("t").info("three")

    assert [("run" in record, "step" in record) for record in log()] == [
        (True, True),
        (True, False),
        (False, False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        EMAIL,
        f"to <{EMAIL}>",
        "https://track.example.com/api/v1/customers/ada%40example.com/events",
        f"customer={EMAIL}&x=1",
        '{"email": "ada@example.com"}',
        "ADA+tag@mail.example.com",
        "Zoë.ada@exämple.com",
    ],
)
def test_no_email_address_passes_in_any_place_of_a_record(log, text):
    structlog.get_logger("t").info(f"event {text}", value=text, deep={"list": [text], text: 1})
    logging.getLogger("library").warning("message %s", text)

    assert "ada" not in log.text().lower()
    assert len(log()) == 2


def test_no_secret_passes(log):
    structlog.get_logger("t").info(
        "key " + CANARY, password="hunter2", deep={"api_key": "hunter2"}, other=[CANARY]
    )
    logging.getLogger("library").error("Authorization: Bearer canary0123456789abcdef")

    assert "canary012345" not in log.text()
    assert "hunter2" not in log.text()


def test_an_exception_keeps_its_traceback_without_what_it_says_of_people(log):
    try:
        raise ValueError(f"{EMAIL} {CANARY}")
    except ValueError:
        structlog.get_logger("t").exception("failed")
        logging.getLogger("library").exception("failed too")

    for record in log():
        assert "Traceback" in record["exception"]
        assert "test_logs.py" in record["exception"]
    assert EMAIL not in log.text()
    assert "canary012345" not in log.text()


def test_an_object_is_logged_as_its_masked_text(log):
    class Customer:
        def __str__(self):
            return EMAIL

    structlog.get_logger("t").info("seen", customer=Customer(), raw=EMAIL.encode())

    assert EMAIL not in log.text()
    assert log()[0]["event"] == "seen"


def test_a_huge_value_is_cut(log):
    structlog.get_logger("t").info("big", value="x" * 1_000_000)

    assert len(log.text()) < 30_000


@pytest.mark.parametrize("name", ["httpx", "httpcore", "stripe", "django-q", "asyncio", "httpcore.http11"])
def test_chatty_libraries_are_heard_from_warning_on(log, name):
    logging.getLogger(name).info("quiet")
    logging.getLogger(name).warning("loud")

    assert [record["event"] for record in log()] == ["loud"]


@pytest.mark.parametrize("as_json", [True, False])
def test_both_forms_are_redacted(as_json):
    stream = io.StringIO()
    formatter = logs.configure("INFO", as_json=as_json)["formatters"]["tandem"]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
        )
    )

    record = logging.makeLogRecord({"name": "x", "msg": "to %s", "args": (EMAIL,), "levelname": "INFO"})
    handler.emit(record)

    assert "[email]" in stream.getvalue()
    assert EMAIL not in stream.getvalue()


# Requests


def requests(records):
    return [record for record in records if record["event"] == "request"]


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["apps.common.logs.RequestLogMiddleware"])
def test_a_request_is_logged_by_its_route_and_never_by_its_path(log):
    response = Client().post("/hooks/canary-token?email=ada@example.com", data={"a": "canary-body"})

    handled, done = log()
    assert (done["method"], done["route"], done["status"]) == ("POST", "/hooks/<str:token>", 200)
    assert done["ms"] >= 0
    assert handled["request"] == done["request"] == response["X-Request-ID"]
    assert "canary" not in log.text()
    assert "ada" not in log.text()


@pytest.mark.parametrize(
    ("address", "route", "status"),
    [
        ("/missing/canary-token", "/missing/<str:token>", 404),
        ("/broken/canary-token?canary=1", "/broken/<str:token>", 500),
        ("/nowhere/canary-token", "(no route)", 404),
    ],
)
@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["apps.common.logs.RequestLogMiddleware"])
def test_djangos_own_records_of_a_failed_request_hide_the_path(log, address, route, status):
    response = Client(raise_request_exception=False).get(address)

    assert response.status_code == status
    assert "canary-token" not in log.text()
    assert EMAIL not in log.text()
    assert [record["route"] for record in requests(log())] == [route]
    assert any(record["logger"] == "django.request" and route in record["event"] for record in log())


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["apps.common.logs.RequestLogMiddleware"])
@pytest.mark.parametrize(
    ("given", "kept"), [("abcdef-0123", True), ("a\x1b[31mb", False), ("x" * 65, False), ("", False)]
)
def test_a_proxys_request_id_is_kept_if_it_is_plain(log, given, kept):
    response = Client().get("/hooks/token", headers={"X-Request-ID": given})

    assert (response["X-Request-ID"] == given) is kept


@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["apps.common.logs.RequestLogMiddleware"])
def test_nothing_of_one_request_is_bound_in_the_next(log):
    logs.bind(run="left over")
    Client().get("/hooks/token")

    assert all("run" not in record for record in log())
