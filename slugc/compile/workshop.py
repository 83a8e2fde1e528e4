"""Opening a workshop: the sandbox, the stack and the caller's allowance put together for one build's children."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from slugc.buildpack import Job, Workshop, interpreters
from slugc.buildpack.cloudnative import project
from slugc.buildpack.cloudnative.operator import build_config
from slugc.formats.project_toml import Project
from slugc.formats.source_filter import left_out
from slugc.host import processes, trees
from slugc.host.home import Home
from slugc.host.processes import Completed, OnLine
from slugc.model.build import BuildRequest, SourceTree
from slugc.sandbox import environment
from slugc.sandbox.spec import Engine, SandboxSpec
from slugc.stack import Stack
from slugc.stack.host_stack import NAME as HOST


def open_workshop(
    request: BuildRequest,
    tree: SourceTree,
    *,
    stack: Stack,
    engine: Engine,
    home: Home,
    work: Path,
    environ: Mapping[str, str],
) -> Workshop:
    """`work` is the build's scratch folder; the tree stands at work/tree/app. What the project's include and exclude
    leave out is taken from the tree here. Raises ConfigurationInvalid for a broken project.toml."""
    handed_on = environment.hand_on(environ)
    described = project.read(tree.root)
    if described is not None:
        _leave_out(tree.root, described)

    def spec(job: Job) -> SandboxSpec:
        return SandboxSpec(
            argv=job.argv,
            cwd=job.cwd,
            env=job.env,
            mounts=(*stack.mounts("build"), *job.mounts),
            network=request.network,
        )

    def run(job: Job, on_line: OnLine) -> Completed:
        return processes.run(engine.command(spec(job)), on_line=on_line, timeout=job.timeout)

    shop = Workshop(
        app=tree.root,
        layers=tree.root.parent / "layers",
        cache=work / "cache",
        scratch=work / "shop",
        config=request.config,
        environment=handed_on.env,
        mounts=handed_on.mounts,
        stack=stack.record,
        source_version=tree.record.commit or tree.record.digest,
        mtime=tree.mtime,
        timeout=request.timeout,
        network=request.network,
        runtimes=home.runtimes,
        runtime_source=request.runtime_source,
        interpreters=interpreters.installed(environ) if stack.name == HOST else {},
        walls=engine.name != "none",
        strict=request.strict,
        project=described,
        build_config=build_config(environ),
        target=request.target,
        run=run,
        outside=lambda job, path: engine.outside(spec(job), path),
    )
    with contextlib.suppress(FileExistsError):
        shop.scratch.mkdir(parents=True)
    return shop


def _leave_out(root: Path, described: Project) -> None:
    """Files first, then the folders that are empty by now: the patterns speak of files."""
    entries = list(trees.walk(root))
    gone = left_out(
        (entry.path for entry in entries if not entry.is_folder), include=described.include, exclude=described.exclude
    )
    for path in gone:
        (root / path).unlink()
    emptied = {parent for path in gone for parent in Path(path).parents if str(parent) != "."}
    for folder in sorted(emptied, reverse=True):
        with contextlib.suppress(OSError):
            (root / folder).rmdir()
