import json

import pytest

from slugc_buildpack.problems import Problem
from slugc_python import detection, managers, pipfile, poetry, requirements, uvlock


def write(app, **files):
    for name, text in files.items():
        (app / name.replace("__", "-").replace("_", ".")).write_text(text)


@pytest.mark.parametrize("name", ["requirements.txt", "uv.lock", "manage.py", "requirement.txt", ".python-version"])
def test_an_app_with_one_of_these_files_is_python(tmp_path, name):
    (tmp_path / name).touch()
    assert detection.decide(tmp_path) == "Python"


def test_another_app_is_told_what_was_looked_for_and_what_is_there(tmp_path):
    (tmp_path / "package.json").touch()
    said = detection.decide(tmp_path)
    assert "  package.json" in said
    assert "requirements.txt" in " ".join(said)


@pytest.mark.parametrize(
    ("files", "code", "file"),
    [
        (["requirements.txt", "poetry.lock"], "python.several-package-managers", "requirements.txt"),
        (["Pipfile.lock", "uv.lock"], "python.several-package-managers", "Pipfile.lock"),
        (["Pipfile"], "python.no-lock-file", "Pipfile"),
        (["pdm.lock"], "python.pdm", "pdm.lock"),
        (["requirement.txt"], "python.misspelled-file", "requirement.txt"),
        (["app.py"], "python.no-package-manager", None),
        (["uv.lock"], "python.no-pyproject", "uv.lock"),
    ],
)
def test_without_exactly_one_package_manager_the_build_ends(tmp_path, files, code, file):
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(Problem) as caught:
        managers.choose(tmp_path)
    assert (caught.value.code, caught.value.file) == (code, file)


@pytest.mark.parametrize(
    ("files", "next_step"),
    [
        (["requirements.in"], "Run: uv pip compile requirements.in -o requirements.txt"),
        (["requirements-dev.txt", "requirements-prod.txt"], "-r requirements-prod.txt"),
        (["requirements/base.txt", "requirements/production.txt"], "-r requirements/production.txt"),
        (["app.py"], "touch requirements.txt"),
    ],
)
def test_files_that_come_near_a_requirements_txt_are_led_to_one(tmp_path, files, next_step):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(Problem) as caught:
        managers.choose(tmp_path)
    assert next_step in caught.value.next_step


def test_a_pyproject_with_dependencies_is_enough(tmp_path):
    write(tmp_path, pyproject_toml='[project]\nname = "x"\nversion = "1"\n')
    assert managers.choose(tmp_path) is managers.PYPROJECT


def test_a_broken_pyproject_shows_the_place(tmp_path):
    write(tmp_path, pyproject_toml="[project\nname = 1\n")
    with pytest.raises(Problem) as caught:
        managers.choose(tmp_path)
    assert "line 1" in caught.value.evidence


def test_included_files_are_read_and_numbered(tmp_path):
    (tmp_path / "requirements.txt").write_text("# web\n-r base.txt\nflask == 3.1.0  # ours\n")
    (tmp_path / "base.txt").write_text("gunicorn \\\n  --hash=sha256:1\nDjango.Extensions[a]>=1\n")
    lines = requirements.read(tmp_path)
    assert [(line.file, line.number, line.project) for line in lines] == [
        ("requirements.txt", 2, None),
        ("base.txt", 1, "gunicorn"),
        ("base.txt", 3, "django-extensions"),
        ("requirements.txt", 3, "flask"),
    ]


def test_an_included_file_that_is_missing_names_the_line_that_wants_it(tmp_path):
    (tmp_path / "requirements.txt").write_text("\n-r prod.txt\n")
    with pytest.raises(Problem) as caught:
        requirements.read(tmp_path)
    assert (caught.value.place, caught.value.evidence) == ("requirements.txt:2", "-r prod.txt")


