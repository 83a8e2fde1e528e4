"""Stage `detect`: which buildpacks build this app."""

from slugc.detect.resolve import candidates, explain, resolve

__all__ = ["candidates", "explain", "resolve"]
