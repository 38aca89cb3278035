"""The next actions with their reasons, as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import groupby

from custom_components.power_sync.model.plan import Plan, Reason, ReasonKey

from .clock import capitalised, clock, day_name, moment
from .money import price_text
from .steps import Step, steps
from .texts import GLUE, Texts

SHOWN = 8
"""More steps than this are not read."""
MOMENT = timedelta(seconds=1)

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
    """

    headline: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def markdown(self) -> str:
        """The whole for a markdown card."""
        parts = [f"*{note}*" for note in self.notes]
        for day, lines in groupby(self.lines, key=lambda line: line.day):
            # Two spaces break a line wherever markdown is read.
            told = "  \n".join(line.markdown for line in lines)
            parts.append(f"#### {day}\n{told}")
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
        return Summary(headline, lines, tuple(notes))

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
