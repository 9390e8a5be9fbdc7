"""The page of two apps in one direction."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.catalog import logos
from apps.catalog.pairings import Pairing
from apps.catalog.public import addresses, cards, questions, structured
from apps.catalog.public.offer import NotOfferedError, Offer, OfferedApp, Pair
from apps.catalog.public.questions import count
from apps.catalog.public.rendering import Head, Page
from apps.catalog.spec import App

BEST = 9
ON_A_PAGE = 36
LONGEST_QUERY = 80


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the filter of the pairings says: words, keys of a trigger and an action, whether all are shown."""

    words: str = ""
    trigger: str = ""
    action: str = ""
    all: bool = False
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Chosen":
        """Read an address's query; what makes no sense counts as not given."""
        number = given.get("page", "")
        return cls(
            given.get("q", "").strip()[:LONGEST_QUERY],
            given.get("trigger", ""),
            given.get("action", ""),
            given.get("show") == "all",
            max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 5 else 1,
        )

    @property
    def filters(self) -> bool:
        """Tell whether some pairings are left out."""
        return bool(self.words or self.trigger or self.action)

    @property
    def anything(self) -> bool:
        """Tell whether the page is another one than the plain one."""
        return self.filters or self.all or self.page > 1

    def address(self, *, page: int = 1) -> str:
        """Return the query under which all that match are shown, at this page."""
        given = {"q": self.words, "trigger": self.trigger, "action": self.action, "show": "all"}
        if page > 1:
            given["page"] = str(page)
        return f"?{urlencode({key: value for key, value in given.items() if value})}#pairings"

    def among(self, pair: Pair) -> list[Pairing]:
        """Return the pairings that are asked for, best first."""
        words = self.words.casefold().split()
        return [
            each
            for each, text in zip(pair.pairings, pair.texts, strict=True)
            if self.trigger in ("", each.trigger.key)
            and self.action in ("", each.action.key)
            and all(word in text for word in words)
        ]


@dataclass(frozen=True, slots=True)
class Shown:
    """The cards that are on the page, of all that match."""

    cards: tuple[cards.Card, ...]
    first: int
    last: int
    found: int
    total: int
    more_url: str
    before_url: str
    after_url: str

    @property
    def part_text(self) -> str:
        """Return which of those that match are on this page, as places: “37–72”."""
        return f"{self.first:,}–{self.last:,}"

    @property
    def found_text(self) -> str:
        """Return how many match, with commas."""
        return f"{self.found:,}"

    @property
    def total_text(self) -> str:
        """Return how many there are, with commas."""
        return f"{self.total:,}"


