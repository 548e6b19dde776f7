"""The parts of the page that `python -m trainers.report` writes."""
