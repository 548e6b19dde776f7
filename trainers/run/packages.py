"""The packages that decide a run's numbers."""

import importlib.metadata

PACKAGES = (
    "keras",
    "tensorflow",
    "tensorflow-probability",
    "tensorflow-datasets",
    "jax",
    "jaxlib",
    "torch",
    "numpy",
    "scikit-learn",
)


def installed_packages():
    """Returns `{package: version}` of those that are installed; needs no Keras."""
    versions = {name: _version(name) for name in PACKAGES}
    return {name: version for name, version in versions.items() if version}


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
