import base64
import hashlib

import pytest

from slugc_python import django, frameworks, relocate

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FASTAPI = "import fastapi\napi = fastapi.FastAPI()\n"
FACTORY = "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n"


@pytest.mark.parametrize(
    ("files", "packages", "command"),
    [
        ({"app.py": FLASK}, ["flask", "gunicorn"], "gunicorn --bind 0.0.0.0:$PORT 'app:app'"),
        ({"app.py": FLASK}, ["flask"], "flask --app app:app run --host 0.0.0.0 --port $PORT"),
        ({"shop/__init__.py": FACTORY}, ["flask", "gunicorn"], "gunicorn --bind 0.0.0.0:$PORT 'shop:create_app()'"),
        ({"main.py": FASTAPI}, ["fastapi", "uvicorn"], "uvicorn main:api --host 0.0.0.0 --port $PORT"),
        ({"main.py": FASTAPI}, ["fastapi"], None),
        ({"src.py": "print(1)\n"}, ["flask"], None),
        ({"app.py": "app = Flask(\n"}, ["flask"], None),
        ({"app.py": FLASK}, [], None),
    ],
)
def test_the_web_process_follows_the_framework(tmp_path, files, packages, command):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert frameworks.web(tmp_path, dict.fromkeys(packages, "1")) == command


MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"


@pytest.mark.parametrize(
    ("folder", "files", "packages", "command"),
    [
        ("", ["wsgi.py"], ["gunicorn"], "gunicorn --bind 0.0.0.0:$PORT shop.wsgi"),
        ("", ["asgi.py"], ["uvicorn"], "uvicorn shop.asgi:application --host 0.0.0.0 --port $PORT"),
        ("", ["wsgi.py"], [], "python manage.py runserver 0.0.0.0:$PORT --noreload"),
        ("web/", ["wsgi.py"], ["gunicorn"], "cd web && gunicorn --bind 0.0.0.0:$PORT shop.wsgi"),
    ],
)
def test_a_django_project_is_served_by_what_is_installed(tmp_path, folder, files, packages, command):
    root = tmp_path / folder
    (root / "shop").mkdir(parents=True)
    (root / "manage.py").write_text(MANAGE)
    for name in files:
        (root / "shop" / name).touch()
    assert frameworks.web(tmp_path, dict.fromkeys(["django", *packages], "1")) == command


def test_a_manage_py_of_somebody_else_is_not_taken(tmp_path):
    (tmp_path / "node_modules/x").mkdir(parents=True)
    (tmp_path / "node_modules/x/manage.py").write_text(MANAGE)
    assert django.find(tmp_path) is None


@pytest.fixture
def tree(tmp_path):
    """An installed tree as uv leaves it, with the paths of its build."""
    made = tmp_path / "app/.heroku/python"
    packages = made / "lib/python3/dist-packages"
    info = packages / "shop-1.dist-info"
    info.mkdir(parents=True)
    (made / "bin").mkdir()
    (made / "bin/shop").write_text(f"#!{made}/bin/python3\nprint(1)\n")
    (made / "bin/long").write_text(f"#!/bin/sh\n'''exec' '{made}/bin/python3' \"$0\" \"$@\"\n' '''\nprint(2)\n")
    (made / "bin/other").write_text("#!/bin/sh\necho\n")
    (packages / "shop.pth").write_text(f"{tmp_path}/app/src\nimport x\n")
    (info / "uv_cache.json").write_text("{}")
    (info / "direct_url.json").write_text(f'{{"url": "file://{tmp_path}/app"}}')
    (info / "RECORD").write_text(
        "shop-1.dist-info/uv_cache.json,,\nshop-1.dist-info/direct_url.json,,\nshop.pth,sha256=x,1\n"
        "../../../bin/shop,sha256=x,1\nshop.py,sha256=y,2\nshop-1.dist-info/RECORD,,\n"
    )
    return made


def test_nothing_that_is_installed_names_the_folder_of_the_build(tree, tmp_path):
    relocate.relocate(tree, tree / "lib/python3/dist-packages", tmp_path / "app")
    for path in tree.rglob("*"):
        assert path.is_dir() or str(tmp_path) not in path.read_text()
    assert (tree / "bin/shop").read_text() == "#!/usr/bin/env python3\nprint(1)\n"
    assert (tree / "bin/long").read_text() == "#!/usr/bin/env python3\nprint(2)\n"
    assert (tree / "bin/other").read_text() == "#!/bin/sh\necho\n"
    assert (tree / "lib/python3/dist-packages/shop.pth").read_text() == "../../../../../src\nimport x\n"


def test_the_record_tells_the_truth_about_rewritten_files(tree, tmp_path):
    packages = tree / "lib/python3/dist-packages"
    relocate.relocate(tree, packages, tmp_path / "app")
    data = (tree / "bin/shop").read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    record = (packages / "shop-1.dist-info/RECORD").read_text().splitlines()
    assert f"../../../bin/shop,sha256={digest},{len(data)}" in record
    assert "shop.py,sha256=y,2" in record
    assert not any("uv_cache" in line or "direct_url" in line for line in record)


def test_relocating_twice_changes_nothing(tree, tmp_path):
    packages = tree / "lib/python3/dist-packages"
    relocate.relocate(tree, packages, tmp_path / "app")
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    relocate.relocate(tree, packages, tmp_path / "app")
    assert {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()} == before
