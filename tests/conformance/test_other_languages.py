"""Buildpacks that are no shell scripts: compiled ones, and one on the Python bindings, all strict about their world."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GO = r"""
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func must(ok bool, what string) {
	if !ok {
		fmt.Fprintln(os.Stderr, "not as the specification says:", what)
		os.Exit(42)
	}
}

func env(name string) string {
	value, set := os.LookupEnv(name)
	must(set && value != "", name)
	return value
}

func common() {
	must(env("CNB_TARGET_OS") == "linux", "CNB_TARGET_OS")
	env("CNB_TARGET_ARCH")
	env("CNB_TARGET_DISTRO_NAME")
	env("CNB_TARGET_DISTRO_VERSION")
	info, err := os.Stat(filepath.Join(env("CNB_BUILDPACK_DIR"), "buildpack.toml"))
	must(err == nil && info.Mode().IsRegular(), "CNB_BUILDPACK_DIR")
	here, _ := os.Getwd()
	_, err = os.Stat(filepath.Join(here, "README"))
	must(err == nil, "the working directory")
}

func main() {
	common()
	switch filepath.Base(os.Args[0]) {
	case "detect":
		must(len(os.Args) == 3, "two arguments")
		must(os.Args[1] == env("CNB_PLATFORM_DIR"), "platform")
		must(os.Args[2] == env("CNB_BUILD_PLAN_PATH"), "plan")
		plan := "[[provides]]\nname = \"go\"\n[[requires]]\nname = \"go\"\n[requires.metadata]\nwhy = \"strict\"\n"
		must(os.WriteFile(os.Args[2], []byte(plan), 0o644) == nil, "writing the plan")
	case "build":
		must(len(os.Args) == 4, "three arguments")
		must(os.Args[1] == env("CNB_LAYERS_DIR"), "layers")
		must(os.Args[2] == env("CNB_PLATFORM_DIR"), "platform")
		must(os.Args[3] == env("CNB_BP_PLAN_PATH"), "plan")
		given, err := os.ReadFile(os.Args[3])
		must(err == nil && len(given) > 0, "the buildpack plan")
		layers := os.Args[1]
		must(os.MkdirAll(layers+"/tool/exec.d", 0o755) == nil, "making a layer")
		self, _ := os.Executable()
		binary, _ := os.ReadFile(self)
		must(os.WriteFile(layers+"/tool/exec.d/helper", binary, 0o755) == nil, "copying itself")
		must(os.WriteFile(layers+"/tool.toml", []byte("[types]\nlaunch = true\n"), 0o644) == nil, "tool.toml")
		launch := "[[processes]]\ntype = \"web\"\ncommand = [\"sh\", \"-c\", \"echo $FROM_HELPER\"]\ndefault = true\n"
		must(os.WriteFile(layers+"/launch.toml", []byte(launch), 0o644) == nil, "launch.toml")
	}
}
"""
# At launch the same binary is an exec.d program, in a world without any CNB_ variable.
GO_MAIN = GO.replace(
    "func main() {\n\tcommon()\n",
    'func main() {\n\tif filepath.Base(os.Args[0]) == "helper" {\n'
    '\t\tfmt.Fprintln(os.NewFile(3, "output"), `FROM_HELPER = "from go"`)\n\t\treturn\n\t}\n\tcommon()\n',
)

RUST = r"""
use std::{env, fs, path::Path, process::exit};

fn must(ok: bool, what: &str) {
    if !ok {
        eprintln!("not as the specification says: {what}");
        exit(42);
    }
}

