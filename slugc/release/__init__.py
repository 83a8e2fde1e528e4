"""Stage `release`: process types, default config vars and add-ons."""

from slugc.release.collect import collect
from slugc.release.launch_metadata import write as write_launch_metadata

__all__ = ["collect", "write_launch_metadata"]
