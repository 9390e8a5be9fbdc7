"""The parts that a sentence is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """What a trigger means.

    `clause` stands behind “whenever”: “an invoice is paid”. `who` is the person
    whom it concerns, as a noun: “a customer who has paid an invoice”; "" where
    there is none. `weight` is how much people do with it, 0 to 50.
    """

    clause: str
    who: str = ""
    weight: int = 20


@dataclass(frozen=True, slots=True)
class Gain:
    """What an action gives.

    `does` is an imperative with {who} where it concerns a person; `gain` goes on
    behind a comma. `weight` is how often it is what people want, 0 to 50.
    """

    does: str
    gain: str
    weight: int = 20


@dataclass(frozen=True, slots=True)
class Written:
    """A whole sentence for one pair, and how useful the pair is: above 100 it stands before all computed."""

    usefulness: int
    sentence: str