fn var(name: &str) -> String {
    let value = env::var(name).unwrap_or_default();
    must(!value.is_empty(), name);
    value
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let me = Path::new(&args[0]).file_name().unwrap().to_string_lossy().to_string();
    for name in ["CNB_TARGET_OS", "CNB_TARGET_ARCH", "CNB_TARGET_DISTRO_NAME", "CNB_TARGET_DISTRO_VERSION"] {
        var(name);
    }
    must(Path::new(&var("CNB_BUILDPACK_DIR")).join("buildpack.toml").is_file(), "CNB_BUILDPACK_DIR");
    if me == "detect" {
        must(args.len() == 3, "two arguments");
        must(args[1] == var("CNB_PLATFORM_DIR") && args[2] == var("CNB_BUILD_PLAN_PATH"), "arguments");
        must(fs::read_to_string(&args[2]).map(|text| text.is_empty()).unwrap_or(false), "an empty plan file");
    } else {
        must(
            args.len() == 4
                && args[1] == var("CNB_LAYERS_DIR")
                && args[2] == var("CNB_PLATFORM_DIR")
                && args[3] == var("CNB_BP_PLAN_PATH"),
            "arguments",
        );
        let launch = "[[processes]]\ntype = \"web\"\ncommand = [\"echo\", \"from rust\"]\n";
        must(fs::write(format!("{}/launch.toml", args[1]), launch).is_ok(), "launch.toml");
    }
}
"""


def compiled(lab, name: str, program: Path) -> Path:
    pack = lab.pack(name, None, detect=None)
    (pack / "bin").mkdir()
    for script in ("detect", "build"):
        shutil.copy(program, pack / "bin" / script)
    return pack


@pytest.mark.slow
@pytest.mark.spec("buildpack.md: Buildpack Interface")
def test_a_go_program_that_is_strict_about_its_world(lab) -> None:
    go = shutil.which("go") or shutil.which("/usr/local/go/bin/go")
    if go is None:
        pytest.skip("no Go toolchain is here")
    (lab.root / "main.go").write_text(GO_MAIN)
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(lab.root),
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GO111MODULE": "off",
    }
    subprocess.run([go, "build", "-o", "strict", "main.go"], cwd=lab.root, env=env, check=True, timeout=500)
    built = lab.build(compiled(lab, "acme/go", lab.root / "strict"))
    assert built.run("web") == (0, "from go")


@pytest.mark.slow
@pytest.mark.spec("buildpack.md: Buildpack Interface")
def test_a_rust_program_that_is_strict_about_its_world(lab) -> None:
    rustc = shutil.which("rustc") or shutil.which(str(Path.home() / ".cargo/bin/rustc"))
    if rustc is None:
        pytest.skip("no Rust toolchain is here")
    (lab.root / "main.rs").write_text(RUST)
    subprocess.run([rustc, "-o", "strict", "main.rs"], cwd=lab.root, check=True, timeout=500)
    assert lab.build(compiled(lab, "acme/rust", lab.root / "strict")).run("web") == (0, "from rust")


BINDINGS = """#!/usr/bin/env python3
import sys
from pathlib import Path
sys.path.insert(0, str(Path(sys.argv[0]).resolve().parent.parent / "vendor"))
import libcnb


def detector(context):
    return libcnb.DetectResult(passed=True, plans=[
        libcnb.BuildPlan(
            provides=[libcnb.BuildPlanProvide(name="bound")],
            requires=[libcnb.BuildPlanRequire(name="bound", metadata={"a": 1})],
        )
    ])


def builder(context):
    assert [entry.name for entry in context.plan.entries] == ["bound"], context.plan
    layer = context.layers.get("data", load_all=True)
    layer.launch = True
    layer.launch_env.default("BOUND", "by the bindings")
    result = libcnb.BuildResult()
    result.layers.append(layer)
    result.launch_metadata.processes.append(
        libcnb.Process(type_="web", command="sh", args=["-c", "echo $BOUND"], direct=True)
    )
    return result


libcnb.detect(detector) if Path(sys.argv[0]).name == "detect" else libcnb.build(builder)
"""


@pytest.mark.slow
@pytest.mark.spec("buildpack.md: Buildpack Interface")
def test_a_buildpack_on_the_python_bindings(lab) -> None:
    """They read CNB_STACK_ID and positional arguments, and write a command as Buildpack API 0.8 has it."""
    pack = lab.pack("acme/bound", None, detect=None, api="0.8", toml='[[stacks]]\nid = "*"\n')
    install = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--target",
        str(pack / "vendor"),
        "libcnb==0.2.2",
    ]
    version = ["--python-version", "3.11", "--python", "/usr/bin/python3"] if Path("/usr/bin/python3").exists() else []
    done = subprocess.run([*install, *version], capture_output=True, text=True, check=False, timeout=500)
    if done.returncode:
        pytest.skip(f"the bindings cannot be installed: {done.stderr.strip()[-200:]}")
    for script in ("detect", "build"):
        lab.write(pack, {f"bin/{script}": BINDINGS})
    assert lab.build(pack).run("web") == (0, "by the bindings")
