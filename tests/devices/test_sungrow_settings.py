"""Which registers are written for each command, and in which order."""

from collections.abc import Iterable
from datetime import UTC, datetime

from hypothesis import assume, given, settings as hypothesis_settings, strategies as st
import pytest

from custom_components.power_sync.devices.batteries.sungrow.settings import (
    owner_settings,
    safe_settings,
    writes_for,
    writes_for_release,
)
from custom_components.power_sync.devices.protocols import DeviceRefusedError
from custom_components.power_sync.model.battery import (
    Command,
    Mode,
    Settings,
    SettingValue,
    Write,
)

UNTIL = datetime(2026, 11, 20, 13, tzinfo=UTC)

type Steps = list[tuple[str, int]]


def state(
    mode: int = 0,
    command: int = 0xCC,
    power: int = 0,
    charge: int | None = 1060,
    discharge: int | None = 800,
) -> dict[str, int | None]:
    """Return settings; those of an owner who has limited discharge to 8 kW."""
    return {
        "ems_mode": mode,
        "forced_command": command,
        "forced_power_w": power,
        "max_charge_10w": charge,
        "max_discharge_10w": discharge,
    }


OWNER = state()
FORCED_CHARGE = state(2, 0xAA, 3000)
FORCED_DISCHARGE = state(2, 0xBB, 3000)
STANDBY = state(2, 0xCC, 3000)
STALE_DISCHARGE = state(0, 0xBB, 4000)
STALE_CHARGE = state(0, 0xAA, 4000)
NO_DISCHARGE = state(discharge=1)


def plan(
    mode: Mode, power_w: float | None, now: Settings, owner: Settings = OWNER
) -> tuple[Write, ...]:
    """Return the writes of a command, for a battery rated 10.6 kW."""
    command = Command(mode, power_w, UNTIL)
    return writes_for(command, owner, now, max_charge_w=10_600, max_discharge_w=10_600)


def steps(writes: Iterable[Write]) -> list[tuple[str, object]]:
    """Return writes in a short form."""
    return [(write.setting, write.value) for write in writes]


def after(now: Settings, writes: Iterable[Write]) -> dict[str, SettingValue]:
    """Return the settings once the writes have been made."""
    return dict(now) | {write.setting: write.value for write in writes}


POWER, MODE, COMMAND = "forced_power_w", "ems_mode", "forced_command"
CEILING = "max_discharge_10w"


@pytest.mark.parametrize(
    ("now", "mode", "power_w", "expected"),
    [
        pytest.param(
            *(OWNER, Mode.CHARGE, 2500),
            [(POWER, 2500), (MODE, 2), (COMMAND, 0xAA)],
            id="charge: power, mode, command",
        ),
        pytest.param(
            *(OWNER, Mode.DISCHARGE, 2500),
            [(POWER, 2500), (MODE, 2), (COMMAND, 0xBB)],
            id="discharge",
        ),
        pytest.param(
            *(FORCED_CHARGE, Mode.CHARGE, 2500), [(POWER, 2500)], id="new power"
        ),
        pytest.param(*(FORCED_CHARGE, Mode.CHARGE, 3000), [], id="already so"),
        pytest.param(
            *(FORCED_CHARGE, Mode.DISCHARGE, 2500),
            [(COMMAND, 0xCC), (POWER, 2500), (COMMAND, 0xBB)],
            id="charge to discharge stops between",
        ),
        pytest.param(
            *(FORCED_DISCHARGE, Mode.CHARGE, 3000),
            [(COMMAND, 0xCC), (COMMAND, 0xAA)],
            id="discharge to charge at the same power",
        ),
        pytest.param(
            *(STALE_DISCHARGE, Mode.CHARGE, 2500),
            [(COMMAND, 0xCC), (POWER, 2500), (MODE, 2), (COMMAND, 0xAA)],
            id="a stale command never runs",
        ),
        pytest.param(
            *(STALE_CHARGE, Mode.CHARGE, 2500),
            [(POWER, 2500), (MODE, 2)],
            id="a stale command that is the one wanted",
        ),
        pytest.param(
            *(NO_DISCHARGE, Mode.DISCHARGE, 2500),
            [(CEILING, 800), (POWER, 2500), (MODE, 2), (COMMAND, 0xBB)],
            id="the ceiling goes up before a discharge",
        ),
        pytest.param(*(STANDBY, Mode.CHARGE, 2500), [(POWER, 2500), (COMMAND, 0xAA)]),
        pytest.param(*(OWNER, Mode.STANDBY, None), [(MODE, 2)]),
        pytest.param(
            *(STALE_CHARGE, Mode.STANDBY, None),
            [(COMMAND, 0xCC), (MODE, 2)],
            id="standby stops before the forced mode",
        ),
        pytest.param(*(FORCED_DISCHARGE, Mode.STANDBY, None), [(COMMAND, 0xCC)]),
        pytest.param(
            *(NO_DISCHARGE, Mode.STANDBY, None),
            [(MODE, 2), (CEILING, 800)],
            id="standby, then the ceiling",
        ),
        pytest.param(*(OWNER, Mode.NO_DISCHARGE, None), [(CEILING, 1)]),
        pytest.param(
            *(FORCED_CHARGE, Mode.NO_DISCHARGE, None),
            [(COMMAND, 0xCC), (MODE, 0), (POWER, 0), (CEILING, 1)],
            id="out of the forced mode first",
        ),
        pytest.param(*(NO_DISCHARGE, Mode.NO_DISCHARGE, None), []),
        pytest.param(*(OWNER, Mode.LIMIT, 1239), [(CEILING, 123)], id="rounded down"),
        pytest.param(*(OWNER, Mode.LIMIT, 0), [(CEILING, 1)], id="0 is refused"),
        pytest.param(*(NO_DISCHARGE, Mode.LIMIT, 20_000), [(CEILING, 800)]),
        pytest.param(*(NO_DISCHARGE, Mode.LIMIT, None), [(CEILING, 800)]),
        pytest.param(
            *(FORCED_DISCHARGE, Mode.SELF_CONSUMPTION, None),
            [(COMMAND, 0xCC), (MODE, 0), (POWER, 0)],
        ),
        pytest.param(*(NO_DISCHARGE, Mode.SELF_CONSUMPTION, None), [(CEILING, 800)]),
        pytest.param(*(OWNER, Mode.SELF_CONSUMPTION, None), []),
    ],
)
def test_order_of_writes(
    now: Settings, mode: Mode, power_w: float | None, expected: Steps
) -> None:
    """Each command from each state, worked out by hand."""
    assert steps(plan(mode, power_w, now)) == expected


