"""What the operating system refused in slugc's own folder, said as an error instead of a traceback."""

import errno
import os
from pathlib import Path

from slugc.errors import SlugcError
from slugc.errors.home import HomeUnusable
from slugc.host.home import Home

_FULL = (errno.ENOSPC, errno.EDQUOT)


def in_home(error: OSError, home: Home) -> SlugcError | None:
    """None where the refusal is not about SLUGC_HOME: that is a bug, and a traceback serves better.

    A write to a full disk names no file; nearly all that slugc writes lies in its home.
    """
    reason = error.strerror or str(error)
    named = [Path(os.fsdecode(name)) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    inside = next((path for path in named if path.is_relative_to(home.root) or home.root.is_relative_to(path)), None)
    if inside is None and (named or error.errno not in _FULL):
        return None
    return HomeUnusable(root=home.root, path=inside, reason=reason)
