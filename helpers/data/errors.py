"""The one exception of the data mechanism."""

import errno

__all__ = ["DataError"]

# Windows knows no disk quota error.
_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


class DataError(RuntimeError):
    """Data cannot be had; the message is one line that says what to do about it."""


def from_os_error(error: OSError, folder: object) -> DataError:
    """Turn a failure to write into `folder` into one line that says what to do.

    Parameters
    ----------
    error : OSError
        What the operating system said.
    folder : path-like
        The cache folder.

    Returns
    -------
    DataError
        To be raised by the caller.
    """
    if error.errno in _DISK_FULL:
        return DataError(
            f"The disk of {folder} is full: free some space, or set EMBEDDINGS_COURSE_CACHE to a "
            "folder on another disk, then try again."
        )
    return DataError(
        f"Cannot write to the cache folder {folder} ({error.strerror or error}): set "
        "EMBEDDINGS_COURSE_CACHE to a folder that you may write to, then try again."
    )
