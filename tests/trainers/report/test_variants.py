from trainers.report import variants
from trainers.report.variants import natural


def test_runs_of_a_variant_differ_in_their_seeds_alone(record):
    found = variants.variants(
        [
            record("ict", 10),
            record("ict", 9),
            record("ict", 9, alpha=1.0),
            record("erm", 0, method="erm"),
        ]
    )
    assert [(v.name, [r.seed for r in v.records]) for v in found] == [
        ("erm", [0]),
        ("ict", [9, 10]),
        ("ict (2)", [9]),
    ]
    assert "seed" not in found[0].settings
    assert found[2].settings["alpha"] == "1.0"


def test_the_order_is_that_of_data_steps_labels_and_names(record):
    given = [
        record("b_k10", num_labels=None),
        record("a_200", num_labels=200),
        record("b_k2"),
        record("b_k10"),
        record("z", steps=5),
        record("z", dataset="cifar10"),
    ]
    found = variants.variants(given)
    names = ["z", "z", "b_k2", "b_k10", "a_200", "b_k10"]
    assert [variant.any.variant for variant in found] == names
    assert found[0].settings["dataset"] == "cifar10"
    assert variants.variants(given[::-1]) == found
    assert [len(bench) for bench in variants.benches(found)] == [1, 1, 4]


def test_numbers_of_a_run(record):
    one = record(accuracy=0.75, nonlin=0.3)
    assert variants.on_test(one) == 75
    assert variants.on_validation(one) == 65
    assert (variants.nonlin(one), variants.floor(one)) == (0.3, 0.05)
    # Layer 0 is left out by its name, wherever it stands and if it is not there.
    layers = one.result["linearity"]
    one.result["linearity"] = {name: layers[name] for name in ("layer_1", "layer_0")}
    assert (variants.nonlin(one), variants.floor(one)) == (0.3, 0.05)
    del one.result["linearity"]["layer_0"]
    assert (variants.nonlin(one), variants.floor(one)) == (0.3, 0.05)
    one.result["linearity"] = {}
    assert (variants.nonlin(one), variants.floor(one)) == (None, None)


def test_names_are_in_the_order_of_their_numbers():
    names = ["a20", "a3", "b", "3", "all", "20"]
    assert sorted(names, key=natural) == ["3", "20", "a3", "a20", "all", "b"]
