import keras
import numpy as np
import pytest

from keras_mixup import mixing, random
from keras_mixup.models import ICTModel
from keras_mixup.schedules import ExponentialRampUp

SPARSE = keras.losses.SparseCategoricalCrossentropy


def linear_network():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def network_with_state(dropout=0.5):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.Dropout(dropout, seed=1),
            keras.layers.Dense(3),
        ]
    )


def batch(labeled=6, unlabeled=8):
    rng = np.random.RandomState(0)
    x = {
        "labeled": rng.normal(size=(labeled, 4)).astype("float32"),
        "unlabeled": rng.normal(size=(unlabeled, 4)).astype("float32"),
    }
    return x, np.arange(labeled) % 3


def compiled(network, optimizer=None, **options):
    model = ICTModel(network, **options)
    optimizer = optimizer or keras.optimizers.SGD(0.5)
    model.compile(optimizer, SPARSE(from_logits=True), metrics=["accuracy"])
    return model


def stream_draw(stream, step, size, seed, **options):
    """A draw of a step, from the public functions alone."""
    key = random.fold_in(random.fold_in((seed, stream), step), 0)
    weights, partners = mixing.draw(size, seed=key, **options)
    weights = np.broadcast_to(np.asarray(weights), partners.shape)
    return weights.astype("float64"), np.asarray(partners)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def mix(value, weights, partners):
    return np.einsum("bk,bk...->b...", weights, value[partners])


class NumpyICT:
    """Equation 2 for a linear network, in float64, differentiated numerically."""

    def __init__(self, kernel, bias, seed, **options):
        self.student = np.concatenate([kernel, bias[None]]).astype("float64")
        self.teacher = self.student.copy()
        self.seed = seed
        self.target = options.pop("target", "probabilities")
        self.distance = options.pop("distance", "mean_squared")
        self.decay = options.pop("teacher_decay", 0.99)
        self.weight = options.pop("consistency_weight", 10.0)
        self.stop_gradient = options.pop("stop_gradient", True)
        self.supervised_num_points = options.pop("supervised_num_points", 1)
        self.draw = {"num_points": 2, "alpha": 0.5, **options}

    def parts(self, student, target_weights, x, rows, step):
        f = lambda w, v: v @ w[:-1] + w[-1]  # noqa: E731
        labeled, unlabeled = (x[k].astype("float64") for k in ("labeled", "unlabeled"))
        if self.supervised_num_points > 1:
            draw = {**self.draw, "num_points": self.supervised_num_points}
            lam = stream_draw(0, step, len(labeled), self.seed, **draw)
            labeled, rows = mix(labeled, *lam), mix(rows, *lam)
        supervised = -np.mean(np.sum(rows * np.log(softmax(f(student, labeled))), -1))
        lam = stream_draw(1, step, len(unlabeled), self.seed, **self.draw)
        targets = f(target_weights, unlabeled)
        if self.target == "probabilities":
            targets = softmax(targets)
        targets = mix(targets, *lam)
        outputs = f(student, mix(unlabeled, *lam))
        if self.target == "softmax_of_mixed_logits":
            targets = softmax(targets)
        if self.target != "logits":
            outputs = softmax(outputs)
        squared = (outputs - targets) ** 2
        if self.distance == "mean_squared":
            return supervised, squared.mean()
        return supervised, np.sqrt(squared.sum(-1)).mean()

    def step(self, x, ids, step, rate=0.5):
        rows = np.eye(3)[ids]
        before = self.student

        def loss(student):
            target_weights = self.teacher if self.decay is not None else (
                before if self.stop_gradient else student
            )  # fmt: skip
            supervised, consistency = self.parts(student, target_weights, x, rows, step)
            return supervised + self.weight * consistency

        target_weights = before if self.decay is None else self.teacher
        reported = self.parts(before, target_weights, x, rows, step)
        gradient = np.zeros_like(before)
        for index in np.ndindex(before.shape):
            shift = np.zeros_like(before)
            shift[index] = 1e-6
            gradient[index] = (loss(before + shift) - loss(before - shift)) / 2e-6
        self.student = before - rate * gradient
        if self.decay is not None:
            keep = min(1 - 1 / (step + 2), self.decay)
            self.teacher = keep * self.teacher + (1 - keep) * self.student
        return reported


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"target": "logits", "consistency_weight": 1.0},
        {
            "target": "softmax_of_mixed_logits",
            "distance": "euclidean",
            "consistency_weight": 0.5,
        },
        {"num_points": 4, "alpha": 1.0, "teacher_decay": 0.5},
        {"teacher_decay": None, "per_example": False, "num_points": 3},
        {"teacher_decay": None, "stop_gradient": False, "num_points": 5},
        {"supervised_num_points": 2, "dominant_first": True},
    ],
)
def test_steps_equal_numpy(options):
    x, ids = batch()
    network = linear_network()
    model = compiled(network, seed=9, **options)
    reference = NumpyICT(*network.get_weights(), seed=9, **options)
    for step in range(3):
        expected = reference.step(x, ids, step)
        logs = model.train_on_batch(x, ids, return_dict=True)
        model.reset_metrics()
        np.testing.assert_allclose(logs["supervised_loss"], expected[0], rtol=1e-4)
        np.testing.assert_allclose(
            logs["consistency_loss"], expected[1], rtol=1e-4, atol=1e-7
        )
        np.testing.assert_allclose(
            logs["loss"], expected[0] + reference.weight * expected[1], rtol=1e-4
        )
    found = np.concatenate([network.get_weights()[0], network.get_weights()[1][None]])
    np.testing.assert_allclose(found, reference.student, rtol=1e-3, atol=1e-5)
    if reference.decay is not None:
        kernel, bias = model.teacher.get_weights()
        found = np.concatenate([kernel, bias[None]])
        np.testing.assert_allclose(found, reference.teacher, rtol=1e-3, atol=1e-5)