def test_a_change_in_an_included_file_changes_the_digest(tmp_path):
    (tmp_path / "requirements.txt").write_text("-r base.txt\n")
    (tmp_path / "base.txt").write_text("flask\n")
    before = requirements.digest(tmp_path, requirements.read(tmp_path))
    (tmp_path / "base.txt").write_text("django\n")
    assert requirements.digest(tmp_path, requirements.read(tmp_path)) != before


@pytest.mark.parametrize(
    ("text", "local"),
    [("-e .", True), (".", True), ("./lib", True), ("../x", True), (".[extra]", True), ("x @ file:./y", True),
     ("flask", False), ("x @ https://e.example/x.whl", False), ("git+https://e.example/x", False)],
)  # fmt: skip
def test_a_line_that_installs_from_the_app_is_recognised(text, local):
    assert requirements.Line(file="r", number=1, text=text).local is local


def test_config_vars_named_in_the_lines_are_found():
    line = requirements.Line(file="r", number=1, text="--extra-index-url https://${USER_1}:${TOKEN}@e.example/")
    assert requirements.variables([line]) == ["TOKEN", "USER_1"]


PIPFILE = '[[source]]\nname = "a"\nurl = "https://index.example/simple"\nverify_ssl = true\n\n[packages]\nflask = "*"\n'
LOCK = {
    "_meta": {"hash": {"sha256": ""}, "sources": [{"name": "a", "url": "https://index.example/simple"}]},
    "default": {
        "flask": {"version": "==3.1.0", "hashes": ["sha256:1", "sha256:2"], "markers": "python_version >= '3.9'"},
        "b": {"extras": ["x", "y"], "version": "==1"},
        "c": {"git": "https://e.example/c", "ref": "abc"},
        "d": {"path": "libs/d", "editable": True},
    },
}


def test_a_pipfile_lock_becomes_requirements_with_hashes(tmp_path):
    write(tmp_path, Pipfile_lock=json.dumps(LOCK))
    assert pipfile.requirements(tmp_path).splitlines() == [
        "--index-url https://index.example/simple",
        "b[x,y]==1",
        "c @ git+https://e.example/c@abc",
        "./libs/d",
        "flask==3.1.0 ; python_version >= '3.9' --hash=sha256:1 --hash=sha256:2",
    ]


def test_a_pipfile_that_changed_after_its_lock_is_refused(tmp_path):
    lock = {**LOCK, "_meta": {**LOCK["_meta"], "hash": {"sha256": "0" * 64}}}
    write(tmp_path, Pipfile=PIPFILE, Pipfile_lock=json.dumps(lock))
    with pytest.raises(Problem) as caught:
        pipfile.requirements(tmp_path)
    assert caught.value.code == "python.outdated-lock-file"
    assert "000000000000" in caught.value.evidence


def test_a_pipfile_lock_with_a_merge_conflict_names_its_line(tmp_path):
    write(tmp_path, Pipfile_lock='{\n<<<<<<< HEAD\n "a": 1\n')
    with pytest.raises(Problem) as caught:
        pipfile.requirements(tmp_path)
    assert caught.value.place == "Pipfile.lock:2"


POETRY = """
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3.0"
gunicorn = {version = ">=22", markers = "sys_platform == 'linux'"}
celery = {version = "*", extras = ["redis"]}
extra = {version = "*", optional = true}
inner = {path = "libs/inner"}
"""
POETRY_LOCK = """
[[package]]
name = "Flask"
version = "3.1.0"
files = [{file = "f.whl", hash = "sha256:1"}]
[[package]]
name = "gunicorn"
version = "23.0.0"
markers = "sys_platform == 'linux'"
files = []
[[package]]
name = "celery"
version = "5.4.0"
files = []
[[package]]
name = "inner"
version = "0.1"
[package.source]
type = "directory"
url = "libs/inner"
"""


