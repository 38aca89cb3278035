"""What goes wrong around a demo home, for as long as it is asked to."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
import shutil

from .dialogues import walk
from .json_values import Json
from .run import Demo


@contextmanager
def in_the_way(path: Path) -> Iterator[None]:
    """Have a folder where a file is to be: nothing can be written there."""
    aside = path.with_suffix(".aside")
    path.rename(aside)
    path.mkdir()
    (path / "in the way").touch()
    try:
        yield
    finally:
        (path / "in the way").unlink()
        path.rmdir()
        aside.rename(path)


@contextmanager
def damaged(package: Path) -> Iterator[None]:
    """Have a package that cannot be imported."""
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('damaged')\n")
    try:
        yield
    finally:
        shutil.rmtree(package)


@asynccontextmanager
async def another_program(demo: Demo) -> AsyncGenerator[None]:
    """Have another integration force the battery each minute, until it is removed."""
    inverter = demo.home.inverter
    address: dict[str, Json] = {"host": inverter.host, "port": inverter.port}
    start = await demo.api.start_flow("other_ems")
    done = await walk(demo.api, start, {"user": address})
    yield
    await demo.api.remove_entry(done.entry_id or "")