def test_weight_zero_equals_plain_training():
    x, ids = batch()
    results = []
    for wrapped in (False, True):
        keras.utils.set_random_seed(0)
        network = network_with_state(dropout=0.0)
        if wrapped:
            model = compiled(network, keras.optimizers.Adam(), consistency_weight=0.0)
        else:
            model = network
            model.compile(
                keras.optimizers.Adam(), SPARSE(from_logits=True), metrics=["accuracy"]
            )
        for _ in range(3):
            model.train_on_batch(x if wrapped else x["labeled"], ids)
        results.append(network.get_weights())
    for plain, ict in zip(*results):
        np.testing.assert_allclose(plain, ict, rtol=1e-6, atol=1e-7)


def test_one_point_on_two_views_is_mean_teacher():
    x, ids = batch()
    other = x["unlabeled"][:, ::-1]
    two_views = {**x, "unlabeled": np.stack([x["unlabeled"], other], axis=1)}
    model = compiled(
        linear_network(), num_points=1, num_views=2, teacher_decay=0.5, seed=3
    )
    model.train_on_batch(two_views, ids)
    weights = [w.astype("float64") for w in model.network.get_weights()]
    average = [w.astype("float64") for w in model.teacher.get_weights()]
    assert not np.array_equal(weights[0], average[0])
    target = softmax(x["unlabeled"] @ average[0] + average[1])
    student = softmax(other @ weights[0] + weights[1])
    model.reset_metrics()
    logs = model.train_on_batch(two_views, ids, return_dict=True)
    np.testing.assert_allclose(
        logs["consistency_loss"], np.mean((student - target) ** 2), rtol=1e-4
    )


def test_of_two_views_the_second_is_mixed():
    x, ids = batch()
    views = np.stack([x["unlabeled"], 3 * x["unlabeled"][:, ::-1]], axis=1)
    model = compiled(
        linear_network(), num_views=2, target="logits", teacher_decay=None, seed=3
    )
    draw = stream_draw(1, 0, 8, 3, num_points=2, alpha=0.5)
    kernel, bias = (w.astype("float64") for w in model.network.get_weights())
    target = mix(views[:, 0] @ kernel + bias, *draw)
    student = mix(views[:, 1].astype("float64"), *draw) @ kernel + bias
    logs = model.train_on_batch({**x, "unlabeled": views}, ids, return_dict=True)
    np.testing.assert_allclose(
        logs["consistency_loss"], np.mean((student - target) ** 2), rtol=1e-4
    )