@pytest.mark.parametrize(
    ("mode", "power_w", "owner", "expected_w"),
    [
        (Mode.CHARGE, None, OWNER, 10_600),
        (Mode.CHARGE, 50_000, OWNER, 10_600),
        (Mode.CHARGE, 0, OWNER, 200),
        (Mode.CHARGE, 2500.9, OWNER, 2500),
        (Mode.DISCHARGE, None, OWNER, 8000),
        (Mode.DISCHARGE, 9000, OWNER, 8000),
        (Mode.DISCHARGE, 9000, state(discharge=None), 9000),
        (Mode.DISCHARGE, 9000, state(discharge=5), 50),
        (Mode.CHARGE, None, state(charge=300), 3000),
    ],
)
def test_forced_power(
    mode: Mode, power_w: float | None, owner: Settings, expected_w: int
) -> None:
    """Between the floor and what rating and owner allow; None is the most."""
    now = state(power=1)
    assert (POWER, expected_w) in steps(plan(mode, power_w, now, owner))


def test_without_ceilings() -> None:
    """An inverter without ceilings is never sent one, and cannot hold back."""
    owner = state(charge=None, discharge=None)
    for mode in (Mode.CHARGE, Mode.DISCHARGE, Mode.STANDBY, Mode.SELF_CONSUMPTION):
        sent = {write.setting for write in plan(mode, None, FORCED_CHARGE, owner)}
        assert not sent & {"max_charge_10w", "max_discharge_10w"}
    for mode in (Mode.NO_DISCHARGE, Mode.LIMIT):
        with pytest.raises(DeviceRefusedError):
            plan(mode, 100, owner, owner)


def test_release_with_an_incomplete_journal() -> None:
    """What the journal lacks is normal operation, never the forced mode."""
    assert steps(writes_for_release({}, FORCED_CHARGE)) == [(COMMAND, 0xCC), (MODE, 0)]


def test_release_of_an_external_ems() -> None:
    """An owner in external EMS gets it back, with no command of ours left."""
    owner = state(mode=3)
    assert steps(writes_for_release(owner, FORCED_CHARGE)) == [
        (COMMAND, 0xCC),
        (MODE, 3),
        (POWER, 0),
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (OWNER, OWNER),
        (FORCED_CHARGE, state(0, 0xCC, 3000)),
        (STANDBY, state(0, 0xCC, 3000)),
        (state(3, 0xAA, 3000), state(3, 0xCC, 3000)),
        (state(4, 0xCC, 0), state(4, 0xCC, 0)),
        (STALE_DISCHARGE, STALE_DISCHARGE),
        (NO_DISCHARGE, NO_DISCHARGE),
    ],
)
def test_owner_settings(found: Settings, expected: Settings) -> None:
    """A forced command found at first contact is not the owner's wish."""
    assert owner_settings(found) == expected


