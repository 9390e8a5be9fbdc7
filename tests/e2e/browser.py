"""A browser without script: keeps cookies, fills forms, follows redirects, over real HTTP."""

import http.client
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from tests.console.html_forms import Page


@dataclass(frozen=True)
class Seen:
    """One answer."""

    url: str
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def html(self) -> str:
        """Return the body as text."""
        return self.body.decode(errors="replace")

    @property
    def page(self) -> Page:
        """Return the body as a page."""
        return Page(self.html)


@dataclass
class Browser:
    """Speaks to an installation that stands behind a proxy for TLS, and keeps all that it was shown."""

    port: int
    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    def get(self, path: str) -> Seen:
        """Ask for a page, following redirects."""
        return self._follow("GET", path, None)

    def submit(self, path: str, known_by: str, **changes: str) -> Seen:
        """Open a page, fill in its form and send it; `known_by` ends the form's address or is its id."""
        shown = self.get(path)
        forms = [each for each in shown.page.forms if known_by in each.fields] or [shown.page.form(known_by)]
        action = urljoin(shown.url, forms[0].action) if forms[0].action else shown.url
        return self._follow("POST", action, forms[0].posted(changes), referer=shown.url)

    def _follow(self, method: str, path: str, form: dict[str, str] | None, referer: str = "") -> Seen:
        answer = self._once(method, path, form, referer)
        for _ in range(5):
            if answer.status not in (301, 302):
                break
            answer = self._once("GET", urljoin(answer.url, answer.headers["location"]), None, answer.url)
        return answer

    def _once(self, method: str, path: str, form: dict[str, str] | None, referer: str) -> Seen:
        parts = urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Host": self.host,
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{self.host}{referer}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        body = urlencode(form, doseq=True) if form is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        link.request(method, target, body, headers)
        response = link.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        for value in response.headers.get_all("Set-Cookie") or ():
            self.cookies.update({name: each.value for name, each in SimpleCookie(value).items()})
        answer = Seen(target, response.status, response.read(), named)
        link.close()
        self.seen.append(answer)
        return answer
