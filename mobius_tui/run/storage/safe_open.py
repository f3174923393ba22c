"""Opens files in a run's folder safely, whatever has been put there.

A run may be another user's, and a step may have replaced its own files. A link is not
followed, and what is no regular file is refused.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def regular_descriptor(path: Path) -> int:
    """Open a regular file to be read; the caller closes the descriptor.

    Raises:
        OSError: it is not there, or it is no regular file.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, a socket
            raise _not_regular_error(path) from error
        raise
    except ValueError as error:  # a name that no file can have
        raise _not_regular_error(path) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _not_regular_error(path)
    return handle


def _not_regular_error(path: Path) -> OSError:
    return OSError(errno.EINVAL, "it is no regular file", str(path))


def open_regular(path: Path) -> BufferedReader:
    """A regular file, open to be read.

    Raises:
        OSError: it is not there, or it is no regular file.
    """
    return os.fdopen(regular_descriptor(path), "rb")
