"""The page as a reader of HTML finds it."""

import base64
import csv
import datetime
import functools
import gzip
import io
import itertools
import json
import re
import shlex
import statistics
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from PIL import Image

from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import judge
from trainers.figures.command import FIGURES
from trainers.options import to_flags
from trainers.report import command as report
from trainers.results import reading
from trainers.run.experiment import Experiment

VOID = ("img", "meta")
LAYERS = ("layer_0", "layer_1", "layer_2", "layer_3", "layer_4", "layer_5")
VERSIONS = {
    "python": "3.12.1",
    "devices": ["cpu"],
    "packages": {"keras-mixup": "0.1.0", "keras": "3.15.1"},
}
SCORES = {
    "cross_entropy": 0.5,
    "expected_calibration_error": 0.25,
    "predictive_entropy": 0.75,
}


class Node:
    """An element, with what is in it."""

    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.children = tag, attributes, []

    def all(self, tag=None, **attributes):
        """Every element below that has this tag and these attributes."""
        for child in self.children:
            if isinstance(child, Node):
                if tag in (None, child.tag) and attributes.items() <= (
                    child.attributes.items()
                ):
                    yield child
                yield from child.all(tag, **attributes)

    @property
    def text(self):
        parts = [c if isinstance(c, str) else c.text for c in self.children]
        return "".join(parts)

    @property
    def rows(self):
        """The words of a table, line by line."""
        return [
            [cell.text for cell in row.children if isinstance(cell, Node)]
            for row in self.all("tr")
        ]


