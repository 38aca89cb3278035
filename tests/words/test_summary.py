"""The next actions with their reasons, as text."""

from dataclasses import replace
from datetime import datetime, timedelta
import string
from zoneinfo import ZoneInfo

import pytest

from custom_components.power_sync.model.battery import Mode
from custom_components.power_sync.model.plan import Plan, Reason, ReasonKey
from custom_components.power_sync.planner import plan
from custom_components.power_sync.words.summary import SHOWN, Summary, Teller
from custom_components.power_sync.words.texts import GLUE
from tests.planner.homes import HOUR, START, home

from .english import CONTENT, ENGLISH

BERLIN = ZoneInfo("Europe/Berlin")
TO = "\N{EN DASH}"
USED = START + timedelta(hours=16, minutes=30)


def told(made: Plan, now: datetime = START, *notes: str) -> Summary:
    """Return what is said of a plan in Berlin, where it is two hours later."""
    return Teller(made, now, BERLIN, ENGLISH).summary(notes)


def planned(*given: tuple[Mode, float | None, Reason]) -> Plan:
    """Return a plan of an hour for each mode, power and reason."""
    made = plan(home([0.1] * len(given)))
    slots = [
        replace(slot, mode=mode, power_kw=power, reason=reason)
        for slot, (mode, power, reason) in zip(made.slots, given, strict=True)
    ]
    return replace(made, slots=tuple(slots), currency="GBP")


CHARGE = Reason(ReasonKey.CHARGE_FOR_LATER, 0.098, 0.246, USED)
COVER = Reason(ReasonKey.COVER_HOME, 0.31, 0.2)


def test_what_is_done_and_why_with_numbers() -> None:
    """One line a step, by the home's clock, the first one beginning now."""
    made = planned(
        (Mode.SELF_CONSUMPTION, None, COVER),
        (Mode.CHARGE, 2.4, CHARGE),
        (Mode.CHARGE, 2.4, CHARGE),
    )
    found = told(made)
    assert found.headline == "Self-consumption until 03:00"
    assert found.markdown == (
        "#### Today\n"
        f"**now{TO}03:00** Self-consumption: saves buying at 31.0_p; kept for "
        "later, it would be worth 20.0_p  \n"
        f"**03:00{TO}05:00** Charge at 2.4_kW: buying at 9.8_p, worth 24.6_p at 18:30"
    ).replace("_", GLUE)


def test_days_are_told_apart() -> None:
    """A line belongs to the day it begins on, and names another where it must."""
    modes = [Mode.CHARGE] * 22 + [Mode.NO_DISCHARGE] * 3
    later = replace(CHARGE, used_at=START + 24 * HOUR)
    made = planned(*((mode, None, later) for mode in modes))
    text = told(made, START + 21 * HOUR).markdown.replace(GLUE, " ")
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines[0] == "#### Today"
    assert lines[1].startswith(f"**now{TO}00:00** Charge: buying at 9.8 p")
    assert lines[1].endswith("worth 24.6 p at 02:00 tomorrow")
    assert lines[3] == "#### Tomorrow"
    assert lines[4].startswith(f"**00:00{TO}03:00** Hold the charge")
    assert lines[4].endswith("at 02:00")


def test_notes_come_first() -> None:
    """What keeps the plan from being carried out is said before it."""
    made = planned((Mode.SELF_CONSUMPTION, None, COVER))
    assert told(made, START, "Dry run.").markdown.startswith("*Dry run.*\n\n#### Today")


def test_only_the_next_steps_are_told() -> None:
    """A plan of many steps stays readable."""
    modes = [Mode.CHARGE, Mode.NO_DISCHARGE] * 9
    made = planned(*((mode, None, CHARGE) for mode in modes))
    assert len(told(made).lines) == SHOWN


def test_a_power_that_changes_is_an_upper_end() -> None:
    """The greatest is named."""
    made = planned((Mode.CHARGE, 2.4, CHARGE), (Mode.CHARGE, 5, CHARGE))
    assert told(made).headline == f"Charge at up to 5.0{GLUE}kW until 04:00"


def test_forecast_prices_are_named() -> None:
    """What is not certain is not told as if it were."""
    made = planned((Mode.CHARGE, 2.4, CHARGE))
    made = replace(made, slots=(replace(made.slots[0], firm=False),))
    assert told(made).lines[0].plain.endswith("at 18:30 (forecast prices)")


def test_after_the_plan_there_is_nothing_to_tell() -> None:
    """An old plan says nothing of now."""
    made = planned((Mode.CHARGE, 2.4, CHARGE))
    assert told(made, START + HOUR) == Summary("", ())


@pytest.mark.parametrize("key", ReasonKey)
def test_each_reason_has_words(key: ReasonKey) -> None:
    """With its numbers or without; a price that is paid to you is no debt."""
    price = -0.05 if key is ReasonKey.CHARGE_PAID else 0.05
    made = planned((Mode.CHARGE, None, Reason(key, price, 0.2, None)))
    why = told(made).lines[0].why
    assert why
    assert "{" not in why
    assert "\N{MINUS SIGN}" not in why
    bare = told(planned((Mode.CHARGE, None, Reason(key)))).lines[0].why
    assert bare == ENGLISH.reasons[key.value]
    if f"why_{key.value}" in CONTENT["common"]:
        assert f"5.0{GLUE}p" in why
        assert "None" not in why
    else:
        assert why == bare


def test_what_is_used_at_no_known_time_is_used_later() -> None:
    """Beyond the horizon there is a worth, and no hour."""
    reason = Reason(ReasonKey.STORE_SUN, 0.05, 0.2, None)
    made = planned((Mode.SELF_CONSUMPTION, None, reason))
    assert told(made).lines[0].why == (
        f"the sun would earn 5.0{GLUE}p; stored, it is worth 20.0{GLUE}p later"
    )


def test_sentences_are_well_formed() -> None:
    """Each can be filled in."""
    for text in CONTENT["common"].values():
        list(string.Formatter().parse(text))
