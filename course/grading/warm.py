"""The server from which grading's processes are forked, with everything imported.

This module imports next to nothing itself, so that the server can begin to import while the
process that asked for it does the same.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterable

from course.threads import one_thread

__all__ = ["start_server"]


def start_server(modules: Iterable[str] = ()):
    """Start the server, unless it runs.

    Parameters
    ----------
    modules : iterable of str
        What it imports beside grading itself. A server that runs imports nothing more: what it
        lacks is imported by each process.

    Returns
    -------
    multiprocessing.context.BaseContext
        For making processes. Where there is no such server, one that starts each process anew.
    """
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver  # Only where processes can be forked.

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["course.grading.preload", *modules])
    # A library that starts threads while it is imported could not be forked safely. This process
    # itself may use threads: numba refuses when the number changes later.
    before, single = dict(os.environ), one_thread()
    os.environ.update(single)
    try:
        forkserver.ensure_running()
    finally:
        for name in single:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]
    return context
