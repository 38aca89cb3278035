"""The next actions with their reasons, as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import groupby

from custom_components.power_sync.model.plan import (
    Limit,
    LimitKey,
    Plan,
    Reason,
    ReasonKey,
)

from .clock import capitalised, clock, day_name, moment
from .money import money_text, price_text
from .overview import Window, overview
from .steps import Step, steps
from .texts import GLUE, Texts

SHOWN = 8
"""More steps than this are not read."""
MOMENT = timedelta(seconds=1)
_BREAK = "  \n"
"""Two spaces break a line wherever markdown is read."""
WINDOWS = 3
"""More windows than this are not told at a glance."""

TOLD_WITH_NUMBERS = {
    ReasonKey.CHARGE_FOR_LATER,
    ReasonKey.CHARGE_PAID,
    ReasonKey.DISCHARGE_TO_GRID,
    ReasonKey.COVER_HOME,
    ReasonKey.STORE_SUN,
    ReasonKey.SELL_SUN,
    ReasonKey.KEEP_FOR_LATER,
}
"""Of these the sensor's name alone would leave out what makes them right."""
TOLD_LIMITS = {LimitKey.IMPORT_LIMIT, LimitKey.EXPORT_LIMIT}
"""The others are seen from the step itself: its power, the battery's level."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step in words: when, what, and why."""

    step: Step
    day: str
    when: str
    action: str
    why: str

    @property
    def markdown(self) -> str:
        """The line for a markdown card."""
        return f"**{self.when}** {self.action}: {self.why}"

    @property
    def plain(self) -> str:
        """The line without mark-up."""
        return f"{self.when} {self.action}: {self.why}"


@dataclass(frozen=True, slots=True)
class Summary:
    """The plan in words.

    `headline` says what is planned now; it is empty where the plan is over. `notes`
    are said before the lines: what keeps the plan from being carried out as it is.
    `glance` is the whole plan in a few sentences, where the battery buys or sells.
    """

    headline: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    glance: tuple[str, ...] = ()

    @property
    def markdown(self) -> str:
        """The whole for a markdown card."""
        parts = [f"*{note}*" for note in self.notes]
        for day, lines in groupby(self.lines, key=lambda line: line.day):
            told = _BREAK.join(line.markdown for line in lines)
            parts.append(f"#### {day}\n{told}")
        if self.glance:
            parts.append(_BREAK.join(self.glance))
        return "\n\n".join(parts)


class Teller:
    """Tells of one plan at one moment."""

    def __init__(self, plan: Plan, now: datetime, zone: tzinfo, texts: Texts) -> None:
        """Tell in the home's `zone` and in the language of `texts`."""
        self._plan, self._now, self._zone, self._texts = plan, now, zone, texts

    def summary(self, notes: Sequence[str] = ()) -> Summary:
        """Return the next steps in words."""
        ahead = steps(self._plan, self._now)
        lines = tuple(self.line(step) for step in ahead[:SHOWN])
        headline = self.headline(ahead[0]) if ahead else ""
        glance = self.glance() if ahead else ()
        return Summary(headline, lines, tuple(notes), glance)

    def glance(self) -> tuple[str, ...]:
        """Return when the battery buys and sells and what the plan saves.

        Nothing where it does neither: that is told well enough by the steps.
        """
        whole = overview(self._plan, self._now)
        told = [
            self._texts(key, windows=self._windows(windows))
            for key, windows in (
                ("glance_buys", whole.charging),
                ("glance_sells", whole.exporting),
            )
            if windows
        ]
        if not told:
            return ()
        saving = money_text(whole.saving, self._plan.currency, self._texts)
        until = self._time(whole.until, self._now)
        return (*told, self._texts("glance_saves", amount=saving, time=until))

    def _windows(self, windows: Sequence[Window]) -> str:
        told = [self._window(window) for window in windows[:WINDOWS]]
        if len(windows) > WINDOWS:
            told.append(self._texts("glance_more", count=str(len(windows) - WINDOWS)))
        return self._texts("glance_and").join(told)

    def _window(self, window: Window) -> str:
        begins = max(window.start, self._now)
        start = self._texts("now")
        if window.start > self._now:
            start = clock(window.start, self._zone)
        when = self._texts("from_to", start=start, end=self._end(window.end, begins))
        day = day_name(begins, self._now, self._zone, self._texts)
        if day != self._texts("today"):
            when = self._texts("time_on_day", time=when, day=day)
        return self._texts(
            "glance_window",
            when=when,
            energy=f"{self._texts.number(window.energy_kwh, 1)}{GLUE}kWh",
            price=price_text(window.price_per_kwh, self._plan.currency, self._texts),
        )

    def headline(self, step: Step) -> str:
        """Return what is planned now and until when."""
        until = self._end(step.end, self._now)
        return self._texts("action_until", action=self.action(step), time=until)

    def line(self, step: Step) -> Line:
        """Return a step in words."""
        begins = max(step.start, self._now)
        start = self._texts("now")
        if step.start > self._now:
            start = clock(step.start, self._zone)
        end = self._end(step.end, begins)
        when = self._texts("from_to", start=start, end=end)
        why = self.why(step.reason, begins)
        if step.reason.limit is not None and step.reason.limit.key in TOLD_LIMITS:
            limit = self.limit(step.reason.limit)
            why = self._texts("why_and_limit", text=why, limit=limit)
        if not step.firm:
            why = self._texts("with_forecast_prices", text=why)
        day = capitalised(day_name(begins, self._now, self._zone, self._texts))
        return Line(step, day, when, self.action(step), why)

    def action(self, step: Step) -> str:
        """Return what the battery does, with its power where that is commanded."""
        name = self._texts.modes[step.mode.value]
        if step.power_kw is None:
            return name
        power = f"{self._texts.number(step.power_kw, 1)}{GLUE}kW"
        key = "action_at_power" if step.steady else "action_up_to_power"
        return self._texts(key, action=name, power=power)

    def why(self, reason: Reason, at: datetime) -> str:
        """Return the reason of a step at `at`, with its numbers if they are known."""
        price, value = reason.price_per_kwh, reason.value_per_kwh
        if reason.key not in TOLD_WITH_NUMBERS or price is None or value is None:
            return self._texts.reasons[reason.key.value]
        currency = self._plan.currency
        paid = reason.key is ReasonKey.CHARGE_PAID
        return self._texts(
            f"why_{reason.key.value}",
            price=price_text(-price if paid else price, currency, self._texts),
            value=price_text(value, currency, self._texts),
            when=self._later(reason.used_at, at),
        )

    def limit(self, limit: Limit) -> str:
        """Return what limits a step, with its number."""
        level, power = "", ""
        if limit.power_kw is not None:
            power = f"{self._texts.number(limit.power_kw, 1)}{GLUE}kW"
        if limit.level_pct is not None:
            level = f"{self._texts.number(limit.level_pct, 0)}{GLUE}%"
        return self._texts(f"limit_{limit.key.value}", power=power, level=level)

    def _later(self, used_at: datetime | None, at: datetime) -> str:
        if used_at is None:
            return self._texts("later")
        return self._texts("at_time", time=self._time(used_at, at))

    def _end(self, when: datetime, begins: datetime) -> str:
        """Return an end; midnight still belongs to the day before it."""
        last = (when - MOMENT).astimezone(self._zone)
        if last.date() == begins.astimezone(self._zone).date():
            return clock(when, self._zone)
        return self._time(when, begins)

    def _time(self, when: datetime, spoken_of: datetime) -> str:
        return moment(when, self._now, self._zone, self._texts, spoken_of)
