"""A car that charges at home: it adds to what the home draws."""

from .home import SimulatedHome
from .profile import Profile, WithAppliances

WH_PER_KWH = 1000.0


class SimulatedCar:
    """A car at the charger of a home; it charges when it pleases."""

    def __init__(self, home: SimulatedHome, *, power_w: float = 7400.0) -> None:
        """Have a car that is not there yet, and would take `power_w`."""
        self._home = home
        self._profile = home.profile
        self._since = home.clock.now()
        self._session_wh = 0.0
        self.power_w = power_w
        self.plugged = False
        self.allowed = True
        """Whether the charger lets it have power."""
        self._wants = False

    @property
    def profile(self) -> Profile:
        """What load and sun do without the car; assign to change it."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._profile = profile
        self._act()

    @property
    def drawn_w(self) -> float:
        """The power that it takes now."""
        return self.power_w if self.plugged and self._wants and self.allowed else 0.0

    @property
    def session_kwh(self) -> float:
        """The energy since it was plugged in."""
        self._count()
        return self._session_wh / WH_PER_KWH

    def plug_in(self) -> None:
        """Come home."""
        self._count()
        self.plugged, self._session_wh = True, 0.0

    def unplug(self) -> None:
        """Drive away."""
        self._count()
        self.plugged = self._wants = False
        self._act()

    def start(self) -> None:
        """Want energy, as a car does at the hour that its driver has set."""
        self._count()
        self._wants = True
        self._act()

    def stop(self) -> None:
        """Want no more."""
        self._count()
        self._wants = False
        self._act()

    def allow(self, *, allowed: bool) -> None:
        """Be let have power, or not."""
        self._count()
        self.allowed = allowed
        self._act()

    def _count(self) -> None:
        now = self._home.clock.now()
        hours = (now - self._since).total_seconds() / 3600
        self._session_wh += self.drawn_w * max(0.0, hours)
        self._since = now

    def _act(self) -> None:
        drawn_w = self.drawn_w
        self._home.profile = (
            WithAppliances(self._profile, drawn_w) if drawn_w else self._profile
        )
