import dataclasses
import inspect
import re
import typing
import warnings

import keras
import numpy as np
import pytest

from keras_mixup import data
from keras_mixup.data import order, planning, random_bits

on_tensorflow = pytest.mark.tensorflow


def table(size=23, features=3, classes=3, dtype="float32"):
    rng = np.random.RandomState(0)
    x = rng.normal(5, 3, (size, features)).astype(dtype)
    y = np.arange(size) % classes
    return data.Source("table", (x, y), (x, y), (x, y))


def images(size=31, shape=(8, 8, 3), mirrored=True, dtype="uint8"):
    x = np.random.RandomState(0).randint(0, 255, (size, *shape)).astype(dtype)
    y = np.arange(size) % 3
    return data.Source("images", (x, y), (x, y), (x, y), mirrored=mirrored)


SOURCES = [
    table(),
    table(dtype="float64"),
    images(),
    images(shape=(9, 7, 1), mirrored=False, dtype="float32"),
    images(size=4, shape=(6, 5)),
]
RAW = dataclasses.replace(images(), standardize=False)


def numpy_of(element):
    return keras.tree.map_structure(np.asarray, element)


def assert_same(first, second):
    keras.tree.map_structure(np.testing.assert_array_equal, first, numpy_of(second))


# What the batches are, read through the front that needs no TensorFlow.


def test_each_epoch_holds_every_example_once_and_batches_cross_its_border():
    source = table()
    batches = data.SupervisedBatches(source, None, 5, seed=3, num_steps=23)
    x = np.concatenate([x for x, _ in batches])
    assert x.shape == (5 * 23, 3)
    expected, _ = source.standardized("train")
    for epoch in x.reshape(5, 23, 3):
        np.testing.assert_array_equal(np.sort(epoch, 0), np.sort(expected, 0))


def test_labels_belong_to_their_inputs():
    source = table()
    x, y = data.SupervisedBatches(source, None, 23)[0]
    expected, labels = source.standardized("train")
    rows = [int(np.flatnonzero((expected == row).all(1))[0]) for row in x]
    np.testing.assert_array_equal(y, labels[rows])
    assert (x.dtype, y.dtype) == ("float32", "int32")


def test_a_batch_is_augmented_as_its_position_says():
    source = images()
    batches = data.SupervisedBatches(source, None, 10, seed=7)
    x, _ = batches[5]
    position = np.arange(50, 60)
    key = random_bits.root_key(7, random_bits.LABELED)
    rows = order.visit(position, 31, key, order.walk_numpy)
    choice = random_bits.bits(random_bits.fold_in(key, 1), position) % 18
    widths = ((0, 0), (1, 1), (1, 1), (0, 0))
    padded = np.pad(source.train.x[rows], widths, mode="reflect")
    expected = []
    for image, number in zip(padded, choice):
        down, across = number % 3, number // 3 % 3
        crop = image[down : down + 8, across : across + 8]
        expected.append(crop[:, ::-1] if number >= 9 else crop)
    np.testing.assert_array_equal(x, source.network_inputs(np.stack(expected)))


def test_an_image_is_augmented_anew_in_every_epoch():
    source = images(size=3)
    batches = data.SupervisedBatches(source, None, 3, seed=0)
    seen = {row.tobytes() for step in range(200) for row in batches[step][0]}
    # 18 crops and flips of 3 images; one of 54 is missed in 200 once in 1,700.
    assert len(seen) == 54


def test_fewer_labels_than_a_batch_repeat_within_it():
    source = table()
    _, y = data.SupervisedBatches(source, 3, 10)[0]
    counts = np.bincount(y, minlength=3)
    assert counts.sum() == 10
    assert counts.min() >= 3


def test_labeled_and_unlabeled_streams_have_orders_of_their_own():
    source = table()
    inputs, _ = data.SemiSupervisedBatches(source, None, 23)[0]
    labeled, unlabeled = inputs["labeled"], inputs["unlabeled"]
    np.testing.assert_array_equal(np.sort(labeled, 0), np.sort(unlabeled, 0))
    assert (labeled != unlabeled).any()