class Reader(HTMLParser):
    """Reads a page into nodes; every tag must be closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.root = Node("", {})
        self.open, self.declarations = [self.root], []
        self.feed(text)
        self.close()
        assert self.open == [self.root], f"{self.open[-1].tag} is never closed"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag} has an attribute twice"
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"{tag} closes {self.open[-1].tag}"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)

    def handle_decl(self, decl):
        self.declarations.append(decl)


def content(variant, seed, accuracy, nonlin, **options):
    """The contents of a record, of a run that nothing trained."""
    options = {"num_labels": 50, "steps": 40, "backend": "tensorflow", **options}
    experiment = Experiment(seed=seed, **options)
    layers = {
        name: {"value": 0.05 + (i > 0) * nonlin, "floor": 0.05}
        for i, name in enumerate(LAYERS)
    }
    start, end = ({"step": step} for step in (0, 40))
    for name, layer in layers.items():
        for row in (start, end):
            row |= {f"nonlin/{name}": layer["value"], f"nonlin_floor/{name}": 0.05}
    return {
        "variant": variant,
        "settings": to_flags(experiment, identity_only=True),
        "result": {
            "steps": 40,
            "accuracy": {"validation": accuracy, "test": accuracy - 0.01},
            "student": {},
            "linearity": layers,
        },
        "history": [start, end],
        "evaluation": {"scores": {"plain": {"test": SCORES}}} if seed else None,
        "versions": VERSIONS,
    }


def grid_of_records():
    """Three methods, four seeds; mixup is more linear than ERM at every layer."""
    methods = {"erm": ("erm", 0.3), "mixup": ("mixup", 0.2), "ict": ("ict", 0.1)}
    return [
        content(variant, seed, 0.8 + 0.01 * seed, nonlin + 0.01 * seed, method=method)
        for variant, (method, nonlin) in methods.items()
        for seed in range(4)
    ]


def write(path, contents):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(one)}\n" for one in contents))
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    path = tmp_path_factory.mktemp("results") / "sweep" / "results.jsonl"
    return write(path, grid_of_records())


@pytest.fixture
def make(tmp_path):
    """A function from the path of results, and flags, to the text of the page."""
    return functools.partial(make_page, tmp_path / "page")


def make_page(folder, path, *flags):
    arguments = [f"--results={path}", f"--workdir={folder}", *flags]
    assert report.main(["report", *arguments]) == 0
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def text(results, tmp_path_factory):
    """The page of the results."""
    flags = ["--date=2020-01-02", "--title=Mine & yours"]
    return make_page(tmp_path_factory.mktemp("page"), results, *flags)


@pytest.fixture
def page(text):
    """The same, read."""
    return page_of(text)


def page_of(text):
    return Reader(text).root


def section(page, name):
    """What is below a heading, up to the next one of its rank."""
    (main,) = page.all("main")
    found, inside = Node("section", {}), False
    for child in main.children:
        if isinstance(child, Node) and child.tag == "h2":
            inside = child.attributes["id"] == name
        if inside:
            found.children.append(child)
    assert found.children, f"there is no section {name}"
    return found


def table_with(page, heading):
    (found,) = [t for t in page.all("table") if heading in t.rows[0]]
    return found.rows


def test_the_page_is_whole_and_links_lead_somewhere(text):
    reader = Reader(text)
    page = reader.root
    assert reader.declarations == ["DOCTYPE html"]
    assert [child.tag for child in page.children if isinstance(child, Node)] == ["html"]
    ids = [node.attributes["id"] for node in page.all() if "id" in node.attributes]
    assert len(ids) == len(set(ids))
    anchors = [node.attributes["href"] for node in page.all("a")]
    for anchor in anchors:
        if anchor.startswith("#"):
            assert anchor[1:] in ids
    (contents,) = page.all("nav")
    linked = [(a.attributes["href"], a.text) for a in contents.all("a")]
    headings = [(f"#{node.attributes['id']}", node.text) for node in page.all("h2")]
    assert linked == headings
    assert [words for _, words in headings] == [
        "Summary",
        "Results",
        "Claims",
        "Figures",
        "Commands",
        "Versions and machine",
        "Left out",
    ]


def test_nothing_comes_from_elsewhere(page):
    tags = {node.tag for node in page.all()}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "svg"}
    for node in page.all():
        names = set(node.attributes)
        assert not {name for name in names if name.startswith("on")}
        assert not names & {"srcset", "style", "action", "background", "poster"}
        assert node.attributes.get("src", "data:").startswith("data:")
    for anchor in page.all("a"):
        where = anchor.attributes["href"]
        assert where.startswith(
            ("#", "data:application/gzip", "https://arxiv.org/abs/")
        )
    (style,) = page.all("style")
    assert not re.search(r"@import|url\(|expression|@font-face", style.text)
    (policy,) = [
        node.attributes["content"]
        for node in page.all("meta")
        if node.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")


def test_cells_are_the_numbers_of_the_records(page):
    page = section(page, "results")
    rows = {row[-1]: row for row in table_with(page, "test, 95 %")[1:]}
    assert {name: row[0] for name, row in rows.items()} == {
        "erm": "ERM",
        "mixup": "mixup",
        "ict": "ICT[2]",
    }
    for variant, row in rows.items():
        own = [one for one in grid_of_records() if one["variant"] == variant]
        tests = [100 * one["result"]["accuracy"]["test"] for one in own]
        nonlin = [
            statistics.fmean(v["value"] for v in list(layers.values())[1:])
            for layers in (one["result"]["linearity"] for one in own)
        ]
        deviation = statistics.stdev(tests)
        # The quantile of Student's t for four seeds.
        half = 3.182446 * deviation / 2
        mean = statistics.fmean(tests)
        assert row[1:3] == ["50", "4"]
        assert row[4] == f"{mean:.2f} ± {deviation:.2f}"
        assert row[5] == f"[{mean - half:.2f}, {mean + half:.2f}]"
        spread = f"{statistics.fmean(nonlin):.4f} ± {statistics.stdev(nonlin):.4f}"
        assert row[6] == spread
        assert row[8] == "0.0500"
    evaluated = table_with(page, "NLL")
    scores = [f"{x:.4f} ± 0.0000" for x in SCORES.values()]
    assert evaluated[1] == ["ERM", "50", "3", *scores]
    runs = table_with(page, "run")[1:]
    assert [row[0] for row in runs[:2]] == ["erm/seed0", "erm/seed1"]
    assert [row[2] for row in runs[:2]] == ["79.00", "80.00"]
    assert len(runs) == 12


def test_claims_are_those_of_the_judgements(page, results):
    claims = section(page, "claims")
    judged = [j for j in judge(CLAIMS, reading.read([results])) if j.finding]
    assert judged
    headings = [node.text for node in claims.all("h3")]
    assert len(headings) == len({one.claim.id for one in judged})
    folds = [fold for fold in claims.all("details") if list(fold.all("table"))]
    told = iter(zip(headings, folds))
    for claim in dict.fromkeys(one.claim for one in judged):
        own = [one for one in judged if one.claim is claim]
        heading, fold = next(told)
        assert heading == f"{claim.id}: {claim.text}"
        rows = [row for t in fold.all("table") for row in t.rows[1:]]
        assert [(row[0], row[2], row[-1]) for row in rows] == [
            (one.name, str(one.seeds), one.verdict)
            for judgement in own
            for one in judgement.outcomes
        ]
    table, *settings = [t for t in claims.all("table") if t not in of(folds)]
    assert [row[0] for row in table.rows[1:]] == [h.split(": ")[0] for h in headings]
    badges = [badge for t in settings for badge in t.all("strong")]
    assert [badge.text for badge in badges] == [one.verdict for one in judged]
    for badge in claims.all("strong"):
        name = badge.text.replace(" ", "_")
        assert badge.attributes["class"] == f"verdict {name}"
    (numbers,) = [a for a in claims.all("a") if "download" in a.attributes]
    assert {row["claim"] for row in rows_of(numbers)} == {j.claim.id for j in judged}
    not_run = {claim.id for claim in CLAIMS} - {one.claim.id for one in judged}
    *_, rest = claims.all("ul")
    assert {node.text.split(": ")[0] for node in rest.all("li")} == not_run


def of(folds):
    """The tables in folds."""
    return [table for fold in folds for table in fold.all("table")]


def test_every_figure_has_its_caption_and_numbers(page, results):
    figures = section(page, "figures")
    found = reading.read([results])
    drawn = [one for kind in FIGURES.values() for one in kind(found)]
    assert len(list(figures.all("h4"))) == len(drawn) > 0
    paragraphs = [*section(page, "summary").all("p"), *figures.all("p")]
    shown = [
        (picture, caption)
        for picture, caption in itertools.pairwise(paragraphs)
        if picture.attributes.get("class") == "picture"
    ]
    # The page holds each picture once.
    assert len(shown) == len(drawn)
    for one in drawn:
        ((picture, caption),) = (pair for pair in shown if one.caption in pair[1].text)
        (image,) = picture.all("img")
        assert image.attributes["alt"].startswith("Figure: ")
        kind, content = image.attributes["src"].split(",")
        assert kind == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as opened:
            assert opened.getcolors(48) is not None
            assert min(opened.size) > 100
        (numbers,) = caption.all("a")
        assert numbers.attributes["download"] == f"{one.name}.csv.gz"
        assert rows_of(numbers) == [
            {key: str(value) for key, value in row.items()} for row in one.rows
        ]


def rows_of(anchor):
    content = base64.b64decode(anchor.attributes["href"].split(",")[1])
    return list(csv.DictReader(io.StringIO(gzip.decompress(content).decode())))


def test_the_markdown_is_the_source_of_the_page(results, tmp_path, make):
    page = page_of(make(results, "--title=Mine"))
    folder = tmp_path / "page"
    text = (folder / "report.md").read_text()
    assert text.startswith("# Mine\n\nWritten on ")
    headings = re.findall(r"^##? (.*)$", text, re.MULTILINE)
    assert headings == [n.text for n in page.all() if n.tag in ("h1", "h2")]
    cells = [line for line in text.splitlines() if line.startswith("| ")]
    # Each table has a line more there, below its head.
    tables = len(list(page.all("table")))
    assert len(cells) == len(list(page.all("tr"))) + tables
    links = re.findall(r"\]\((?!#|https:)(.*?)\)", text)
    assert links
    for link in links:
        assert (folder / link).is_file()
    tags = re.findall(r"(?<!\\)</?(\w+)", re.sub(r"```.*?```", "", text, flags=re.S))
    assert {tag for tag in tags if not tag[0].isdecimal()} == {"details", "summary"}


def test_the_summary_has_the_accuracies_and_figures(page):
    summary = section(page, "summary")
    (table,) = summary.all("table")
    head, (line, *cells) = table.rows
    assert head == ["test accuracy, %", "ERM", "ICT[2]", "mixup"]
    assert "digits" in line
    assert cells == ["80.50 ± 1.29"] * 3
    images = [node.attributes["alt"] for node in summary.all("img")]
    assert len(images) == 1
    assert images[0].startswith("Figure: Linearity digits")


def test_the_summary_says_what_was_run(page):
    summary = section(page, "summary")
    values = dict(node.text.split(": ", 1) for node in summary.all("li"))
    assert next(page.all("h1")).text == "Mine & yours"
    assert next(page.all("p")).text == "Written on 2020-01-02."
    expected = {
        "runs": "12 of 3 variants",
        "data": "digits",
        "method": "erm, ict, mixup",
        "points K": "2",
        "labels": "50",
        "seeds": "0 to 3",
        "steps": "40",
        "made with": "keras_mixup 0.1.0, keras 3.15.1, Python 3.12.1, cpu",
    }
    assert expected.items() <= values.items()
    assert "training time" not in values


def test_training_times_of_folders(make, tmp_path):
    sweep = tmp_path / "folders"
    for seed, seconds in enumerate((3600, 60.0)):
        one = content("mixup", seed, 0.5, 0.1, method="mixup")
        folder = sweep / "mixup" / f"seed{seed}"
        flags = [f"--{name}={text}\n" for name, text in one["settings"].items()]
        write(folder / "metrics.jsonl", one["history"])
        (folder / "flags.txt").write_text("".join(flags))
        for name in ("result", "versions"):
            (folder / f"{name}.json").write_text(json.dumps(one[name]))
        timing = {"steps": 40 - 10 * seed, "seconds": seconds}
        (folder / "timing.json").write_text(json.dumps(timing))
    page = page_of(make(sweep))
    words = [node.text for node in section(page, "summary").all("li")]
    time = "1 h 01 min in all; of 1 resumed, the time since then"
    assert f"training time: {time}" in words
    rows = table_with(section(page, "results"), "run")
    assert (rows[0][-1], rows[1][-1], rows[2][-1]) == ("s", "3600", "60")


def test_the_same_results_make_the_same_page_but_for_the_date(make, results, text):
    title = "--title=Mine & yours"
    assert make(results, title, "--date=2020-01-02") == text
    other = make(results, title, "--date=2021-01-02").splitlines()
    changed = [pair for pair in zip(text.splitlines(), other) if len({*pair}) > 1]
    assert changed == [
        tuple(f"<p>Written on {year}-01-02.</p>" for year in (2020, 2021))
    ]
    assert len(other) == len(text.splitlines())
    assert "Written on" not in make(results, "--date=none")


def test_the_date_is_that_of_today():
    days = [datetime.date.today().isoformat() for _ in range(2)]
    days.insert(1, report.Report(results=("a",)).day)
    assert days[0] <= days[1] <= datetime.date.today().isoformat()
    assert report.Report(results=("a",), date="").day is None


HOSTILE = '<script>alert("x")</script>&amp;\'"><img src=x>|`*b*` [a](b) \\'


def test_hostile_names_are_shown_as_they_are(make, tmp_path):
    path = tmp_path / HOSTILE.replace("/", "") / "results.jsonl"
    versions = {HOSTILE: HOSTILE, "packages": {HOSTILE: HOSTILE}}
    contents = [
        {**one, "variant": HOSTILE + one["variant"], "versions": versions}
        for one in grid_of_records()
    ]
    for one in contents:
        one["settings"]["dataset"] = f"{HOSTILE}.npz"
    write(path, [*contents, {"variant": HOSTILE}])
    text = make(path, f"--title={HOSTILE}", f"--date={HOSTILE}")
    page = page_of(text)
    assert not list(page.all("script"))
    images = [node.attributes["src"] for node in page.all("img")]
    assert all(source.startswith("data:image/webp;base64,") for source in images)
    assert next(page.all("h1")).text == HOSTILE
    assert table_with(page, "folder")[1][-1] == f"{HOSTILE}erm"
    # Where a file of data is says nothing.
    assert HOSTILE.split("/")[-1] in section(page, "claims").text
    assert HOSTILE in section(page, "summary").text
    assert HOSTILE.replace("/", "") in section(page, "left-out").text
    assert HOSTILE in section(page, "versions-and-machine").text
    paragraphs = list(section(page, "summary").all("p"))
    kinds = [one.attributes.get("class") for one in paragraphs]
    assert HOSTILE in paragraphs[kinds.index("picture") + 1].text
    flag = shlex.quote(f"--dataset={HOSTILE}.npz")
    assert flag in section(page, "commands").text


def test_what_is_left_out_is_told(make, page, tmp_path, capsys):
    assert "Nothing was left out" in section(page, "left-out").text
    path = write(tmp_path / "sweep" / "results.jsonl", grid_of_records())
    with open(path, "a") as file:
        file.write('{"variant": "cut')
    (path.parent / "notes.rtf").write_text("")
    page = page_of(make(path.parent))
    items = [node.text for node in section(page, "left-out").all("li")]
    assert len(items) == 2
    assert any("line 13" in item for item in items)
    assert any("notes.rtf" in item for item in items)
    assert "2 files or parts of files" in section(page, "summary").text
    assert capsys.readouterr().err.count("warning: ") == 2
    assert len(table_with(page, "folder")) == 4


def test_examples_and_tables_alone(make, tmp_path):
    errors = {"settings": {}, "candidates": [], "errors": [4.0, 6.0]}
    path = tmp_path / "tabular" / "results.json"
    write(path, [{"iris": {"erm": errors}}])
    page = page_of(make(path))
    assert next(page.all("h1")).text == "Results: tabular"
    rows = table_with(section(page, "examples-and-tables"), "data set")
    assert rows[1][:2] == ["iris", "5.00 ± 1.41"]
    assert "nothing to draw" in section(page, "figures").text
    assert "Results" not in [node.text for node in page.all("h2")]
    assert len(list(section(page, "claims").all("h3"))) == 1
    assert "iris" in section(page, "claims").text


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--results="], "--results must name a folder or file"),
        (["--results=none"], "No results were found in none."),
        (["--titel=a"], "Unknown command line flag"),
        (["--results=a", "--workdir=/dev/null/page"], "cannot be written"),
    ],
)
def test_mistakes_are_one_line(tmp_path, capsys, flags, message):
    workdir = f"--workdir={tmp_path / 'page'}"
    assert report.main(["report", workdir, *flags]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert message in lines[-1]
    assert lines[-1].startswith("error: ")


def test_help(capsys):
    assert report.main(["report", "--help"]) == 0
    assert "--results" in capsys.readouterr().out


def test_neither_keras_nor_a_backend_is_needed(results, tmp_path):
    code = (
        "import sys; from trainers.report import command as report; "
        "code = report.main(sys.argv); "
        "sys.exit(code or bool({'keras', 'tensorflow', 'jax'} & {*sys.modules}))"
    )
    arguments = [f"--results={results}", f"--workdir={tmp_path / 'page'}"]
    done = subprocess.run([sys.executable, "-c", code, *arguments])
    assert done.returncode == 0
