"""An OAuth 2.0 server on loopback, written for the tests from the RFCs alone (6749, 7636, 7009).

It speaks Slack's dialect of answers, knows nothing of the product, and is strict:
a code is good once, a verifier must fit its challenge, a refresh token is good
once and ends the grant when it comes again.
"""

import hashlib
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

CLIENT_ID = "2141029472.691202649728"
CLIENT_SECRET = "e1b9e11dfcd1-canary-secret"


@dataclass
class Grant:
    """One account's consent; the tokens that are good now."""

    account: str
    name: str
    access: str = ""
    refresh: str = ""
    over: bool = False


@dataclass
class Code:
    """One authorization code and what it is bound to."""

    grant: Grant
    redirect_uri: str
    challenge: str
    used: bool = False


@dataclass
class Provider:
    """The server; `before` may answer in the place of a path's own handler."""

    rotates: bool = False
    expires_in: int = 43_200
    account: tuple[str, str] = ("T9TK3CUKW", "Slack Softball Team")
    calls: list[tuple[str, str]] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], tuple[int, dict[str, str], bytes] | None]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def do_DELETE(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with provider.lock:
                    status, headers, content = provider.answer(
                        self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body
                    )
                if status == 0:  # Says nothing, and hangs up.
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: Any) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def count(self, path: str) -> int:
        return sum(called == path for _, called in self.calls)

    # What it does

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: str
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        self.calls.append((method, parts.path))
        instead = self.before.get(parts.path)
        if instead is not None and (given := instead()) is not None:
            return given
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        form = {key: values[0] for key, values in parse_qs(body).items()}
        match method, parts.path:
            case "GET", "/oauth/v2/authorize":
                return self.authorize(query)
            case "POST", "/api/oauth.v2.access":
                return self.token(form, headers)
            case "POST", "/api/auth.revoke":
                return self.revoke(headers)
            case "GET", "/api/auth.test":
                return self.whoami(headers)
        return say(404, {"ok": False, "error": "unknown_method"})

    def authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Consent at once, as a person would who presses Allow."""
        wrong = (
            query.get("client_id") != CLIENT_ID
            or query.get("response_type") != "code"
            or len(query.get("state", "")) < 32
            or ("code_challenge" in query and query.get("code_challenge_method") != "S256")
        )
        if wrong:
            return say(400, {"ok": False, "error": "bad_authorize"})
        grant = Grant(*self.account)
        self.grants.append(grant)
        code = f"code-{secrets.token_urlsafe(12)}"
        self.codes[code] = Code(grant, query["redirect_uri"], query.get("code_challenge", ""))
        back = urlencode({"code": code, "state": query["state"]})
        return 302, {"Location": f"{query['redirect_uri']}?{back}"}, b""

    def token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        given = b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        if [unquote(part) for part in given.split(":", 1)] != [CLIENT_ID, CLIENT_SECRET]:
            return say(200, {"ok": False, "error": "invalid_client_id"})
        if form.get("grant_type") == "refresh_token":
            return self.refresh(form)
        code = self.codes.get(form.get("code", ""))
        if code is None or code.redirect_uri != form.get("redirect_uri"):
            return say(200, {"ok": False, "error": "invalid_code"})
        if code.used:
            code.grant.over = True
            self.problems.append("a code came twice")
            return say(200, {"ok": False, "error": "code_already_used"})
        code.used = True
        if code.challenge and code.challenge != challenge_of(form.get("code_verifier", "")):
            return say(200, {"ok": False, "error": "invalid_code_verifier"})
        return self.issue(code.grant)

    def refresh(self, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        token = form.get("refresh_token", "")
        grant = next((each for each in self.grants if each.refresh == token), None)
        if grant is None or grant.over:
            for each in self.grants:
                if token in self.revoked and each.refresh:
                    each.over = True
                    self.problems.append("a refresh token came twice")
            return say(200, {"ok": False, "error": "invalid_refresh_token"})
        return self.issue(grant)

    def issue(self, grant: Grant) -> tuple[int, dict[str, str], bytes]:
        if grant.refresh:
            self.revoked.append(grant.refresh)
        grant.access = f"xoxb-{secrets.token_hex(12)}"
        answer = {
            "ok": True,
            "access_token": grant.access,
            "token_type": "bot",
            "scope": "chat:write,channels:read",
            "team": {"id": grant.account, "name": grant.name},
        }
        if self.rotates:
            grant.access = f"xoxe.{grant.access}"
            grant.refresh = f"xoxe-1-{secrets.token_hex(12)}"
            answer |= {
                "access_token": grant.access,
                "refresh_token": grant.refresh,
                "expires_in": self.expires_in,
            }
        return say(200, answer)

    def revoke(self, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        grant = self.of(headers)
        if grant is None:
            return say(200, {"ok": False, "error": "invalid_auth"})
        grant.over = True
        return say(200, {"ok": True, "revoked": True})

    def whoami(self, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        grant = self.of(headers)
        if grant is None:
            return say(200, {"ok": False, "error": "invalid_auth"})
        return say(200, {"ok": True, "team": grant.name, "user": "tandem"})

    def of(self, headers: dict[str, str]) -> Grant | None:
        token = headers.get("authorization", "").removeprefix("Bearer ")
        return next((each for each in self.grants if each.access == token and not each.over), None)


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def say(status: int, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(body).encode()
