"""A second click on a button that does something is answered like the first, and does nothing.

Pages carry a token of their own in each such form (the tag `once`); who used
one is remembered for some minutes in the memory of the process.
"""

from django.core.cache import cache
from django.http import HttpRequest

KEPT_SECONDS = 600
MAX_TOKEN = 64


class Click:
    """One posted form. A form without a token is never taken for a second click."""

    def __init__(self, request: HttpRequest, about: str) -> None:
        token = request.POST.get("once", "")[:MAX_TOKEN]
        self._key = f"once:{about}:{request.user.pk}:{token.encode().hex()}" if token else ""
        self.is_first = not self._key or cache.add(self._key, "", KEPT_SECONDS)

    @property
    def led_to(self) -> str:
        """Return where the first click led; "" while that is not known."""
        return cache.get(self._key, "") if self._key else ""

    def leads_to(self, address: str) -> None:
        """Keep where a second click is led, too."""
        if self._key:
            cache.set(self._key, address, KEPT_SECONDS)

    def undo(self) -> None:
        """Let the same form be posted again: nothing was done."""
        if self._key:
            cache.delete(self._key)