def test_moving_statistics_move_once_by_the_labelled_pass():
    x, ids = batch()
    network = network_with_state(dropout=0.0)
    model = compiled(network, keras.optimizers.SGD(0.0))
    hidden = x["labeled"] @ network.layers[0].get_weights()[0]
    for step in range(1, 3):
        model.train_on_batch(x, ids)
        mean = network.layers[1].moving_mean
        np.testing.assert_allclose(mean, (1 - 0.9**step) * hidden.mean(0), rtol=1e-4)


def test_dropout_draws_another_mask_in_each_pass_and_step():
    state = lambda: tuple(np.asarray(generator.state.value))  # noqa: E731
    x, ids = batch()
    network = network_with_state()
    generator = network.layers[2].seed_generator
    model = compiled(network)
    states = [state()]
    for _ in range(3):
        model.train_on_batch(x, ids)
        states.append(state())
    # Three passes a step, each of which advances the counter by one.
    assert [s[1] - states[0][1] for s in states] == [0, 3, 6, 9]


def test_dropout_masks_of_target_and_student_differ():
    # With weight 1 on every point, equal masks would make the consistency loss vanish.
    x, ids = batch()
    model = compiled(network_with_state(), teacher_decay=None, alpha=[1e6, 1e-6])
    logs = model.train_on_batch(x, ids, return_dict=True)
    assert logs["consistency_loss"] > 1e-3


def test_teacher_is_saved_and_can_be_used_as_a_model(tmp_path):
    x, ids = batch(60)
    # Without dropout, whose random state `.keras` files leave out.
    model = compiled(network_with_state(dropout=0.0), seed=3, num_points=3)
    for _ in range(5):
        model.train_on_batch(x, ids)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, two in ((model, loaded), (model.teacher, loaded.teacher)):
        np.testing.assert_array_equal(
            one.predict(x["labeled"], verbose=0), two.predict(x["labeled"], verbose=0)
        )
    assert not np.array_equal(
        model.predict(x["labeled"], verbose=0),
        model.teacher.predict(x["labeled"], verbose=0),
    )
    # A loaded model goes on as the saved one does.
    for m in (model, loaded):
        m.reset_metrics()
    np.testing.assert_allclose(
        model.train_on_batch(x, ids), loaded.train_on_batch(x, ids), rtol=1e-5
    )
    assert int(np.asarray(loaded.step.value)) == 6
    assert "teacher" in model.teacher.name


def test_evaluating_the_teacher_leaves_the_training_alone():
    x, ids = batch()
    model = compiled(network_with_state())
    model.train_on_batch(x, ids)
    model.teacher.compile(loss=SPARSE(from_logits=True), metrics=["accuracy"])
    loss, accuracy = model.teacher.evaluate(x["labeled"], ids, verbose=0)
    assert np.isfinite(loss)
    assert 0 <= accuracy <= 1
    logs = model.train_on_batch(x, ids, return_dict=True)
    assert sorted(logs) == [
        "accuracy", "consistency_loss", "consistency_weight", "loss", "supervised_loss",
    ]  # fmt: skip


def test_evaluation_shows_no_parts_of_training():
    x, ids = batch()
    model = compiled(network_with_state())
    model.train_on_batch(x, ids)
    logs = model.evaluate(x["labeled"], ids, verbose=0, return_dict=True)
    assert sorted(logs) == ["accuracy", "loss"]