def test_safe_settings() -> None:
    """Self-consumption; a ceiling that may be ours becomes the rating."""
    rated = {"max_charge_w": 10_600, "max_discharge_w": 9000}
    for found, charge, discharge in (
        (state(0, 0xBB, 500, 300, 1), 300, 900),
        (state(3, 0xCC, 500, 1, 250), 1060, 250),
        (state(2, 0xAA, 500, 300, 250), 1060, 900),
        (state(2, 0xAA, 500, None, None), None, None),
        (state(0, 0xCC, 500, None, None), None, None),
    ):
        safe = safe_settings(found, **rated)
        assert safe == state(0, 0xCC, 0, charge, discharge)


CEILINGS = st.integers(1, 1060)
STATES = st.builds(
    state,
    st.sampled_from([0, 2, 3, 4]),
    st.sampled_from([0xAA, 0xBB, 0xCC]),
    st.integers(0, 10_600),
    CEILINGS,
    CEILINGS,
)
OWNERS = STATES.map(owner_settings)
COMMANDS = st.tuples(
    st.sampled_from(list(Mode)), st.none() | st.floats(0, 20_000, allow_nan=False)
)


def foreign(mode: Mode, *settings: Settings) -> bool:
    """Whether another energy manager is in the way of a command."""
    modes = {each[MODE] for each in settings}
    return bool(modes & {3, 4}) and mode is not Mode.SELF_CONSUMPTION


@pytest.mark.parametrize("now", [state(3), state(4), state(3, 0xAA, 3000)])
@pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.SELF_CONSUMPTION}))
def test_another_energy_manager_is_not_fought_with(
    mode: Mode, now: dict[str, int | None]
) -> None:
    """Nothing is written under an external EMS or a VPP, whoever asks for it."""
    with pytest.raises(DeviceRefusedError):
        plan(mode, 1000, now)
    with pytest.raises(DeviceRefusedError):
        plan(mode, 1000, now, owner_settings(now))
    assert writes_for_release(owner_settings(now), owner_settings(now)) == ()


def test_what_cannot_be_read_is_not_written() -> None:
    """A hold by the ceiling alone, where mode and command are not told."""
    now = {"max_charge_10w": 1060, "max_discharge_10w": 800}
    assert owner_settings(now) == now
    assert steps(plan(Mode.NO_DISCHARGE, None, now, now)) == [(CEILING, 1)]
    held = now | {CEILING: 1}
    assert steps(writes_for_release(now, held)) == [(CEILING, 800)]
    safe = safe_settings(held, max_charge_w=10_600, max_discharge_w=10_600)
    assert safe == {"max_charge_10w": 1060, CEILING: 1060}


@given(OWNERS, STATES, COMMANDS, st.data())
@hypothesis_settings(max_examples=300)
def test_release_ends_at_the_owner(
    owner: Settings,
    now: Settings,
    command: tuple[Mode, float | None],
    data: st.DataObject,
) -> None:
    """After a command, or any part of it, release ends exactly at the owner's."""
    assume(not foreign(command[0], now, owner))
    writes = plan(*command, now, owner)
    done = data.draw(st.integers(0, len(writes)))
    reached = after(now, writes[:done])
    assert after(reached, writes_for_release(owner, reached)) == owner


@given(OWNERS, STATES, COMMANDS)
@hypothesis_settings(max_examples=300)
def test_every_command_is_safe(
    owner: Settings, now: Settings, command: tuple[Mode, float | None]
) -> None:
    """No command of ours runs at a power it was not given, nor above a ceiling.

    The forced mode is entered only with stop or the wanted command standing,
    and the two directions never follow each other without a stop.
    """
    assume(not foreign(command[0], now, owner))
    wanted = {Mode.CHARGE: 0xAA, Mode.DISCHARGE: 0xBB}.get(command[0])
    writes = plan(*command, now, owner)
    at = dict(now)
    for write in writes:
        before = dict(at)
        at[write.setting] = write.value
        if write == Write(MODE, 2):
            assert at[COMMAND] in (0xCC, wanted)
        if write.setting == COMMAND and write.value in (0xAA, 0xBB):
            assert before[COMMAND] == 0xCC or at[MODE] == owner[MODE]
        if write.setting == "max_charge_10w":
            assert write.value == owner["max_charge_10w"]
    assert plan(*command, at, owner) == ()
    ceiling = at[CEILING]
    owners = owner[CEILING]
    assert isinstance(ceiling, int)
    assert isinstance(owners, int)
    assert ceiling <= owners
    if wanted is not None:
        assert (at[MODE], at[COMMAND]) == (2, wanted)
