"""bin/release: the uberjar, or the first alias that runs something."""

import re
import shlex
import zipfile
from pathlib import Path
from typing import Any

from slugc_clojure.classpath import FOLDER
from slugc_clojure.detection import LEIN, TOOLS


def release(app: Path) -> dict[str, Any]:
    command = web(app)
    document: dict[str, Any] = {"default_process_types": {"web": command} if command else {}}
    declared = [app / LEIN, app / TOOLS]
    if any(path.is_file() and "org.postgresql/postgresql" in path.read_text(errors="replace") for path in declared):
        document["addons"] = ["heroku-postgresql"]
    return document


def web(app: Path) -> str | None:
    """None where nothing, or more than one jar, can be started."""
    found = _uberjars(app)
    if len(found) == 1:
        return f"java $JAVA_OPTS -jar {shlex.quote(str(found[0].relative_to(app)))}"
    alias = next((name for name in ("web", "run", "start") if (app / FOLDER / "aliases" / name).is_file()), None)
    if alias:
        return f"clojure -M:{alias}"
    main = _main(app)
    return f"clojure -M -m {shlex.quote(main)}" if main and (app / FOLDER / "classpath").is_file() else None


def _uberjars(app: Path) -> list[Path]:
    """Jars in target with a Main-Class and Clojure inside; of several, the one that project.clj names."""
    jars = sorted([*app.glob("target/*.jar"), *app.glob("target/uberjar/*.jar")])
    found = [path for path in jars if _starts(path)]
    match = re.search(r':uberjar-name\s+"([^"]+)"', _text(app / LEIN))
    named = [path for path in found if match and path.name == match[1]]
    return named or found


def _starts(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as opened:
            manifest = opened.read("META-INF/MANIFEST.MF")
            return b"Main-Class:" in manifest and "clojure/core.clj" in opened.NameToInfo
    except (zipfile.BadZipFile, KeyError, OSError):
        return False


def _main(app: Path) -> str | None:
    match = re.search(r":main\s+(?:\^:skip-aot\s+|\^\{[^}]*\}\s+)?([\w.*+!?<>=-]+)", _text(app / LEIN))
    return match[1] if match else None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
