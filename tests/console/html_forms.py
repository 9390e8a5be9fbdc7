"""A page as a browser without script has it: its forms with what they would post, and its links."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """One form. `buttons` are (name, value, label) of what submits it, wherever they stand.

    `ticked` are the boxes of each name that are ticked, `boxes` all of them.
    """

    action: str = ""
    method: str = "get"
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    ticked: dict[str, list[str]] = field(default_factory=dict)
    boxes: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def posted(
        self, changes: Mapping[str, str | list[str] | None] | None = None, do: str | None = None
    ) -> dict[str, Any]:
        """Return what is sent with these fields changed (None leaves one out) and this button pressed."""
        button = {"do": do} if do is not None else {}
        data = {**self.fields, **self.ticked, **(changes or {}), **button}
        return {name: value for name, value in data.items() if value is not None}


class Page(HTMLParser):
    """The forms, links and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text = ""
        self._form: Form | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._button: tuple[str | None, str, str] | None = None
        self._label = ""
        self._unseen = 0
        self._waiting: list[tuple[str, tuple[str, str, str]]] = []
        self.feed(html)
        for form_id, button in self._waiting:
            self.form(form_id).buttons.append(button)

    def form(self, known_by: str) -> Form:
        """Return the one form with this id, or whose address ends so."""
        [found] = [each for each in self.forms if each.id == known_by or each.action.endswith(known_by)]
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in a form's parts."""
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._unseen += 1
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(
                given.get("action", ""), given.get("method", "get").lower(), given.get("id", "")
            )
            self.forms.append(self._form)
        elif tag == "button":
            self._button, self._label = (given.get("form"), given.get("name", ""), given.get("value", "")), ""
        elif self._form is not None:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        name = given.get("name", "")
        kind = given.get("type")
        if tag == "input" and name and kind == "checkbox":
            self._form.boxes.setdefault(name, []).append(given.get("value", ""))
            if "checked" in given:
                self._form.ticked.setdefault(name, []).append(given.get("value", ""))
        elif tag == "input" and name and kind not in ("submit", "button"):
            if kind != "radio" or "checked" in given:
                self._form.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._area, self._form.fields[name] = name, ""
        elif tag == "select":
            self._select = name
            self._form.choices[name] = []
        elif tag == "option" and self._select is not None:
            choices = self._form.choices[self._select]
            choices.append(given.get("value", ""))
            if "selected" in given or len(choices) == 1:
                self._form.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Close a form's parts."""
        if tag in ("script", "style"):
            self._unseen -= 1
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        elif tag == "button" and self._button is not None:
            form_id, name, value = self._button
            button = (name, value, " ".join(self._label.split()))
            if form_id:
                self._waiting.append((form_id, button))
            elif self._form is not None:
                self._form.buttons.append(button)
            self._button = None

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if self._area is not None and self._form is not None:
            # A parser drops the line break right behind the tag.
            old = self._form.fields[self._area]
            self._form.fields[self._area] = old + (data.removeprefix("\n") if not old else data)
        elif not self._unseen:
            self.text += data
        self._label += data


def page(response: Any) -> Page:
    """Return the page of a response."""
    return Page(response.content.decode())