def shown(pair: Pair, chosen: Chosen) -> Shown:
    """Return the best that match, or with `all` one page of every one that does."""
    found = chosen.among(pair)
    size = ON_A_PAGE if chosen.all else BEST
    pages = max(1, -(-len(found) // size))
    page = min(chosen.page, pages) if chosen.all else 1
    first, last = (page - 1) * size, min(page * size, len(found))
    return Shown(
        cards=tuple(cards.card(each) for each in found[first:last]),
        first=first + 1,
        last=last,
        found=len(found),
        total=len(pair.pairings),
        more_url="" if chosen.all or len(found) <= size else chosen.address(),
        before_url=chosen.address(page=page - 1) if chosen.all and page > 1 else "",
        after_url=chosen.address(page=page + 1) if chosen.all and page < pages else "",
    )


def page(offer: Offer, source: str, target: str, chosen: Chosen | None = None) -> Page:
    """Return the page of a pair; raises `NotOfferedError`."""
    pair = offer.pair(source, target)
    if pair is None:
        raise NotOfferedError("There is no such pair.")
    asked = chosen or Chosen()
    return Page("public/pair.html", _head(offer, pair, asked), _context(offer, pair, asked))


def _context(offer: Offer, pair: Pair, chosen: Chosen) -> dict[str, Any]:
    source, target = pair.source.app, pair.target.app
    back = offer.pair(target.key, source.key)
    first = pair.first or pair.pairings[0]
    return {
        "pair": pair,
        "source": cards.app_card(pair.source),
        "target": cards.app_card(pair.target),
        "source_logo": logos.logo(source.name, source.color, size=72),
        "target_logo": logos.logo(target.name, target.color, size=72),
        "first": cards.card(first),
        "first_triggers": [cards.trigger_part(source, each) for each in pair.triggers[: cards.FIRST]],
        "first_actions": [cards.action_part(target, each) for each in pair.actions[: cards.FIRST]],
        "wired": wired(pair),
        "back": back and cards.pair_link(back),
        "back_wired": wired(back) if back else "",
        "back_first": back and back.first,
        "no_way_back": "" if back else questions.no_way_back(pair),
        "chosen": chosen,
        "shown": shown(pair, chosen),
        "trigger_choices": sorted((each.name, each.key) for each in pair.triggers),
        "action_choices": sorted((each.name, each.key) for each in pair.actions),
        "steps": steps(pair, first),
        "payload": cards.payload(source.key, first.trigger.key),
        "questions": questions.of_pair(pair, back),
        "related": related(offer, pair),
        "crumbs": crumbs(source),
    }


def _head(offer: Offer, pair: Pair, chosen: Chosen) -> Head:
    source, target = pair.source.app, pair.target.app
    first = pair.first or pair.pairings[0]
    name = f"Connect {source.name} to {target.name}"
    path = addresses.of_pair(source, target)
    return Head(
        title=f"{name} in two minutes – Tandem",
        description=f"{count(len(pair.pairings), 'ready-made workflow')} from {source.name} to "
        f"{target.name}, from “{first.title}” on: mapped, testable without an account, self-hosted. No "
        "event is lost, none is handled twice.",
        path=path,
        data=(
            structured.breadcrumb([*crumbs(source), (target.name, path)]),
            structured.how_to(name, [(each.name, each.text) for each in steps(pair, first)]),
            structured.faq(questions.of_pair(pair, offer.pair(target.key, source.key))),
        ),
        indexed=not chosen.anything,
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five steps; `codes` are names and addresses to recognise, each with what it is."""

    name: str
    text: str
    codes: tuple[tuple[str, str], ...] = ()


def steps(pair: Pair, first: Pairing) -> tuple[Step, ...]:
    """Return how a pairing is set up, by the example of one."""
    source, target = pair.source.app, pair.target.app
    trigger_codes = [("Identifier", first.trigger_ref)]
    if addresses.is_posted_to(source):
        trigger_codes.insert(0, ("Webhook address", addresses.of_webhook(source)))
    return (
        Step("Connect", _connecting(source, target)),
        Step(
            "Trigger",
            f"{_choosing(pair, first)} {_arriving(source)}",
            tuple(trigger_codes),
        ),
        Step(
            "Transform",
            "Let a filter pass only what matters, look values up before the action, and write templates "
            "where a value needs another form: dates, names, amounts with their currency.",
        ),
        Step(
            "Action",
            f"{first.action.name} in {target.name}, with the fields mapped already; each shows its value "
            "beside it while you type.",
            (("Identifier", first.action_ref),),
        ),
        Step(
            "Publish",
            "Publishing makes a numbered version and tells first what it changes. Send a sample event and "
            "watch the run log fill up: the event, each field, the exact request, the answer.",
        ),
    )


def _connecting(source: App, target: App) -> str:
    with_keys = [each.name for each in (source, target) if each.needs_account]
    if not with_keys:
        return "Add a connection for each side; there is no key to look for."
    return (
        f"Add a connection for {questions.listing(with_keys)}: the form says where the key is found, tests "
        "it, and keeps it encrypted. Or begin with a sandbox, which needs none."
    )


def _choosing(pair: Pair, first: Pairing) -> str:
    if len(pair.triggers) == 1:
        return f"Choose {first.trigger.name}."
    return f"Choose {first.trigger.name}, one of {len(pair.triggers)} {pair.source.app.name} triggers."


def _arriving(source: App) -> str:
    if source.webhook is None or source.webhook.internal:
        return "It starts runs by itself; there is nothing to set up elsewhere."
    own = "Its last part is your connection’s own."
    if source.webhook.ensure is None:
        return f"You enter the address shown here where the events come from. {own}"
    return f"Tandem registers the address shown here in {source.name} by itself. {own}"


def wired(pair: Pair) -> str:
    """Return “18 Stripe triggers wired to 11 Customer.io actions”."""
    source, target = pair.source.app.name, pair.target.app.name
    return (
        f"{count(len(pair.triggers), f'{source} trigger')} wired to "
        f"{count(len(pair.actions), f'{target} action')}"
    )


def related(offer: Offer, pair: Pair) -> list[cards.PairLink]:
    """Return where else the trigger's app leads, then what else leads to it; not the two directions shown."""
    source, target = pair.source.app.key, pair.target.app.key
    onward = [each for each in offer.from_app(source) if each.target.app.key != target]
    inward = [each for each in offer.to_app(source) if each.source.app.key != target]
    return [cards.pair_link(each) for each in (*onward, *inward)]


def crumbs(source: App) -> list[tuple[str, str]]:
    """Return the pages above one of an app's pages, as (name, path)."""
    return [
        ("Tandem", reverse("public:home")),
        ("Integrations", reverse("public:integrations")),
        (source.name, addresses.of_app(source)),
    ]


def partners(offer: Offer, offered: OfferedApp) -> list[cards.PairLink]:
    """Return every direction that an app is part of, outgoing first."""
    key = offered.app.key
    return [cards.pair_link(each) for each in (*offer.from_app(key), *offer.to_app(key))]
