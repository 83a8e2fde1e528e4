# ruff: noqa: E501 - lines as the tools print them
from pathlib import Path

import pytest

from slugc_clojure import complaints as clojure
from slugc_java import complaints
from slugc_jvm.runtime import Java
from slugc_scala import complaints as scala

JAVA = Java(version="17.0.15", source="apt", home=Path("/jdk"), key="k")
POM = "<project>\n  <artifactId>shop</artifactId>\n  <artifactId>no-such</artifactId>\n  <release>21</release>\n</project>\n"
SOURCE = "package shop;\nclass Main {\n  int a = b;\n}\n"


@pytest.fixture
def app(tmp_path):
    (tmp_path / "pom.xml").write_text(POM)
    (tmp_path / "build.sbt").write_text('name := "shop"\nlibraryDependencies += "x" %% "no-such" % "1"\n')
    (tmp_path / "project.clj").write_text('(defproject shop "1"\n  :dependencies [[x/no-such "1.0"]])\n')
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "src/Main.java").write_text(SOURCE)
    (tmp_path / "src/shop/main.clj").write_text("(ns shop.main)\n(nobody)\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("[ERROR] {app}/src/Main.java:[3,11] cannot find symbol", "java.compilation-failed", "src/Main.java:3"),
        ("{app}/src/Main.java:3: error: cannot find symbol", "java.compilation-failed", "src/Main.java:3"),
        ("[ERROR] Fatal error compiling: error: release version 21 not supported", "java.release-not-supported", "pom.xml:4"),
        ("class file has wrong version 65.0, should be 61.0", "java.release-not-supported", "pom.xml:4"),
        ("[ERROR] Could not find artifact x:no-such:jar:1.0 in central", "java.unknown-dependency", "pom.xml:3"),
        ("[ERROR] x:no-such:jar:1.0 was not found in https://repo during a previous attempt", "java.unknown-dependency", "pom.xml:3"),
        ("[ERROR] Could not transfer artifact x:y:pom:1: Connect to a:443 failed: Connection refused", "java.repository-unreachable", "pom.xml"),
        ("[ERROR] 'dependencies.dependency.version' for x:y:jar is missing. @ line 3, column 5", "java.broken-pom", "pom.xml:3"),
        ('[ERROR] Unknown lifecycle phase "bake". You must specify', "java.unknown-goal", ""),
        ("[ERROR] There are test failures. Tests run: 3, Failures: 1", "java.tests-failed", "pom.xml"),
        ("[ERROR] Something that nobody foresaw", "java.build-failed", "pom.xml"),
    ],
)  # fmt: skip
def test_what_maven_says_becomes_a_place_and_a_next_step(app, line, code, place):
    problem = complaints.maven([line.format(app=app)], app, JAVA)
    assert (problem.code, problem.place) == (code, place)
    assert problem.next_step
    assert problem.evidence


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("Build file '{app}/build.gradle' line: 7\n\n* What went wrong:\nNo plugin.\n\n", "java.broken-gradle-script", "build.gradle:7"),
        ("Downloading https://x/gradle-8.10-bin.zip\njava.net.UnknownHostException: x", "java.gradle-unavailable",
         "gradle/wrapper/gradle-wrapper.properties"),
        ("> Could not find x:no-such:1.0.", "java.unknown-dependency", "gradlew"),
        ("Task 'bake' not found in root project 'shop'.", "java.unknown-goal", "gradlew"),
    ],
)  # fmt: skip
def test_what_gradle_says_becomes_a_place_and_a_next_step(app, text, code, place):
    problem = complaints.gradle(text.format(app=app).splitlines(), app, JAVA)
    assert (problem.code, problem.place) == (code, place)


@pytest.mark.parametrize(
    ("line", "code", "place"),
    [
        ("[error] {app}/src/Main.java:3:11: not found: value b", "scala.compilation-failed", "src/Main.java:3"),
        ("[error] -- [E006] Not Found Error: {app}/src/Main.scala:5:4 -------", "scala.compilation-failed", "src/Main.scala:5"),
        ("[error] {app}/build.sbt:2: error: unclosed string literal", "scala.broken-build-definition", "build.sbt:2"),
        ("[error] Error downloading x:no-such_2.13:1", "scala.unknown-dependency", "build.sbt:2"),
        ("[error] Not a valid command: stage (similar: last)", "scala.no-stage", "build.sbt"),
        ("[error] Not a valid key: bake", "scala.unknown-task", "build.sbt"),
    ],
)  # fmt: skip
def test_what_sbt_says_becomes_a_place_and_a_next_step(app, line, code, place):
    problem = scala.sbt([line.format(app=app)], app, JAVA)
    assert (problem.code, problem.place) == (code, place)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("Syntax error compiling at (shop/main.clj:2:1).\nUnable to resolve symbol: nobody", "clojure.compilation-failed",
         "src/shop/main.clj:2"),
        ("Could not find artifact x:no-such:jar:1.0 in central (https://x)", "clojure.unknown-dependency", "project.clj:2"),
        ("'bake' is not a task. See 'lein help'.", "clojure.unknown-task", "project.clj"),
        ("error: ExceptionInfo: Coord of unknown type: #:maven{{}}", "clojure.broken-project", "project.clj"),
        ("error: UnknownHostException: repo.example: Name or service not known", "clojure.repository-unreachable", "project.clj"),
    ],
)  # fmt: skip
def test_what_clojures_tools_say_becomes_a_place_and_a_next_step(app, text, code, place):
    problem = clojure.clojure(text.format(app=app).splitlines(), app, JAVA, "project.clj")
    assert (problem.code, problem.place) == (code, place)