@pytest.mark.parametrize("includes", [True, False])
def test_the_unlabeled_set_with_and_without_the_labeled(includes):
    source = table()
    size = 23 if includes else 23 - 6
    batches = data.SemiSupervisedBatches(
        source, 6, 4, size, unlabeled_includes_labeled=includes
    )
    chosen = data.choose_labeled(source.train.y, 6, 3)
    x, _ = source.standardized("train")
    expected = x if includes else np.delete(x, chosen, axis=0)
    unlabeled = batches[0][0]["unlabeled"]
    np.testing.assert_array_equal(np.sort(unlabeled, 0), np.sort(expected, 0))


def test_supervised_and_semi_supervised_label_the_same_examples():
    source = table()
    x, y = data.SupervisedBatches(source, 6, 8, seed=2)[3]
    inputs, labels = data.SemiSupervisedBatches(source, 6, 8, seed=2)[3]
    np.testing.assert_array_equal(x, inputs["labeled"])
    np.testing.assert_array_equal(y, labels)


@pytest.mark.parametrize("start_step", [1, 7, 81_920, 10**9])
def test_starting_at_a_step_gives_the_batches_from_there_on(start_step):
    source = images()
    batches = data.SupervisedBatches(source, 9, 4, seed=1)
    started = data.SupervisedBatches(source, 9, 4, seed=1, start_step=start_step)
    for i in (3, 0, 1):
        assert_same(started[i], batches[start_step + i])


def test_order_of_reading_does_not_matter():
    source = images()
    first = data.SemiSupervisedBatches(source, 9, 4, 30, seed=1)
    second = data.SemiSupervisedBatches(source, 9, 4, 30, seed=1)
    ahead = [first[i] for i in range(900)]
    for i in (899, 0, 450, 1, 898):
        assert_same(second[i], ahead[i])


# Several views.


@pytest.mark.parametrize("num_views", [1, 2, 5])
def test_each_view_is_an_augmentation_of_the_same_example(num_views):
    source = images(size=9)
    batches = data.SemiSupervisedBatches(source, 6, 4, 7, num_views=num_views, seed=7)
    unlabeled = batches[5][0]["unlabeled"]
    position = np.arange(35, 42)
    key = random_bits.root_key(7, random_bits.UNLABELED)
    rows = order.visit(position, 9, key, order.walk_numpy)
    key = random_bits.fold_in(key, 1)
    if num_views == 1:
        unlabeled = unlabeled[:, None]
    assert unlabeled.shape == (7, num_views, 8, 8, 3)
    for view in range(num_views):
        view_key = random_bits.fold_in(key, view) if view else key
        choice = random_bits.bits(view_key, position) % 18
        pixels = batches._plan.streams[1].augmentation.pixels(
            rows[:, None, None], choice[:, None, None]
        )
        expected = source.network_inputs(source.train.x.reshape(-1, 3)[pixels])
        np.testing.assert_array_equal(unlabeled[:, view], expected)


@pytest.mark.parametrize("source", [table(), images()], ids=lambda s: s.name)
def test_the_first_view_and_the_labelled_are_those_of_a_single_view(source):
    arguments = {"num_labels": 6, "batch_size": 4, "unlabeled_batch_size": 11}
    single = data.SemiSupervisedBatches(source, **arguments)
    several = data.SemiSupervisedBatches(source, **arguments, num_views=3)
    for i in (0, 4, 1000):
        (one, y), (three, labels) = single[i], several[i]
        np.testing.assert_array_equal(one["unlabeled"], three["unlabeled"][:, 0])
        np.testing.assert_array_equal(one["labeled"], three["labeled"])
        np.testing.assert_array_equal(y, labels)


def test_views_of_what_is_not_augmented_are_equal():
    batches = data.SemiSupervisedBatches(table(), 6, 4, num_views=2)
    unlabeled = batches[0][0]["unlabeled"]
    assert unlabeled.shape == (4, 2, 3)
    np.testing.assert_array_equal(unlabeled[:, 0], unlabeled[:, 1])


def test_views_are_drawn_independently():
    stream = data.plan(
        images(size=3), 3, 3, "equal", augmentation="crop_flip", num_views=3
    ).streams[1]
    choice = stream.rows(np.arange(6000), order.walk_numpy, np.take).choice
    choice = choice.reshape(-1, 3)
    assert choice.max() == 17
    for first, second in ((0, 1), (0, 2), (1, 2)):
        pairs = np.bincount(choice[:, first] * 18 + choice[:, second], minlength=324)
        # 18,000 draws in 324 cells; a false alarm in 10,000 (chi-squared, 323).
        assert np.square(pairs - 18000 / 324).sum() / (18000 / 324) < 424


