"""How Sphinx builds the documentation: `./make.sh docs`."""

import pathlib
import re
import sys

from sphinx.util import inspect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import notebooks

project = "keras_mixup"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = project
html_show_copyright = False
exclude_patterns = ["_build"]
myst_heading_anchors = 3

# Docstrings are in the form of Keras: Google's sections and a few of its own, ...
napoleon_numpy_docstring = False
napoleon_custom_sections = [
    ("Call arguments", "params_style"),
    "Input shape",
    "Output shape",
    # Prose, in which a colon ends no type.
    "Returns",
]
# ... and Markdown's `code` and [links](address).
default_role = "code"
MARKDOWN_LINK = re.compile(r"\[([^][]+)\]\((http[^)\s]+)\)")


def translate_links(app, what, name, obj, options, lines):
    """Writes Markdown's links as those of reStructuredText."""
    text = MARKDOWN_LINK.sub(r"`\1 <\2>`__", "\n".join(lines))
    lines[:] = text.split("\n")


def plain_signature(app, what, name, obj, options, signature, returned):
    """Shows arguments without types, which the text tells; Keras hides a class's."""
    call = obj.__init__ if what == "class" else obj
    if what not in ("class", "function", "method") or call is object.__init__:
        return None
    arguments = inspect.signature(call, bound_method=what != "function")
    return inspect.stringify_signature(arguments, show_annotation=False), None


def list_pages_of_claims(app, docname, source):
    """Puts the pages of papers below the page of all claims in the sidebar."""
    if docname == "claims":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\nclaims/*\n```\n"


def link_notebook(app, docname, source):
    """Ends a guide with a link to itself as a notebook."""
    if docname in notebooks.GUIDES:
        source[0] += (
            f'\n\n<p><a href="notebooks/{docname}.ipynb" download>This page as a '
            "notebook</a>, for Colab or Jupyter.</p>\n"
        )


def write_notebooks(app, exception):
    """Puts the notebooks beside the pages."""
    if exception is None and app.builder.format == "html":
        notebooks.write(app.outdir / "notebooks")


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", link_notebook)
    app.connect("source-read", list_pages_of_claims)
    app.connect("build-finished", write_notebooks)
    app.connect("autodoc-process-docstring", translate_links)
    app.connect("autodoc-process-signature", plain_signature)
