"""The input registers of a plant and its devices, from the home as it is now."""

from dataclasses import dataclass

from simulators.home import SimulatedHome
from simulators.image import Image, counter, tenths

_PER_KWH = 100
_PHASE_V, _PER_VOLT = 230.0, 100


class PlantImage(Image):
    """Registers with the high word first."""

    high_word_first = True


def blocks(protocol: float) -> tuple[range, ...]:
    """Return what a plant of a protocol version can be asked for."""
    served = [range(30000, 30098)]
    if protocol >= 2.7:
        served.append(range(30098, 30272))
    if protocol >= 2.9:
        served.append(range(30272, 30287))
    elif protocol >= 2.8:
        served.append(range(30282, 30286))
    return tuple(served)


INVERTER_BLOCKS = (range(30500, 30624), range(31000, 31067))
CHARGER_BLOCKS = (range(32000, 32015),)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantState:
    """What the plant's inputs show beside the home."""

    work_mode: int
    running_state: int
    has_sensor: bool
    third_party_share: float
    """The share of the sun that is on roofs of another maker."""


def plant(home: SimulatedHome, state: PlantState) -> PlantImage:
    """Return the input registers of unit 247."""
    image = PlantImage()
    flows, cells = home.flows, home.cells
    own_w = round(flows.solar_w * (1 - state.third_party_share))
    image.u16(30003, state.work_mode)
    image.u16(30004, int(state.has_sensor))
    image.s32(30005, round(flows.grid_w) if state.has_sensor else 0)
    image.u16(30009, int(home.islanded))
    image.u32(30010, round(home.rated_w))
    image.u32(30012, round(home.rated_w))
    image.u16(30014, tenths(home.soc_pct) if cells else None)
    for phase in range(3):
        image.s32(30015 + 2 * phase, round((own_w + flows.battery_w) / 3))
        image.s32(30021 + 2 * phase, 0)
    for alarm in (30027, 30028, 30029, 30030, 30072):
        image.u16(alarm, 0)
    image.s32(30031, own_w + round(flows.battery_w))
    image.s32(30033, 0)
    image.s32(30035, own_w)
    image.s32(30037, -round(flows.battery_w))
    image.u32(30039, round(home.rated_w))
    image.u32(30041, 0)
    image.u32(30047, round(cells.max_charge_w) if cells else 0)
    image.u32(30049, round(cells.max_discharge_w) if cells else 0)
    image.u16(30051, state.running_state)
    image.s32(30194, round(flows.solar_w) - own_w)
    image.s32(30282, round(flows.load_w))
    image.s32(30284, round(flows.load_w))
    image.s16(30286, tenths(25.0) if cells else None)
    _battery(image, home)
    _energies(image, home, state.third_party_share)
    return image


def _battery(image: PlantImage, home: SimulatedHome) -> None:
    cells = home.cells
    if cells is None:
        image.u32(30083, 0)
        return
    stored_kwh = cells.capacity_kwh * home.soc_pct / 100
    image.u32(30064, counter(cells.capacity_kwh - stored_kwh, _PER_KWH))
    image.u32(30066, counter(stored_kwh, _PER_KWH))
    image.u32(30068, round(cells.max_charge_w))
    image.u32(30070, round(cells.max_discharge_w))
    image.u32(30083, counter(cells.capacity_kwh, _PER_KWH))
    image.u16(30085, tenths(home.control.max_soc_pct))
    image.u16(30086, tenths(home.control.min_soc_pct))
    image.u16(30087, tenths(98.0))


def _energies(image: PlantImage, home: SimulatedHome, share: float) -> None:
    totals, today = home.totals, home.today

    def total(register: int, kwh: float) -> None:
        image.u64(register, counter(kwh, _PER_KWH))

    total(30088, totals.solar_kwh * (1 - share))
    image.u32(30092, counter(today.load_kwh, _PER_KWH))
    total(30094, totals.load_kwh)
    total(30196, totals.solar_kwh * share)
    total(30200, totals.charge_kwh)
    total(30204, totals.discharge_kwh)
    total(30216, totals.import_kwh)
    total(30220, totals.export_kwh)
    image.u32(30272, counter(today.solar_kwh, _PER_KWH))


@dataclass(frozen=True, slots=True, kw_only=True)
class InverterPlate:
    """What an inverter says of itself, and its share of the plant."""

    serial: str
    model: str = "SigenStor EC 10.0 TP"
    firmware: str = "V100R001C00SPC112"
    share: float = 1.0


def inverter(
    home: SimulatedHome, state: PlantState, plate: InverterPlate
) -> PlantImage:
    """Return the input registers of an inverter."""
    image = PlantImage()
    flows, share = home.flows, plate.share
    solar_w = flows.solar_w * (1 - state.third_party_share)
    image.text(30500, plate.model, 15)
    image.text(30515, plate.serial, 10)
    image.text(30525, plate.firmware, 15)
    image.u32(30540, round(home.rated_w * share))
    image.u16(30578, state.running_state)
    image.s32(30587, round((solar_w + flows.battery_w) * share))
    image.s32(30599, -round(flows.battery_w * share))
    image.u16(30601, tenths(home.soc_pct))
    image.u16(30602, tenths(98.0))
    image.s16(30603, tenths(25.0))
    image.u16(31004, 2)
    for phase in range(3):
        image.u32(31011 + 2 * phase, counter(_PHASE_V, _PER_VOLT))
    image.s32(31035, round(solar_w * share))
    return image


def charger(power_w: float) -> PlantImage:
    """Return the input registers of an AC charger."""
    image = PlantImage()
    image.u16(32000, 3 if power_w else 1)
    image.u32(32001, 0)
    image.s32(32003, round(power_w))
    image.u32(32005, 11_000)
    return image
