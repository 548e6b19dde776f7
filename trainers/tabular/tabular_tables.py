"""The tables of the tabular comparison, in Markdown."""

from trainers.results.summaries import mean_and_deviation
from trainers.run.methods import METHODS
from trainers.tabular.sets import SETS
from trainers.text_tables import markdown_table


def tables(results, options):
    """Returns the table of test errors, and that of the settings behind it.

    Args:
        results: `{data set: {method: result}}`; a result holds `settings` and
            `errors`, the test errors of its trials in percent.
        options: a `trainers.tabular.Tabular`.
    """
    several = f"mean ± standard deviation of {options.trials} trials"
    what = several if options.trials > 1 else "one trial"
    return "\n\n".join(
        [
            f"Test error in %, {what}, and as published (MixupE, table 4):",
            markdown_table(_error_rows(results, options.methods, options.trials)),
            "Settings, alpha or alpha / eta:",
            markdown_table(_settings_rows(results, options.methods)),
        ]
    )


def _error_rows(results, methods, trials):
    heads = [
        f"{METHODS[m].short_name}{suffix}"
        for m in methods
        for suffix in ("", ", published")
    ]
    rows = [["data set", *heads]]
    for dataset, by_method in results.items():
        cells = []
        for method in methods:
            mean, deviation = SETS[dataset].published[method]
            cells += [
                _measured(by_method[method], trials),
                f"{mean:.2f} ± {deviation:.2f}",
            ]
        rows.append([dataset, *cells])
    return rows


def _measured(result, trials):
    errors = result["errors"]
    if not errors:
        return "failed"
    missing = trials - len(errors)
    text = mean_and_deviation(errors, 2)
    return text + (f" ({missing} failed)" if missing else "")


def _settings_rows(results, methods):
    methods = [method for method in methods if method != "erm"]
    rows = [["data set", *(METHODS[method].short_name for method in methods)]]
    for dataset, by_method in results.items():
        settings = [by_method[method]["settings"] or {} for method in methods]
        rows.append([dataset, *(" / ".join(map(str, s.values())) for s in settings)])
    return rows