def test_views_start_at_any_step():
    batches = data.SemiSupervisedBatches(images(), 9, 4, num_views=2)
    started = data.SemiSupervisedBatches(images(), 9, 4, num_views=2, start_step=4321)
    assert_same(started[7], batches[4328])


def test_views_count_as_rows_when_steps_are_planned():
    planned = data.plan(table(), 6, 4, 4, num_views=3)
    assert planned.steps_at_once == 8192 // 16


# Label noise.


def labels_seen(source, **arguments):
    """The label that each training example has in the batches."""
    batches = data.SupervisedBatches(source, batch_size=source.num_train, **arguments)
    x, y = batches[0]
    inputs, _ = source.standardized("train")
    seen = np.full(len(inputs), -1)
    for row, label in zip(x, y):
        seen[int(np.flatnonzero((inputs == row).all(1))[0])] = label
    return seen


@pytest.mark.parametrize("num_labels", [None, 18])
@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_the_chosen_labels_are_corrupted_and_no_others(num_labels, rate):
    source = table(size=60, classes=4)
    clean = source.train.y.copy()
    chosen = np.arange(60)
    if num_labels:
        with pytest.warns(UserWarning, match="do not divide"):
            chosen = data.choose_labeled(clean, num_labels, 4, seed=3)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*do not divide")
        seen = labels_seen(source, num_labels=num_labels, seed=3, label_noise=rate)
    expected = np.full(60, -1)
    expected[chosen] = data.corrupt_labels(clean[chosen], rate, 4, seed=3)
    np.testing.assert_array_equal(seen, expected)
    np.testing.assert_array_equal(source.train.y, clean)
    assert (seen[chosen] == clean[chosen]).all() == (rate == 0)


def test_seeds_differ():
    source = table()
    first, second = (data.SupervisedBatches(source, None, 23, seed=s) for s in (0, 1))
    assert (first[0][0] != second[0][0]).any()


def test_planning_many_steps_at_once_is_bounded():
    assert data.plan(table(), None, 1).steps_at_once == 8192
    assert data.plan(table(), None, 10**6).steps_at_once == 1


# The same batches through tf.data.


@on_tensorflow
@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.name}{s.input_shape}")
@pytest.mark.parametrize(("batch_size", "start_step"), [(1, 0), (7, 0), (10, 1234567)])
def test_both_fronts_give_the_same_supervised_batches(source, batch_size, start_step):
    arguments = {"batch_size": batch_size, "seed": 5, "start_step": start_step}
    dataset = data.supervised(source, None, **arguments)
    batches = data.SupervisedBatches(source, None, **arguments)
    # At least three epochs.
    steps = 3 * source.num_train // batch_size + 1
    for i, element in enumerate(dataset.take(steps)):
        assert_same(batches[i], element)


@on_tensorflow
@pytest.mark.parametrize("source", [*SOURCES[:4], RAW], ids=lambda s: s.name)
@pytest.mark.parametrize(
    "arguments",
    [
        {"unlabeled_includes_labeled": False},
        {},
        {"num_views": 2},
        {"num_views": 3, "start_step": 1234567, "label_noise": 0.7},
    ],
    ids=lambda a: "-".join(a),
)
def test_both_fronts_give_the_same_semi_supervised_batches(source, arguments):
    arguments = {"seed": 2, **arguments}
    dataset = data.semi_supervised(source, 6, 5, 11, **arguments)
    batches = data.SemiSupervisedBatches(source, 6, 5, 11, **arguments)
    for i, element in enumerate(dataset.take(15)):
        assert_same(batches[i], element)


@on_tensorflow
def test_both_fronts_agree_beyond_what_is_planned_at_once():
    source = table()
    dataset = data.supervised(source, 6, 4000, start_step=3)
    batches = data.SupervisedBatches(source, 6, 4000, start_step=3)
    for i, element in enumerate(dataset.take(7)):
        assert_same(batches[i], element)


@on_tensorflow
def test_both_fronts_agree_on_a_single_example():
    x, y = np.ones((1, 2), "float32"), np.zeros(1, int)
    source = data.Source("one", (x, y), (x, y), (x, y), num_classes=1)
    dataset = data.semi_supervised(source, None, 3, 1)
    batches = data.SemiSupervisedBatches(source, None, 3, 1)
    for i, element in enumerate(dataset.take(3)):
        assert_same(batches[i], element)


