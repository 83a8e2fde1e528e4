"""Stage `release`: process types, default config vars and add-ons."""

from slugc.release.collect import collect

__all__ = ["collect"]
