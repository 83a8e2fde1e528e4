"""Stage `compile`: the buildpacks transform the tree, in order."""

from slugc.compile.run import Compilation, compile_app

__all__ = ["Compilation", "compile_app"]
