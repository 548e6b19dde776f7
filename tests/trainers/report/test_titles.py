from trainers.report.titles import methods
from trainers.results.settings import settings_of


def test_arms_are_called_by_method_and_points(record):
    records = [
        record("digits_erm", method="erm"),
        record("digits_ict_k4", method="ict", num_points=4),
        record("x", method="mixup", mix_labels=False),
    ]
    (setting,) = settings_of(records)
    names = methods(setting.arms)
    assert set(names) == {"ERM", "ICT[4]", "mixup of inputs alone"}


def test_options_that_most_runs_do_not_have_are_told(record):
    records = [record("a", seed, alpha=0.5) for seed in range(3)]
    records += [record("b", 0, alpha=1.0, dropout=0.25)]
    # Plain training takes no notice of alpha.
    records += [record("c", 0, method="erm"), record("d", 1, method="erm", dropout=0.5)]
    (setting,) = settings_of(records)
    named = {arm.any.variant: n for arm, n in zip(setting.arms, methods(setting.arms))}
    assert named["a"] == "mixup"
    assert named["b"] == "mixup, alpha 1.0, dropout 0.25"
    assert {named["c"], named["d"]} == {"ERM", "ERM, dropout 0.5"}
