"""The commands that make the results again."""

import collections
import dataclasses
import glob
import os
import shlex
import textwrap

from trainers.claims.naming import labels_of
from trainers.command_line import parse
from trainers.evaluate.command import Evaluation
from trainers.markdown import code_block, escaped, fold
from trainers.options import to_flags, to_text
from trainers.report import titles
from trainers.results.arms import grouped
from trainers.run.experiment import Experiment
from trainers.sweep import grid
from trainers.sweep.command import Sweep
from trainers.toys.command import Examples

_WIDTH = 80
# Where the commands for single variants put their runs.
_FOLDER = "runs/again"


def section(found, results, paths):
    """Returns the section of commands, in Markdown.

    Args:
        found: list of `trainers.results.settings.Setting`.
        results: a `trainers.results.reading.Results`.
        paths: where the results were read from.
    """
    parts = ["## Commands"]
    sweeps = sweep_commands(results.records)
    if sweeps:
        parts.append("Training, of the grids that hold these runs:")
    for command, count in sweeps:
        parts += [code_block(command), f"Makes {count} of the runs here."]
    if found:
        parts.append(fold("Each variant by itself", *_alone(found)))
    others = [*map(_example, results.examples.values())]
    others += [] if results.tables is None else ["python -m trainers.tabular"]
    if others:
        parts += ["Examples and tables:", code_block("\n".join(others))]
    parts += [
        "Figures, claims and this page, from the results alone:",
        code_block("\n".join(_commands_after(paths))),
    ]
    return "\n\n".join(parts)


def _alone(found):
    taken = collections.Counter()
    for setting in found:
        for arm, method in zip(setting.arms, titles.methods(setting.arms)):
            name = arm.any.variant
            taken[name] += 1
            number = f" ({taken[name]})" if taken[name] > 1 else ""
            yield f"{escaped(f'{method}, {labels_of(arm)}, {setting.name}')}:"
            yield code_block(run_command(arm, f"{name}{number}"))


def run_command(arm, name):
    """Returns the lines that train every seed of an arm, and evaluate it if it was.

    Only flags that differ from their defaults are given.

    Args:
        arm: `trainers.results.arms.Arm`.
        name: of the folder for its runs.
    """
    folder = shlex.quote(f"{_FOLDER}/{name}")
    lines = [
        _wrapped(
            [
                "python -m trainers.run",
                *_changed(Experiment, without_seed(arm.settings)),
                "--seed=$seed",
                f"--workdir={folder}/seed$seed",
            ]
        )
    ]
    evaluations = [*arm.values(lambda record: record.evaluation).values()]
    if evaluations:
        lines += _evaluation(evaluations[0], f"{folder}/seed$seed")
    seeds = " ".join(map(str, sorted(arm.records)))
    body = textwrap.indent("\n".join(lines), "  ")
    return f"for seed in {seeds}; do\n{body}\ndone"


def sweep_commands(records):
    """Returns `(command, number of runs)` of each known grid that holds some runs.

    A grid holds a run where it has a variant of that name with all those settings.
    """
    commands = []
    for path in sorted(glob.glob(os.path.join(grid.GRIDS, "*.flags"))):
        options, keys = _grid(path)
        held = [r for r in records if _key(r.variant, r.settings) in keys]
        for backend, group in grouped(held, lambda r: r.settings["backend"]).items():
            words = [
                f"KERAS_BACKEND={shlex.quote(backend)} python -m trainers.sweep",
                f"--flagfile=trainers/grids/{os.path.basename(path)}",
            ]
            seeds = {record.seed for record in group}
            if seeds != set(grid.numbers("seeds", options.seeds)):
                words.append(f"--seeds={','.join(map(str, sorted(seeds)))}")
            commands.append((_wrapped(words), len(group)))
    return commands


def without_seed(settings):
    """Returns settings but the seed."""
    return {name: text for name, text in settings.items() if name != "seed"}


def _grid(path):
    """The options of a grid, and the keys of its runs."""
    options = parse(Sweep, ["", f"--flagfile={path}"])
    # A backend that has every option: which one a page is made on says nothing.
    settings = (*options.set, "backend=tensorflow")
    one_seed = dataclasses.replace(options, seeds=("0",), set=settings)
    return options, {
        _key(run.variant, to_flags(run.experiment, identity_only=True))
        for run in grid.expand(one_seed)
    }


def _key(variant, settings):
    """What a run has in common with those of other seeds, on whichever backend."""
    rest = {k: v for k, v in without_seed(settings).items() if k != "backend"}
    return variant, tuple(sorted(rest.items()))


def _example(content):
    flags = _changed(Examples, _texts(content["options"]))
    return _wrapped(["python -m trainers.toys", *flags])


def _evaluation(evaluation, folder):
    options = evaluation.get("options")
    texts = _texts(options if isinstance(options, dict) else {})
    command = ["python -m trainers.evaluate", *_changed(Evaluation, texts)]
    black_box = evaluation.get("black_box")
    lines = [_wrapped([*command, f"--workdir={folder}"])]
    if black_box is not None:
        name = " ".join(str(black_box).split())
        lines.append(f"# with --black_box=FOLDER, the folder of {name} for one seed")
    return lines


def _texts(options):
    """Options that a JSON file keeps, as the command line writes them."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else _text(value)
        for name, value in options.items()
        # Nothing but a default is written as null; folders are of another machine.
        if value is not None and name != "workdir"
    }


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def _changed(options_class, texts):
    """Returns the flags of the options that are not at their defaults."""
    fields = {field.name: field for field in dataclasses.fields(options_class)}
    flags = []
    for name, text in texts.items():
        # The default backend is that of whoever runs it.
        is_default = name in fields and text == _default(fields[name])
        if name == "backend" or not is_default:
            flags.append(shlex.quote(f"--{name}={text}"))
    return flags


def _default(field):
    if field.default is dataclasses.MISSING:
        return to_text(field, field.default_factory())
    return to_text(field, field.default)


def _commands_after(paths):
    flag = shlex.quote(f"--results={','.join(paths)}")
    return [
        f"python -m trainers.{name} {flag}" for name in ("figures", "claims", "report")
    ]


def _wrapped(words):
    """Joins words by spaces, over lines where they are many."""
    lines, line = [], ""
    for word in words:
        if line and len(line) + 1 + len(word) > _WIDTH - 4:
            lines.append(line)
            line = f"    {word}"
        else:
            line = f"{line} {word}" if line else word
    return " \\\n".join([*lines, line])
