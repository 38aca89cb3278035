"""The market operator's summary, its folder of forecasts, and its months.

Formats are those of the recorded answers and of the price facts: labels are the ends
of intervals in the market's time, without an offset.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import override
from zipfile import ZIP_DEFLATED, ZipFile

from aiohttp import web

from simulators.amber.recorded import FIVE_MINUTES, NEM, wholesale
from simulators.clock import Clock
from simulators.rest import Handler, RestSimulator

HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
REGIONS = ("VIC1", "NSW1", "QLD1", "SA1", "TAS1")
PUBLISHED_AFTER = timedelta(seconds=15)
"""Into its five minutes, a price is there."""
TRADING_DAY = time(4)
NEXT_DAY_KNOWN = time(12, 30)
FORECASTS_KEPT = 6
MONTH_LATE = timedelta(hours=6)
"""How far behind the table of the present month is."""

type Row = dict[str, object]


class AemoSimulator(RestSimulator):
    """Serves all regions: Victoria's recorded weeks, the others' a week apart each.

    `prices` says what a region's price is in intervals, by their start, instead of
    the recorded one ($/MWh); `answer` is served as the summary as it is.
    """

    BASE_PATH = ""

    def __init__(self, clock: Clock, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 takes any free one."""
        super().__init__(clock, host=host, port=port)
        self.prices: dict[tuple[str, datetime], float] = {}
        self.answer: dict[str, list[Row]] | None = None
        self.held_at: datetime | None = None
        """The market stands still at this moment."""
        self.utf16 = False

    @override
    def routes(self) -> Iterable[tuple[str, Handler]]:
        """Return the paths below the base path, and what answers them."""
        yield "/report/ELEC_NEM_SUMMARY", self._get_summary
        yield "/files/Predispatch_Reports/", self._get_folder
        yield "/files/Predispatch_Reports/{name}", self._get_forecast
        yield "/past/{name}", self._get_month

    @property
    def addresses(self) -> dict[str, str]:
        """What to ask where."""
        return {
            "report_url": f"{self.url}/report",
            "files_url": f"{self.url}/files",
            "past_url": f"{self.url}/past",
        }

    @override
    def empty(self) -> web.Response:
        """Return a list without rows."""
        return web.json_response({"ELEC_NEM_SUMMARY": []})

    @override
    def not_found(self) -> web.Response:
        """Return the answer to what is not there."""
        return web.Response(status=404, text="<html>404 - File not found</html>")

    def price(self, region: str, start: datetime, length: timedelta) -> float:
        """Return the mean price of an interval on the grid, in $/MWh."""
        shift = REGIONS.index(region) * WEEK
        steps = [start + step * FIVE_MINUTES for step in range(length // FIVE_MINUTES)]
        return sum(
            self.prices.get((region, each), wholesale(each + shift, FIVE_MINUTES))
            for each in steps
        ) / len(steps)

    def _market_time(self) -> datetime:
        return (self.held_at or self._clock.now()).astimezone(NEM)

    async def _get_summary(self, request: web.Request) -> web.Response:
        """Say the newest price of every region."""
        if self.answer is not None:
            return web.json_response(self.answer)
        end = _floor(self._market_time() - PUBLISHED_AFTER, FIVE_MINUTES) + FIVE_MINUTES
        rows: list[Row] = [
            {
                "SETTLEMENTDATE": f"{end:%Y-%m-%dT%H:%M:%S}",
                "REGIONID": region,
                "PRICE": self.price(region, end - FIVE_MINUTES, FIVE_MINUTES),
                "PRICE_STATUS": "FIRM",
                "APCFLAG": 0.0,
                "MARKETSUSPENDEDFLAG": 0.0,
                "TOTALDEMAND": 4486.4,
                "INTERCONNECTORFLOWS": '[{"name":"V-SA","value":-109.3}]',
            }
            for region in sorted(REGIONS)
        ]
        return web.json_response({"ELEC_NEM_SUMMARY": rows})

    def _runs(self) -> list[datetime]:
        """Return the newest runs: each is named by its half-hour, in market time."""
        last = _floor(self._market_time(), HALF_HOUR)
        return [last - step * HALF_HOUR for step in range(FORECASTS_KEPT)]

    async def _get_folder(self, request: web.Request) -> web.Response:
        """List the forecasts, as a page."""
        names = [_name(run) for run in self._runs()]
        links = "<br>".join(f'<A HREF="/files/{name}">{name}</A>' for name in names)
        page = f"<html><body><pre>{links}</pre></body></html>"
        body = page.encode("utf-16" if self.utf16 else "utf-8")
        return web.Response(body=body, content_type="text/html")

    async def _get_forecast(self, request: web.Request) -> web.Response:
        """Serve a forecast, packed."""
        runs = {_name(run): run for run in self._runs()}
        run = runs.get(request.match_info["name"])
        if run is None:
            raise web.HTTPNotFound
        packed = BytesIO()
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            table = "\r\n".join((*self._forecast(run), ""))
            archive.writestr(_name(run).replace(".zip", ".CSV"), table)
        return web.Response(
            body=packed.getvalue(), content_type="application/x-zip-compressed"
        )

    def _forecast(self, run: datetime) -> Iterator[str]:
        """Yield the lines of a forecast: the recorded price is what comes."""
        yield f"C,NEMP.WORLD,PREDISPATCH,AEMO,PUBLIC,{run:%Y/%m/%d,%H:%M:%S},1"
        yield "I,PDCASESOLUTION,,1,PREDISPATCHSEQNO,RUNNO,SOLUTIONSTATUS"
        yield f'D,PDCASESOLUTION,,1,"{run:%Y/%m/%d %H:%M:%S}",1,0'
        yield "I,PDREGION,,5,PREDISPATCHSEQNO,RUNNO,REGIONID,PERIODID,RRP,EEP"
        for region in sorted(REGIONS):
            start = run
            while start < _known_until(run):
                end = start + HALF_HOUR
                rrp = self.price(region, start, HALF_HOUR)
                yield (
                    f'D,PDREGION,,5,"{run:%Y/%m/%d %H:%M:%S}",1,{region},'
                    f'"{end:%Y/%m/%d %H:%M:%S}",{rrp:.5f},0'
                )
                start = end
        yield "C,END OF REPORT,99"

    async def _get_month(self, request: web.Request) -> web.Response:
        """Serve a month's table, as far as it has been made."""
        kind, _, rest = request.match_info["name"].rpartition("DEMAND_")
        month, _, region = rest.removesuffix(".csv").partition("_")
        until = min(self._market_time() - MONTH_LATE, _month_end(month))
        start = datetime.strptime(month, "%Y%m").replace(tzinfo=NEM)
        if not kind or region not in REGIONS or until <= start:
            raise web.HTTPNotFound
        lines = ["REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE"]
        while start + FIVE_MINUTES <= until:
            end = start + FIVE_MINUTES
            rrp = self.price(region, start, FIVE_MINUTES)
            lines.append(f"{region},{end:%Y/%m/%d %H:%M:%S},4188.23,{rrp:.2f},TRADE")
            start = end
        return web.Response(text="\n".join(lines), content_type="text/csv")


def _floor(when: datetime, step: timedelta) -> datetime:
    return when - (when - datetime.min.replace(tzinfo=NEM)) % step


def _name(run: datetime) -> str:
    # A run is made some minutes after its half-hour has begun.
    made = run + timedelta(minutes=2, seconds=17)
    return f"PUBLIC_PREDISPATCH_{run:%Y%m%d%H%M}_{made:%Y%m%d%H%M%S}_LEGACY.zip"


def _known_until(run: datetime) -> datetime:
    """Return the end of the last trading day that a run looks at."""
    begun = run.time() >= TRADING_DAY
    day = run.date() + DAY * (begun + (run.time() >= NEXT_DAY_KNOWN))
    return datetime.combine(day, TRADING_DAY, tzinfo=NEM)


def _month_end(month: str) -> datetime:
    first = datetime.strptime(month, "%Y%m").replace(tzinfo=NEM)
    return (first + 31 * DAY).replace(day=1)
