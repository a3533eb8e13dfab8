"""The verb `kale`: pipelines of notebooks, and of others, with snapshots around their steps.

Owns the grammar of it and what it says. Joins `rok` and `%rok` by the entry point group `rok_jupyter.commands`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kale_bridge.local_run.verb import RUN
from kale_bridge.resume.rest_of_run import chosen_rest, rest_arguments
from rok_jupyter.commands.grammar import Call, UsageError, Verb
from rok_jupyter.commands.outcome import Outcome


def _compile_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", help="a notebook that Kale knows")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the pipeline goes (default: .kale beside it)")
    rest_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="show what each step will do, and write nothing")


def _compile(call: Call) -> Outcome:
    import tempfile

    from kale_bridge import showing  # noqa: F401  how plans look
    from kale_bridge.compiling import compile_notebook
    from kale_bridge.rest_file import RestFile
    from kale_bridge.settings import default_settings
    from rok_jupyter.config import load_settings

    arguments = call.arguments
    notebook, defaults = Path(arguments.notebook), default_settings(load_settings())
    chosen = chosen_rest(call, notebook.absolute().parent)
    if arguments.dry_run:
        if chosen is not None:
            raise UsageError("--dry-run shows what hooks do, not what is resumed.", "Leave --from and --resume out.")
        with tempfile.TemporaryDirectory() as directory:
            compiled = compile_notebook(notebook, defaults, target=Path(directory) / "pipeline.yaml")
        return Outcome(value=compiled.plan, notes=compiled.plan.notes)
    target = Path(arguments.output) if arguments.output else None
    rest = None if chosen is None else RestFile(call.door, chosen)
    compiled = compile_notebook(notebook, defaults, target=target, rest=rest)
    return Outcome(value=compiled, notes=compiled.plan.notes)


def _hook_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pipeline", metavar="PIPELINE", help="a compiled KFP v2 pipeline (YAML), of Kale or not")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the hooked one goes (default: in its place)")
    parser.add_argument("--tasks", choices=("inside", "visible"), help="inside the steps, or as tasks of their own")
    parser.add_argument("--on-error", choices=("warn", "fail"), help="what a snapshot that fails does to its step")
    parser.add_argument("--dry-run", action="store_true", help="show what each step will do, and write nothing")


def _hook(call: Call) -> Outcome:
    import msgspec

    from kale_bridge import showing  # noqa: F401  how plans look
    from kale_bridge.compiling import CompiledNotebook
    from kale_bridge.hooked_file import hook_file, plan_file
    from kale_bridge.settings import default_settings
    from rok_jupyter.config import load_settings

    arguments = call.arguments
    chosen = {"tasks": arguments.tasks, "on_error": arguments.on_error}
    settings = msgspec.structs.replace(
        default_settings(load_settings()),
        snapshots=True,
        **{name: value for name, value in chosen.items() if value is not None},
    )
    source = Path(arguments.pipeline)
    if arguments.dry_run:
        plan = plan_file(source, settings)
        return Outcome(value=plan, notes=plan.notes)
    target = Path(arguments.output) if arguments.output else source
    plan = hook_file(source, target, settings)
    return Outcome(value=CompiledNotebook(package=str(target), plan=plan), notes=plan.notes)


def _migrate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", help="a notebook of Kale 0.7")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the new one goes (default: in its place)")
    parser.add_argument("--dry-run", action="store_true", help="show each change, and write nothing")


def _migrate(call: Call) -> Outcome:
    from kale_bridge import showing  # noqa: F401  how migrations look
    from kale_bridge.migrate.notebook import migrate_notebook, plan_migration

    source = Path(call.arguments.notebook)
    if call.arguments.dry_run:
        return Outcome(value=plan_migration(source))
    target = Path(call.arguments.output) if call.arguments.output else None
    return Outcome(value=migrate_notebook(source, target))


KALE = Verb(
    name="kale",
    summary="pipelines with a snapshot before and after every step",
    children=(
        RUN,
        Verb(
            name="compile",
            summary="compile a notebook's pipeline with Kale, and put snapshots around its steps",
            run=_compile,
            arguments=_compile_arguments,
            examples=(
                "rok kale compile train.ipynb",
                "rok kale compile train.ipynb --dry-run",
                "rok kale compile train.ipynb --resume 3a64ca86    # for a cluster: from that step on",
            ),
        ),
        Verb(
            name="hook",
            summary="put snapshots around the steps of any KFP v2 pipeline",
            run=_hook,
            arguments=_hook_arguments,
            examples=("rok kale hook pipeline.yaml -o hooked.yaml", "rok kale hook pipeline.yaml --dry-run"),
        ),
        Verb(
            name="migrate",
            summary="turn a notebook of Kale 0.7 into one for Kale 2.3 and rok",
            run=_migrate,
            arguments=_migrate_arguments,
            examples=("rok kale migrate titanic.ipynb --dry-run", "rok kale migrate titanic.ipynb"),
            description="Turn metadata and tags of Kale 0.7 into those of 2.3 and rok; the original stays beside it.",
        ),
    ),
)
