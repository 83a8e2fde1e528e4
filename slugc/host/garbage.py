"""Python's look for garbage, which a process that ends soon need not pay for."""

import atexit
import gc


def short_lived() -> None:
    """For a command: loading modules makes objects that stay.

    By default Python looks for garbage at every 700 of them, and once more among all when it ends: 7 and 10 ms.
    """
    gc.set_threshold(20_000, 10, 10)
    atexit.register(gc.freeze)