def test_a_poetry_lock_becomes_main_requirements_and_constraints(tmp_path):
    write(tmp_path, pyproject_toml=POETRY, poetry_lock=POETRY_LOCK)
    locked = poetry.read(tmp_path)
    assert locked.requirements.splitlines() == [
        "celery[redis]",
        "flask",
        "gunicorn ; sys_platform == 'linux'",
        "inner @ ./libs/inner",
    ]
    assert locked.constraints.splitlines() == [
        "Flask==3.1.0 --hash=sha256:1",
        "celery==5.4.0",
        "gunicorn==23.0.0 ; sys_platform == 'linux'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "evidence"),
    [
        ('flask = "^3.0"', 'flask = "^4.0"', "pyproject.toml wants flask ^4.0, poetry.lock has 3.1.0"),
        ('flask = "^3.0"', 'flask = "^3.0"\nrequests = "*"', "requests * is in pyproject.toml and not in poetry.lock"),
    ],
)
def test_a_pyproject_that_changed_after_poetry_lock_is_refused(tmp_path, old, new, evidence):
    write(tmp_path, pyproject_toml=POETRY.replace(old, new), poetry_lock=POETRY_LOCK)
    with pytest.raises(Problem) as caught:
        poetry.read(tmp_path)
    assert caught.value.evidence == evidence


def test_dependencies_of_the_project_table_are_read_too(tmp_path):
    wanted = '["flask[async] (>=3.0,<4.0)", "gunicorn>=22; sys_platform == \'linux\'"]'
    text = f'[project]\nname = "x"\ndependencies = {wanted}\n'
    write(tmp_path, pyproject_toml=text, poetry_lock=POETRY_LOCK)
    assert poetry.read(tmp_path).requirements.splitlines() == [
        "flask[async]",
        "gunicorn ; sys_platform == 'linux'",
    ]


def test_what_the_project_table_says_is_not_lost_where_a_poetry_table_adds_a_source(tmp_path):
    text = '[project]\nname = "x"\ndependencies = ["flask[async]>=3; sys_platform == \'linux\'"]\n'
    text += '[tool.poetry.dependencies]\nflask = {source = "private"}\n'
    write(tmp_path, pyproject_toml=text, poetry_lock=POETRY_LOCK)
    assert poetry.read(tmp_path).requirements.splitlines() == ["flask[async] ; sys_platform == 'linux'"]


PACKAGE = '[project]\nname = "my-shop"\n[build-system]\nrequires = ["poetry-core"]\n'


@pytest.mark.parametrize(
    ("text", "file", "package"),
    [
        (PACKAGE, "my_shop/__init__.py", True),
        (PACKAGE, "src/my_shop/__init__.py", True),
        (PACKAGE, "my_shop.py", True),
        (PACKAGE + '[tool.poetry]\npackages = [{include = "web", from = "lib"}]\n', "lib/web/__init__.py", True),
        (PACKAGE, "app.py", False),
        (PACKAGE + "[tool.poetry]\npackage-mode = false\n", "my_shop/__init__.py", False),
        ('[project]\nname = "my-shop"\n', "my_shop/__init__.py", False),
        (PACKAGE.replace("[project]", "[tool.poetry]"), "my_shop/__init__.py", True),
    ],
)
def test_a_poetry_app_is_a_package_where_poetry_would_find_its_module(tmp_path, text, file, package):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    write(tmp_path, pyproject_toml=text, poetry_lock="")
    assert poetry.read(tmp_path).package is package


UV_LOCK = """
version = 1
[[package]]
name = "flask"
source = { registry = "https://index.example/simple" }
[[package]]
name = "root"
source = { virtual = "." }
[[package]]
name = "api"
source = { editable = "packages/api" }
[[package]]
name = "lib"
source = { directory = "packages/lib" }
[[package]]
name = "wheel"
source = { path = "wheels/wheel-1-py3-none-any.whl" }
"""


def test_packages_of_uv_lock_that_are_folders_of_the_app_are_told_from_the_others(tmp_path):
    write(tmp_path, uv_lock=UV_LOCK)
    assert uvlock.local(tmp_path) == ("api", "lib")


def test_a_uv_lock_that_cannot_be_read_is_left_to_uv(tmp_path):
    write(tmp_path, uv_lock="<<<<<<< HEAD\n")
    assert uvlock.local(tmp_path) == ()
