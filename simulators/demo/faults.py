"""What goes wrong around a demo home, for as long as it is asked to."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
import shutil
from typing import Final

from .run import Demo

FORCED: Final = ((13051, 777), (13049, 2), (13050, 0xBB))
"""A forced discharge, as another program would write it."""
DISTURBS_EVERY_S: Final = 5.0


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
async def disturbed(demo: Demo) -> AsyncGenerator[None]:
    """Have something else force the battery again and again."""

    async def disturb() -> None:
        while True:
            for register, value in FORCED:
                demo.home.inverter.owner_writes(register, value)
            await asyncio.sleep(DISTURBS_EVERY_S)

    task = asyncio.create_task(disturb())
    try:
        yield
    finally:
        task.cancel()
