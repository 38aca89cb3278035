"""Where the quantities of a site are in its program."""

from dataclasses import dataclass, field

type Column = int | None
"""None where the quantity is always 0."""
type Terms = list[tuple[int, float]]


@dataclass(slots=True)
class Columns:
    """Where the quantities of a site are in its program, by block."""

    imported: list[int] = field(default_factory=list)
    over: list[Column] = field(default_factory=list)
    exported: list[Column] = field(default_factory=list)
    curtailed: list[Column] = field(default_factory=list)
    charge: list[list[int]] = field(default_factory=list)
    discharge: list[list[int]] = field(default_factory=list)
    energy: list[list[int]] = field(default_factory=list)
    keeps: list[list[int]] = field(default_factory=list)
    """The rows that keep the energy of each battery."""
    cars: list[list[Column]] = field(default_factory=list)
    constant: float = 0.0
    """What the costs of the columns leave out."""

    def given(self, index: int) -> Terms:
        """Return what the batteries give in a block."""
        return [(each[index], 1.0) for each in self.discharge]

    def car_terms(self, index: int) -> Terms:
        """Return what the cars draw in a block."""
        return [
            (column, 1.0) for each in self.cars if (column := each[index]) is not None
        ]
