import zipfile

import pytest

from slugc_clojure import checks
from slugc_clojure import detection as clojure_detection
from slugc_clojure import processes as clojure
from slugc_java import detection as java_detection
from slugc_java import gradle, processes
from slugc_scala import detection as scala_detection
from slugc_scala import processes as scala


def jar(path, attributes, *names):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("META-INF/MANIFEST.MF", "".join(f"{name}: {text}\r\n" for name, text in attributes.items()))
        for name in names:
            made.writestr(name, "")


BOOT = {"Main-Class": "org.springframework.boot.loader.launch.JarLauncher", "Spring-Boot-Version": "3.4.1"}


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"target/a.jar": {"Main-Class": "a.B"}}, "java $JAVA_OPTS -jar target/a.jar"),
        ({"target/a.jar": BOOT}, "java -Dserver.port=$PORT $JAVA_OPTS -jar target/a.jar"),
        ({"target/a.war": BOOT}, "java -Dserver.port=$PORT $JAVA_OPTS -jar target/a.war"),
        (
            {"build/libs/a.jar": BOOT, "build/libs/a-plain.jar": BOOT},
            "java -Dserver.port=$PORT $JAVA_OPTS -jar build/libs/a.jar",
        ),
        (
            {"target/a-runner.jar": {"Main-Class": "a.B"}},
            "java -Dquarkus.http.port=$PORT $JAVA_OPTS -jar target/a-runner.jar",
        ),
        (
            {"target/quarkus-app/quarkus-run.jar": {}, "target/a.jar": {}},
            "java -Dquarkus.http.port=$PORT $JAVA_OPTS -jar target/quarkus-app/quarkus-run.jar",
        ),
        ({"web/target/a.jar": {"Main-Class": "a.B"}}, "java $JAVA_OPTS -jar web/target/a.jar"),
        ({"target/a b.jar": {"Main-Class": "a.B"}}, "java $JAVA_OPTS -jar 'target/a b.jar'"),
        ({"target/a.jar": {}}, None),
        ({"target/a.jar": {"Main-Class": "a"}, "target/b.jar": {"Main-Class": "b"}}, None),
        ({}, None),
    ],
)
def test_the_web_process_is_the_one_jar_that_can_be_started(tmp_path, files, command):
    for name, attributes in files.items():
        jar(tmp_path / name, attributes)
    assert processes.web(tmp_path) == command


def test_a_pom_with_the_driver_of_postgresql_wants_the_database(tmp_path):
    (tmp_path / "pom.xml").write_text("<dependency><artifactId>postgresql</artifactId></dependency>")
    assert processes.release(tmp_path)["addons"] == ["heroku-postgresql"]


@pytest.mark.parametrize(
    ("script", "config", "wanted"),
    [
        ("plugins { id 'java' }", "", ["build", "-x", "check"]),
        ("task stage(dependsOn: ['build'])", "", ["stage"]),
        ('tasks.register("stage") {}', "", ["stage"]),
        ("// we are at a stage of", "", ["build", "-x", "check"]),
        ("task stage", "jar --info", ["jar", "--info"]),
    ],
)
def test_gradle_runs_the_apps_own_stage(tmp_path, script, config, wanted):
    (tmp_path / "build.gradle").write_text(script)
    assert gradle.tasks(tmp_path, config) == wanted


def test_one_staged_script_is_web_and_two_are_none(tmp_path):
    folder = tmp_path / "target/universal/stage/bin"
    folder.mkdir(parents=True)
    (folder / "shop").touch()
    (folder / "shop.bat").touch()
    assert scala.web(tmp_path) == "target/universal/stage/bin/shop -Dhttp.port=$PORT"
    (folder / "worker").touch()
    assert scala.web(tmp_path) is None


def test_the_uberjar_that_project_clj_names_is_web(tmp_path):
    (tmp_path / "project.clj").write_text('(defproject shop "1" :uberjar-name "shop.jar")')
    for name in ("shop.jar", "other.jar"):
        jar(tmp_path / "target" / name, {"Main-Class": "a"}, "clojure/core.clj")
    jar(tmp_path / "target/thin.jar", {"Main-Class": "a"})
    assert clojure.web(tmp_path) == "java $JAVA_OPTS -jar target/shop.jar"


@pytest.mark.parametrize(
    ("project", "aliases", "command"),
    [
        ("(defproject shop :main shop.main)", [], "clojure -M -m shop.main"),
        ("(defproject shop :main ^:skip-aot shop.main)", [], "clojure -M -m shop.main"),
        ("(defproject shop)", ["run", "web"], "clojure -M:web"),
        ("(defproject shop)", [], None),
    ],
)
def test_without_an_uberjar_an_alias_or_the_main_namespace_is_web(tmp_path, project, aliases, command):
    (tmp_path / "project.clj").write_text(project)
    (tmp_path / ".clojure/aliases").mkdir(parents=True)
    (tmp_path / ".clojure/classpath").touch()
    for name in aliases:
        (tmp_path / ".clojure/aliases" / name).touch()
    assert clojure.web(tmp_path) == command


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('(a [b {c "d)"}]) ; (\n\\( #"x\\""', None),
        ("(a\n [b)", (2, ") closes nothing here")),
        ("(a\n (b)", (1, "( is opened here and not closed")),
        ("(a)\n)", (2, ") closes nothing here")),
        ('(a\n "b', (2, "a string begins here and does not end")),
    ],
)
def test_brackets_that_do_not_match_are_named_with_their_line(text, wanted):
    assert checks.unbalanced(text) == wanted


@pytest.mark.parametrize(
    ("decide", "file", "name"),
    [
        (java_detection.decide, "pom.xml", "Java"),
        (java_detection.decide, "gradlew", "Java"),
        (scala_detection.decide, "build.sbt", "Scala"),
        (scala_detection.decide, "project/build.properties", "Scala"),
        (clojure_detection.decide, "project.clj", "Clojure (Leiningen 2)"),
        (clojure_detection.decide, "deps.edn", "Clojure (deps.edn)"),
    ],
)
def test_an_app_is_known_by_its_file_and_a_stranger_is_told_why_not(tmp_path, decide, file, name):
    reasons = decide(tmp_path)
    assert isinstance(reasons, list)
    assert "  (nothing)" in reasons
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    assert decide(tmp_path) == name
