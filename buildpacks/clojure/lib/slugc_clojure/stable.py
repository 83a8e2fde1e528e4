"""The same classes twice, of the same source.

Clojure's compiler keeps what a function closes over in a map by the identity of its own objects, and writes the fields
of the class in that map's order. A JVM draws identities by chance, as threads come and go: about one build in five
had other bytes. With one number for all of them the map keeps the order in which the compiler met them.
"""

from slugc_buildpack.build import Build

OPTIONS = ("-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2")


def options(variable: str, build: Build) -> dict[str, str]:
    """A variable that hands options to the JVM that compiles: ours, then the user's, of which the last counts."""
    return {variable: " ".join([*OPTIONS, *build.config.get(variable).split()])}
