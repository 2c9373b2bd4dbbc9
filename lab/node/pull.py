"""Getting an image: telling what goes on, and trying again for as long as it can't be had."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lab import images
from lab.errors import LabError
from lab.node.backoff import Backoff
from lab.node.status import Waiting

SLOW_SECONDS = 0.5
SHOWN_SECONDS = 1.0  # how long ErrImagePull stands before ImagePullBackOff


@dataclass(frozen=True)
class Puller:
    """`tell` takes an event's reason and message, `pause` returns False if there is no more use in trying."""

    image: str
    tell: Callable[[str, str], None]
    wait: Callable[[Waiting], None]
    pause: Callable[[float], Awaitable[bool]]

    async def pull(self) -> images.Image | None:
        """The image with its programs, which may take minutes to build; None if it is not wanted any more."""
        backoff = Backoff().after()
        while True:
            try:
                return await self._get()
            except (images.UnknownImage, LabError) as error:
                problem = str(error)
            self.wait(Waiting("ErrImagePull", f'failed to pull image "{self.image}": {problem}'))
            self.tell("Failed", f'Failed to pull image "{self.image}": {problem}')
            self.tell("Failed", "Error: ErrImagePull")
            if not await self.pause(SHOWN_SECONDS):
                return None
            message = f'Back-off pulling image "{self.image}"'
            self.wait(Waiting("ImagePullBackOff", f"{message}: ErrImagePull: {problem}"))
            self.tell("BackOff", message)
            if not await self.pause(backoff.seconds):
                return None
            backoff = backoff.after()

    async def _get(self) -> images.Image:
        begun = time.monotonic()
        work = asyncio.create_task(asyncio.to_thread(images.pull, images.find(self.image)))
        quick, _ = await asyncio.wait({work}, timeout=SLOW_SECONDS)
        if quick:
            image = await work
            self.tell("Pulled", f'Container image "{self.image}" already present on machine')
            return image
        self.tell("Pulling", f'Pulling image "{self.image}"')
        image = await work
        took = f"{time.monotonic() - begun:.3f}s"
        self.tell("Pulled", f'Successfully pulled image "{self.image}" in {took} ({took} including waiting).')
        return image
