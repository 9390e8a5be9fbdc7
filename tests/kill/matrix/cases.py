"""What is killed where."""

from dataclasses import dataclass

RECEIVING = ("receive.before", "receive.in-transaction", "receive.committed")
WORKING = (
    "claim.before",
    "claim.in-transaction",
    "claim.committed",
    "call.announced",
    "call.before",
    "call.under-way",
    "call.answered",
    "record.before",
    "record.in-transaction",
    "record.committed",
)
RECEIVING_VICTIMS = ("web killed", "web frozen", "database killed", "connections cut")
WORKING_VICTIMS = ("drain killed", "worker killed", "drain frozen", "database killed", "connections cut")
UNDER_LOAD = ("SIGTERM to all", "database restarted", "disk full")


@dataclass(frozen=True)
class Case:
    """One row of the matrix."""

    point: str
    victim: str


def every() -> list[Case]:
    """Return the whole matrix, the slow victims first, so that lanes end together."""
    cases = [Case(point, victim) for victim in WORKING_VICTIMS for point in WORKING]
    cases += [Case(point, victim) for victim in RECEIVING_VICTIMS for point in RECEIVING]
    return [*(Case("under load", victim) for victim in UNDER_LOAD), *cases]


def short() -> list[Case]:
    """Return each point once, the victims in turn."""
    working = [
        Case(point, WORKING_VICTIMS[number % len(WORKING_VICTIMS)]) for number, point in enumerate(WORKING)
    ]
    receiving = [Case(point, RECEIVING_VICTIMS[number]) for number, point in enumerate(RECEIVING)]
    return [*working, *receiving, Case("under load", "SIGTERM to all")]
