"""The built-in Python buildpack and a Cloud Native one in one slug: it boots, and is the same when built twice."""

import os
import shutil
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "fixtures/python_flask_pip/app"
ADDS = """
layer extra launch; put extra/env/GREETING.default "from a layer"
program extra/exec.d/secret <<"S"
#!/bin/sh
echo "GENERATED = \\"by exec.d\\"" >&3
S
program extra/bin/greet <<"S"
#!/bin/sh
echo "$GREETING, $GENERATED"
S
process greet greet
python3 -c "import flask; print('flask', flask.__name__)"
"""


@pytest.mark.slow
@pytest.mark.spec("slugc: mixed order")
def test_python_and_a_cloud_native_buildpack_boot_together_and_are_reproducible(lab, tmp_path: Path) -> None:
    pack = lab.pack("acme/extra", ADDS)
    apps = [shutil.copytree(APP, tmp_path / where / "app") for where in ("one", "two")]
    builds = [lab.build("python", pack, app=app, network=True, environ=dict(os.environ)) for app in apps]
    assert builds[0].result.slug.path.read_bytes() == builds[1].result.slug.path.read_bytes()
    built = builds[0]
    assert "flask flask" in built.output("acme/extra")
    assert built.run("greet") == (0, "from a layer, by exec.d")
    assert built.run("greet", env={"GREETING": "mine"}) == (0, "mine, by exec.d")
    assert built.run("python -c \"import flask, os; print(os.environ['GENERATED'])\"") == (0, "by exec.d")
    kinds = {layer.kind.value for layer in built.manifest.layers}
    assert {"runtime", "dependencies", "launch", "app"} <= kinds
