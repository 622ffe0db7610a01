"""A kernel's client that begins as soon as the kernel is ready."""

import asyncio
import math
import time
from contextlib import suppress
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient

__all__ = ["PromptClient"]

_SHELL_SECONDS, _IOPUB_SECONDS = 1.0, 0.2


class PromptClient(AsyncKernelClient):
    """Waits for the kernel's own word that it is idle, where others wait for a silence."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered on both channels; nothing older comes after that.

        Raises
        ------
        RuntimeError
            When it dies before, or takes longer than `timeout` seconds.
        """
        until = math.inf if timeout is None else time.monotonic() + timeout
        while time.monotonic() < until:
            with suppress(Empty):
                if await self._answers(self.kernel_info(), until):
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it answered")
            await asyncio.sleep(0)
        raise RuntimeError(f"the kernel did not answer within {timeout:g} s")

    async def _answers(self, request: str, until: float) -> bool:
        reply = await self.get_shell_msg(timeout=_SHELL_SECONDS)
        if reply["msg_type"] == "kernel_info_reply":
            self._handle_kernel_info_reply(reply)
        while time.monotonic() < until:
            # Lost, if the kernel answers before it knows who listens: then it is asked again.
            said = await self.get_iopub_msg(timeout=_IOPUB_SECONDS)
            if said["parent_header"].get("msg_id") == request:
                if said["content"].get("execution_state") == "idle":
                    return True
        return False