@pytest.mark.parametrize(
    "schedule",
    [
        keras.optimizers.schedules.PolynomialDecay(0.0, 4, 8.0),
        ExponentialRampUp(peak=8.0, ramp_steps=4),
    ],
)
def test_weight_follows_its_schedule_by_step(schedule, tmp_path):
    x, ids = batch()
    model = compiled(linear_network(), consistency_weight=schedule)
    seen = []
    for _ in range(6):
        logs = model.train_on_batch(x, ids, return_dict=True)
        model.reset_metrics()
        seen.append(float(logs["consistency_weight"]))
    np.testing.assert_allclose(seen, [float(schedule(t)) for t in range(6)], rtol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    logs = loaded.train_on_batch(x, ids, return_dict=True)
    np.testing.assert_allclose(logs["consistency_weight"], 8.0)


def test_round_trip_of_the_configuration():
    model = ICTModel(
        linear_network(),
        num_points=3,
        alpha=[1.0, 2.0, 3.0],
        consistency_weight=ExponentialRampUp(1.0, 2),
        target="logits",
        teacher_decay=None,
        stop_gradient=False,
        distance="euclidean",
        per_example=False,
        dominant_first=True,
        supervised_num_points=3,
        num_views=2,
        seed=4,
    )
    copy = ICTModel.from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    assert copy.teacher is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_points": 1, "teacher_decay": None}, "a teacher or a second view"),
        ({"num_views": 3}, "`num_views` must be 1 or 2"),
        ({"num_views": 0}, "`num_views` must be an integer"),
        ({"num_points": 0}, "`num_points` must be"),
        ({"alpha": 0.0}, "`alpha` must be a positive"),
        ({"consistency_weight": -1.0}, "must be a number that is not negative"),
        ({"consistency_weight": float("nan")}, "must be a number that is not negative"),
        ({"target": "logit"}, "`target` must be one of"),
        ({"distance": "l2"}, "`distance` must be one of"),
        ({"teacher_decay": 1.0}, "at least 0 and below 1"),
        ({"stop_gradient": False}, "needs `teacher_decay=None`"),
        ({"supervised_num_points": 0}, "`num_points` must be"),
        ({"supervised_num_points": 3, "alpha": [1.0, 1.0]}, "as many numbers"),
    ],
)
def test_argument_errors(options, message):
    with pytest.raises(ValueError, match=message):
        ICTModel(linear_network(), **options)


def test_a_batch_without_unlabelled_examples_is_refused():
    x, ids = batch()
    with pytest.raises(ValueError, match="Expected a batch of"):
        compiled(linear_network()).train_on_batch(x["labeled"], ids)


def test_teacher_of_an_adapted_normalization():
    x, _ = batch()
    normalization = keras.layers.Normalization()
    normalization.adapt(10 * x["labeled"] + 50)
    network = keras.Sequential(
        [keras.Input((4,)), normalization, keras.layers.Dense(3)]
    )
    inputs = 10 * x["unlabeled"] + 50
    teacher = ICTModel(network).teacher
    np.testing.assert_allclose(
        teacher.predict(inputs, verbose=0),
        network.predict(inputs, verbose=0),
        rtol=1e-5,
    )


def test_freezing_and_thawing_leaves_the_teacher_alone():
    model = ICTModel(network_with_state())
    trainable = len(model.trainable_variables)
    model.trainable = False
    assert not model.trainable_variables
    model.trainable = True
    assert len(model.trainable_variables) == trainable


class UnregisteredLayer(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


def test_layers_that_are_not_registered_can_have_a_teacher():
    inner = keras.Sequential([keras.Input((4,)), UnregisteredLayer()])
    network = keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(3)])
    x = np.ones((2, 4), "float32")
    outputs = [m.predict(x, verbose=0) for m in (ICTModel(network).teacher, network)]
    np.testing.assert_allclose(*outputs, rtol=1e-6)


def test_networks_of_several_outputs_are_refused():
    inputs = keras.Input((4,))
    network = keras.Model(inputs, [keras.layers.Dense(3)(inputs) for _ in range(2)])
    model = ICTModel(network)
    with pytest.raises(ValueError, match="trains networks with one output"):
        model.compile("sgd", ["mse", "mse"])


def test_two_views_for_a_model_of_one_are_refused():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model = ICTModel(network)
    batch = {"labeled": np.ones((2, 4)), "unlabeled": np.ones((3, 2, 4))}
    with pytest.raises(ValueError, match=r"`num_views` of the pipeline.*\(3, 2, 4\)"):
        model.prepare_batch(batch, np.zeros(2), None)
