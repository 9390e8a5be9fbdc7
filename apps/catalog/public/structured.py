"""JSON-LD for search engines (https://schema.org), of what stands on the page and nothing else."""

from collections.abc import Iterable, Sequence
from typing import Any

from apps.catalog.public import addresses
from apps.catalog.public.questions import Question

LICENSE = "https://opensource.org/license/mit"


def breadcrumb(crumbs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the way to a page: (name, path) from the first page on."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": addresses.absolute(path)}
            for number, (name, path) in enumerate(crumbs, start=1)
        ],
    }


def faq(questions: Iterable[Question]) -> dict[str, Any]:
    """Return the questions of a page with their answers."""
    return {
        "@type": "FAQPage",
        "mainEntity": [
            {
                "@type": "Question",
                "name": each.question,
                "acceptedAnswer": {"@type": "Answer", "text": each.answer},
            }
            for each in questions
        ],
    }


def how_to(name: str, steps: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the steps (name, text) of a page."""
    return {
        "@type": "HowTo",
        "name": name,
        "totalTime": "PT2M",
        "step": [
            {"@type": "HowToStep", "position": number, "name": step, "text": text}
            for number, (step, text) in enumerate(steps, start=1)
        ],
    }


def software(description: str) -> dict[str, Any]:
    """Return what Tandem is."""
    return {
        "@type": "SoftwareApplication",
        "name": "Tandem",
        "description": description,
        "url": addresses.absolute("/"),
        "applicationCategory": "BusinessApplication",
        "operatingSystem": "Linux",
        "license": LICENSE,
        "offers": {"@type": "Offer", "price": "0", "priceCurrency": "USD"},
    }