@on_tensorflow
@pytest.mark.parametrize("start_step", [1, 13, 300])
def test_a_dataset_started_at_a_step_goes_on_as_the_whole_one(start_step):
    source = images()
    whole = data.semi_supervised(source, 9, 40, 31, seed=4)
    started = data.semi_supervised(source, 9, 40, 31, seed=4, start_step=start_step)
    pairs = zip(whole.skip(start_step), started.take(3))
    for expected, element in pairs:
        assert_same(numpy_of(expected), element)


@on_tensorflow
def test_a_dataset_repeats_itself_has_no_end_and_known_shapes():
    import tensorflow as tf

    dataset = data.semi_supervised(images(), 9, 4, 6)
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    for first, second in zip(dataset.take(20), dataset.take(20)):
        assert_same(numpy_of(first), second)
    inputs, y = dataset.element_spec
    assert inputs["labeled"] == tf.TensorSpec((4, 8, 8, 3), "float32")
    assert inputs["unlabeled"] == tf.TensorSpec((6, 8, 8, 3), "float32")
    assert y == tf.TensorSpec((4,), "int32")


@on_tensorflow
def test_two_replicas_share_the_batch():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    dataset = data.semi_supervised(images(), 9, 4, 6)
    shared = next(iter(strategy.experimental_distribute_dataset(dataset)))
    inputs, y = keras.tree.map_structure(
        lambda value: tf.concat(strategy.experimental_local_results(value), 0), shared
    )
    assert_same(numpy_of(next(iter(dataset))), (inputs, y))


@on_tensorflow
def test_the_set_is_no_part_of_the_graph():
    x = np.zeros((4000, 16, 16, 1), "uint8")
    source = data.Source("big", *[(x, np.arange(4000) % 2)] * 3)
    dataset = data.supervised(source, None, 4)
    functions = [f for d in _chain(dataset) for f in d._functions()]
    assert len(functions) >= 2
    for function in functions:
        assert function.function.graph.as_graph_def().ByteSize() < 200_000


def _chain(dataset):
    yield dataset
    for inner in dataset._inputs():
        yield from _chain(inner)


# `fit` reads them.


