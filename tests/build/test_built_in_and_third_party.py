"""Built-in buildpacks work at /app, third-party ones at BUILD_DIR: both must see each other's work."""

import pytest

from slugc.model.build import Isolation

pytestmark = pytest.mark.slow

PACK = {
    "pack/bin/detect": "#!/bin/sh\necho Third\n",
    "pack/bin/compile": "#!/bin/sh\nset -e\ncd $1\npython -c 'import six; print(\"six is\", six.__version__)'\n"
    "command -v python\nmkdir -p $1/tool\nprintf '#!/bin/sh\\necho tool runs\\n' > $1/tool/own\nchmod +x $1/tool/own\n"
    'echo "export PATH=$1/tool:\\$PATH" > "$(dirname $0)/../export"\n',
}


@pytest.mark.parametrize("isolation", [Isolation.AUTO, Isolation.NONE])
def test_a_third_party_buildpack_uses_what_the_built_in_one_installed(builder, app, isolation):
    builder.environ = _indexes(builder.environ)
    source = app({"requirements.txt": "six==1.16.0\n", ".buildpacks": "python\n./pack\n", **PACK})
    builder.build(source, isolation=isolation)
    assert "six is 1.16.0" in builder.transcript


def test_a_built_in_buildpack_finds_what_a_third_party_one_exported(builder, app):
    builder.environ = _indexes(builder.environ)
    files = {"requirements.txt": "six==1.16.0\n", ".buildpacks": "./pack\npython\n", **PACK}
    files["pack/bin/compile"] = files["pack/bin/compile"].replace("python -c", ": python -c")
    files["pack/bin/compile"] = files["pack/bin/compile"].replace("command -v python\n", "")
    files["bin/post_compile"] = "#!/bin/sh\nown\n"
    source = app(files)
    (source / "bin" / "post_compile").chmod(0o755)
    builder.build(source)
    assert "tool runs" in builder.transcript


def _indexes(environ):
    import os

    from slugc.sandbox.environment import allowed

    return {**environ, **allowed(os.environ)}
