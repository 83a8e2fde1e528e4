"""Stage `detect`: which buildpacks build this app."""

from slugc.detect.resolve import candidates, resolve

__all__ = ["candidates", "resolve"]