def network(source):
    return keras.Sequential(
        [
            keras.Input(source.input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(source.num_classes),
        ]
    )


def fit(source, batches, **arguments):
    keras.utils.set_random_seed(0)
    model = network(source)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    model.fit(batches, shuffle=False, verbose=0, **arguments)
    return model.get_weights()


def test_fit_goes_on_through_the_steps_from_epoch_to_epoch():
    source = table()
    endless = data.SupervisedBatches(source, 6, 4)
    finite = data.SupervisedBatches(source, 6, 4, num_steps=12)
    expected = fit(source, finite, epochs=1)
    for batches in (endless, finite):
        weights = fit(source, batches, epochs=3, steps_per_epoch=4)
        for value, other in zip(weights, expected):
            np.testing.assert_allclose(value, other, rtol=1e-6)


@on_tensorflow
def test_fit_learns_the_same_from_both_fronts():
    source = table()
    epochs = {"epochs": 3, "steps_per_epoch": 4}
    first = fit(source, data.supervised(source, 6, 4), **epochs)
    second = fit(source, data.SupervisedBatches(source, 6, 4), **epochs)
    for value, other in zip(first, second):
        np.testing.assert_array_equal(value, other)


def test_lengths():
    source = table()
    assert len(data.SupervisedBatches(source, None, 4, num_steps=7)) == 7
    endless = data.SupervisedBatches(source, None, 4)
    assert endless.num_batches is None
    with pytest.raises(TypeError, match="give `num_steps` for a length"):
        len(endless)
    with pytest.raises(IndexError, match=r"There are 7 batches. Received: 7"):
        data.SupervisedBatches(source, None, 4, num_steps=7)[7]


# The fronts of a plan.


def test_the_short_names_give_the_batches_of_a_plan():
    options = {"augmentation": "crop", "max_shift": 2, "seed": 3, "label_noise": 0.5}
    both = {**options, "unlabeled_includes_labeled": False, "num_views": 2}
    source = images()
    pairs = [
        (
            data.plan(source, 6, 4, **options).batches(7),
            data.SupervisedBatches(source, 6, 4, start_step=7, **options),
        ),
        (
            data.plan(source, 6, 4, 9, **both).batches(7),
            data.SemiSupervisedBatches(source, 6, 4, 9, start_step=7, **both),
        ),
        (
            data.plan(source, 6, 4, "equal").batches(),
            data.SemiSupervisedBatches(source, 6, 4),
        ),
    ]
    for planned, short in pairs:
        for index in (0, 5):
            assert_same(planned[index], short[index])


@on_tensorflow
def test_the_fronts_of_a_plan_give_the_same_batches():
    plan = data.plan(images(), num_labels=6, batch_size=4, unlabeled_batch_size=9)
    for element, batch in zip(plan.dataset(3), plan.batches(3, num_steps=4)):
        assert_same(batch, element)
    assert len(plan.batches(num_steps=4)) == 4


def test_an_option_of_a_plan_is_one_of_its_short_names():
    parameters = inspect.signature(data.plan).parameters.values()
    named = {p.name: p.annotation for p in parameters if p.kind is p.KEYWORD_ONLY}
    assert named == typing.get_type_hints(planning.PlanOptions)


@pytest.mark.parametrize(
    "options", [{"num_views": 2}, {"unlabeled_includes_labeled": False}]
)
def test_options_of_unlabelled_batches_where_there_are_none(options):
    for front in (data.plan, data.SupervisedBatches):
        with pytest.raises(ValueError, match=r"options of unlabelled batches.*=None"):
            front(table(), 6, 4, **options)


def test_an_option_that_there_is_not():
    for options in ({"augment": "none"}, {"unlabeled_batch_size": 4}):
        with pytest.raises(TypeError, match=next(iter(options))):
            data.SupervisedBatches(table(), 6, 4, **options)


# Mistakes, which both fronts refuse in the same words.

MISTAKES = [
    ({"batch_size": 0}, "`batch_size` must be an integer of at least 1. Received: 0"),
    ({"batch_size": 2.5}, "`batch_size` must be an integer of at least 1"),
    ({"unlabeled_batch_size": 0}, "`unlabeled_batch_size` must be an integer of at"),
    (
        {"unlabeled_batch_size": 24},
        "`unlabeled_batch_size` must be at most the number of unlabelled examples, "
        "23. Received: unlabeled_batch_size=24",
    ),
    ({"batch_size": 24}, "`batch_size` must be at most the number of unlabelled"),
    (
        {"unlabeled_batch_size": 18, "unlabeled_includes_labeled": False},
        "unlabelled examples, 17. Received: unlabeled_batch_size=18",
    ),
    ({"start_step": -1}, "`start_step` must be an integer of at least 0. Received: -1"),
    ({"augmentation": "crop"}, "augmentation='crop' needs images"),
    ({"augmentation": "zoom"}, "`augmentation` must be one of"),
    ({"num_views": 0}, "`num_views` must be an integer of at least 1. Received: 0"),
    ({"num_views": 1.5}, "`num_views` must be an integer of at least 1. Received: 1.5"),
    ({"seed": 1.5}, "`seed` must be an integer. Received: seed=1.5"),
    ({"label_noise": 1.5}, "`label_noise`, the share of labels that are replaced by"),
    ({"num_labels": 2}, "`num_labels` must be at least the number of classes"),
    ({"num_labels": 24}, "training examples that have a label, 3 to 23"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_mistakes(arguments, message):
    arguments = {"num_labels": 6, "batch_size": 4, **arguments}
    fronts = [data.SemiSupervisedBatches]
    if keras.config.backend() == "tensorflow":
        fronts.append(data.semi_supervised)
    for front in fronts:
        with pytest.raises(ValueError, match=re.escape(message)):
            front(table(), **arguments)


def test_no_unlabeled_example_is_left():
    message = "number of unlabelled examples, 0. Received: batch_size=4"
    with pytest.raises(ValueError, match=message):
        data.SemiSupervisedBatches(table(), None, 4, unlabeled_includes_labeled=False)


def test_a_number_of_steps_that_is_none():
    with pytest.raises(ValueError, match="`num_steps` must be an integer of at least"):
        data.SupervisedBatches(table(), None, 4, num_steps=0)


def test_without_tensorflow_the_other_front_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorflow", None)
    with pytest.raises(ImportError, match=r"is not installed.*SupervisedBatches"):
        data.supervised(table(), None, 4)
