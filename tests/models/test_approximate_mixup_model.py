import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup import mixing, random
from keras_mixup.differentiation import jvp
from keras_mixup.models import ApproximateMixupModel, MixupModel
from keras_mixup.models.approximate_mixup_model import second_order_terms

BACKEND = keras.config.backend()
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
ROWS = keras.losses.CategoricalCrossentropy(from_logits=True)
RNG = np.random.RandomState(0)
X = RNG.normal(size=(7, 4)).astype("float32")
IDS = np.arange(7) % 3


def mlp(activation="tanh"):
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(5, activation=activation),
            keras.layers.Dense(3),
        ]
    )


def image_network():
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(3, 3, kernel_regularizer=keras.regularizers.L2(0.01)),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.2, seed=7),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def compiled(network, loss=SPARSE, rate=0.0, **options):
    compile_options = {"jit_compile": options.pop("jit_compile", "auto")}
    model = ApproximateMixupModel(network, **options)
    model.compile(keras.optimizers.SGD(rate), loss, **compile_options)
    return model


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def numpy_network(weights):
    """The network of `mlp`, and its Jacobian-vector product."""
    one, a, two, b = (w.astype("float64") for w in weights)
    value = lambda x: np.tanh(x @ one + a) @ two + b  # noqa: E731

    def product(x, tangent):
        hidden = np.tanh(x @ one + a)
        return ((1 - hidden**2) * (tangent @ one)) @ two

    return value, product


def shrink(values, theta):
    return values.mean(0) + theta * (values - values.mean(0))


def numpy_terms(probabilities, u, eps):
    hessian = np.einsum("bi,ij->bij", probabilities, np.eye(u.shape[1]))
    hessian -= np.einsum("bi,bj->bij", probabilities, probabilities)
    return (
        np.mean(np.einsum("bi,bij,bj->b", u, hessian, u)) / 2,
        -np.mean(np.sum(u * eps, -1)),
    )


def expected_parts(weights, rows, theta, *, alpha, num_samples, seed, step=0):
    """The three parts of a step's loss, in float64."""
    network, product = numpy_network(weights)
    x, y = shrink(X.astype("float64"), theta), shrink(rows, theta)
    probabilities = softmax(network(x))
    parts = []
    for sample in range(num_samples):
        key = random.fold_in(random.fold_in((seed, sample), step), 0)
        draw = mixing.draw(len(X), 2, alpha, key, dominant_first=True)
        lam, partner = (np.asarray(value) for value in draw)
        mixed = np.einsum("bk,bk...->b...", lam.astype("float64"), X[partner])
        eps = np.einsum("bk,bk...->b...", lam.astype("float64"), rows[partner]) - y
        parts.append(numpy_terms(probabilities, product(x, mixed - x), eps))
    supervised = -np.mean(np.sum(y * np.log(probabilities), -1))
    return (supervised, *np.mean(parts, axis=0))


@pytest.mark.parametrize(
    ("form", "num_samples"), [("ids", 1), ("column", 1), ("rows", 1), ("soft", 3)]
)
def test_two_steps_equal_numpy(form, num_samples):
    rows = np.eye(3)[IDS]
    if form == "soft":
        rows = RNG.dirichlet([1, 1, 1], len(X))
    y = {"ids": IDS, "column": IDS[:, None]}.get(form, rows)
    network = mlp()
    model = compiled(
        network,
        SPARSE if form in ("ids", "column") else ROWS,
        num_samples=num_samples,
        alpha=0.5,
        seed=5,
    )
    for step in range(2):
        logs = model.train_on_batch(X, y, return_dict=True)
        expected = expected_parts(
            network.get_weights(), rows, 0.8183098861837906,
            alpha=0.5, num_samples=num_samples, seed=5, step=step,
        )  # fmt: skip
        for name, value in zip(model.loss_parts, expected):
            np.testing.assert_allclose(logs[name], value, rtol=1e-4, err_msg=name)
        np.testing.assert_allclose(logs["loss"], sum(expected), rtol=1e-5)
        model.reset_metrics()


def test_the_gradient_is_that_of_the_whole_loss():
    network = mlp()
    model = compiled(network, rate=1.0, seed=5)
    before = network.get_weights()
    model.train_on_batch(X, IDS)
    step = before[0] - network.get_weights()[0]

    def loss(kernel):
        weights = [kernel, *before[1:]]
        rows = np.eye(3)[IDS]
        return sum(
            expected_parts(weights, rows, 0.75, alpha=1.0, num_samples=1, seed=5)
        )

    numerical = np.zeros_like(before[0], "float64")
    for index in np.ndindex(numerical.shape):
        shift = np.zeros_like(numerical)
        shift[index] = 1e-5
        numerical[index] = (loss(before[0] + shift) - loss(before[0] - shift)) / 2e-5
    np.testing.assert_allclose(step, numerical, rtol=1e-3, atol=1e-5)


def covariances(x, rows, alpha):
    """Cov(delta) and Cov(delta, eps) of each example, from the moments of theta."""
    nodes, weights = dominant_weights(alpha)
    theta = np.sum(weights * nodes)
    variance = np.sum(weights * (nodes - theta) ** 2)
    other = variance + (1 - theta) ** 2
    x, rows = x - x.mean(0), rows - rows.mean(0)
    return (
        variance * np.einsum("bi,bj->bij", x, x) + other * x.T @ x / len(x),
        variance * np.einsum("bi,bj->bij", x, rows) + other * x.T @ rows / len(x),
    )


def dominant_weights(alpha, count=200):
    """Gauss-Legendre nodes of theta, for alpha of at least 1."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    nodes, weights = 0.75 + nodes / 4, weights / 4
    density = (nodes * (1 - nodes)) ** (alpha - 1)
    return nodes, weights * density / np.sum(weights * density)


def test_the_mean_over_draws_equals_the_trace_formulas():
    network = mlp()
    # One that has learnt something, so that the cross term is far from zero.
    weights = [np.eye(4, 5), np.zeros(5), 2 * np.eye(5, 3), np.zeros(3)]
    network.set_weights(weights)
    ids = X[:, :3].argmax(-1)
    model = compiled(network, num_samples=5, alpha=2.0, seed=1)
    logs = {"quadratic_loss": [], "cross_loss": []}
    for _ in range(80):
        parts = model.train_on_batch(X, ids, return_dict=True)
        model.reset_metrics()
        for name, values in logs.items():
            values.append(parts[name])
    value, product = numpy_network(weights)
    rows, x = np.eye(3)[ids], shrink(X.astype("float64"), 0.6875)
    jacobian = np.stack([product(x, np.eye(4)[[k] * 7]) for k in range(4)], axis=-1)
    of_inputs, of_both = covariances(X.astype("float64"), rows, 2.0)
    p = softmax(value(x))
    hessian = np.einsum("bi,ij->bij", p, np.eye(3)) - np.einsum("bi,bj->bij", p, p)
    expected = {
        "quadratic_loss": np.mean(
            np.einsum("bci,bcd,bdj,bij->b", jacobian, hessian, jacobian, of_inputs)
        )
        / 2,
        "cross_loss": -np.mean(np.einsum("bci,bic->b", jacobian, of_both)),
    }
    for name, want in expected.items():
        values = np.array(logs[name])
        # Five standard errors: a false alarm in a million.
        error = 5 * values.std() / len(values) ** 0.5
        assert abs(values.mean() - want) < error
        assert error < 0.25 * abs(want)


def float64_network():
    """A smooth function of one tensor, in float64 whatever Keras computes in."""
    rng = np.random.RandomState(3)
    one, two = rng.normal(size=(4, 6)), rng.normal(size=(6, 3))
    return lambda x: ops.matmul(ops.tanh(ops.matmul(x, one)), two)


def cross_entropy(rows, logits):
    logits = np.asarray(logits)
    return -np.mean(np.sum(rows * np.log(softmax(logits)), -1))


def gaps(h):
    """What the expansion misses of mixup's loss at scale `h`, without R2 and with."""
    rows = np.eye(3)[IDS]
    x, y = X.mean(0) + h * (X - X.mean(0)), rows.mean(0) + h * (rows - rows.mean(0))
    x = x.astype("float64")
    network, (nodes, weights) = float64_network(), dominant_weights(1.0, 12)
    center, targets = shrink(x, 0.75), shrink(y, 0.75)
    start = np.asarray(network(center))
    residual = (softmax(start) - targets) / len(x)
    expansion, mixup = [cross_entropy(targets, start)] * 2, 0.0
    for theta, weight in zip(nodes, weights):
        for shift in range(len(x)):
            mixed, labels = (
                theta * v + (1 - theta) * np.roll(v, shift, axis=0) for v in (x, y)
            )
            delta, weight_here = mixed - center, weight / len(x)
            product, second = second_derivative(network, center, delta)
            terms = second_order_terms(start, product, labels - targets)
            r1_r3 = sum(np.mean(np.asarray(term)) for term in terms)
            r2 = np.sum(residual * second) / 2
            expansion[0] += weight_here * r1_r3
            expansion[1] += weight_here * (r1_r3 + r2)
            mixup += weight_here * cross_entropy(labels, network(mixed))
    return np.abs(np.array(expansion) - mixup)


def second_derivative(function, x, direction):
    """The product, and the second derivative along `direction`."""
    first = lambda v: jvp(function, v, ops.convert_to_tensor(direction))[1]  # noqa: E731
    return tuple(ops.convert_to_numpy(v) for v in jvp(first, x, direction))


def test_the_gap_to_mixup_falls_as_the_theory_says():
    if BACKEND == "jax":
        import jax

        # In JAX 0.7 still among its experiments.
        where = jax if hasattr(jax, "enable_x64") else jax.experimental
        with where.enable_x64(True):
            large, small = gaps(0.05), gaps(0.025)
    else:
        large, small = gaps(0.05), gaps(0.025)
    orders = np.log2(large / small)
    np.testing.assert_allclose(orders, [2, 3], atol=0.15)


def train(network, model_class=ApproximateMixupModel, epochs=2, **options):
    compile_options = {"jit_compile": options.pop("jit_compile", "auto")}
    model = model_class(network, seed=1, **options)
    model.compile(
        keras.optimizers.SGD(0.1), SPARSE, metrics=["accuracy"], **compile_options
    )
    rng = np.random.RandomState(0)
    x, y = rng.normal(size=(16, 6, 6, 1)).astype("float32"), rng.randint(0, 3, 16)
    history = model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return model, history.history


def assert_same_weights(one, two, **tolerance):
    for a, b in zip(one.get_weights(), two.get_weights()):
        np.testing.assert_allclose(a, b, **tolerance)


def test_a_tiny_alpha_is_plain_training():
    models = []
    for model_class, options in (
        (ApproximateMixupModel, {"alpha": 1e-7}),
        (MixupModel, {"num_points": 1}),
    ):
        keras.utils.set_random_seed(1)
        network = image_network()
        network.layers[3].rate = 0.0
        models.append(train(network, model_class, **options)[0])
    assert_same_weights(*models, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("policy", "jit_compile"),
    [
        pytest.param("mixed_float16", True, marks=pytest.mark.slow_on_tensorflow),
        ("mixed_float16", False),
    ],
)
def test_trains_in_every_mode(policy, jit_compile):
    keras.config.set_dtype_policy(policy)
    model, logs = train(image_network(), epochs=5, jit_compile=jit_compile)
    assert np.isfinite(logs["loss"]).all()
    assert logs["loss"][-1] < logs["loss"][0]
    assert min(logs["quadratic_loss"]) > 0
    assert all(w.dtype != np.float16 for w in model.get_weights())


def test_the_products_leave_no_trace_but_in_the_random_state():
    keras.utils.set_random_seed(1)
    model = compiled(image_network(), seed=1, num_samples=2)
    model.network.layers[0].kernel.regularizer = None
    x = RNG.normal(size=(6, 6, 6, 1)).astype("float32")
    model.train_on_batch(x, np.arange(6) % 3)
    # One update of the moving statistics, by the shrunk batch.
    kernel, bias = model.network.layers[0].get_weights()
    features = np.asarray(ops.conv(shrink(x, 0.75), kernel, padding="valid")) + bias
    moving_mean = model.network.layers[1].get_weights()[2]
    np.testing.assert_allclose(
        moving_mean, 0.1 * features.mean((0, 1, 2)), rtol=1e-3, atol=1e-6
    )
    # One mask for the pass on the shrunk batch, and one for each sample.
    state = model.network.layers[3].seed_generator.state
    np.testing.assert_array_equal(np.asarray(state), [7, 3])


def test_batch_norm_passes_noise_on_to_other_examples():
    network = image_network()
    x = RNG.normal(size=(4, 6, 6, 1)).astype("float32")
    delta = np.zeros_like(x)
    delta[0] = 1.0
    model = compiled(network)
    network.layers[3].rate = 0.0
    _, product = jvp(model.discarded_pass, x, delta)
    assert np.abs(ops.convert_to_numpy(product)[1:]).max() > 1e-3


@pytest.mark.tensorflow
def test_eager_steps_equal_compiled_ones():
    models = []
    for options in ({"run_eagerly": True}, {"jit_compile": False}):
        keras.utils.set_random_seed(1)
        model = ApproximateMixupModel(image_network(), seed=1)
        model.compile(keras.optimizers.SGD(0.1), SPARSE, **options)
        x = np.random.RandomState(0).normal(size=(6, 6, 6, 1)).astype("float32")
        model.fit(x, np.arange(6) % 3, epochs=2, shuffle=False, verbose=0)
        models.append(model)
    assert_same_weights(*models, rtol=1e-4, atol=1e-5)


def test_one_seed_one_result():
    results = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(0)
        model = compiled(mlp(), rate=0.1, seed=seed)
        model.fit(X, IDS, epochs=2, batch_size=7, shuffle=False, verbose=0)
        results.append(model.network.get_weights()[0])
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.allclose(results[0], results[2])


@pytest.mark.parametrize("size", [1, 2, 5])
def test_odd_batches(size):
    logs = compiled(mlp()).train_on_batch(X[:size], IDS[:size], return_dict=True)
    assert np.isfinite(list(logs.values())).all()
    if size == 1:
        np.testing.assert_allclose(logs["quadratic_loss"], 0.0, atol=1e-10)


def test_several_inputs_and_integers():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    network = keras.Model(
        {"a": a, "b": b}, keras.layers.Dense(2)(keras.layers.Concatenate()([a, b]))
    )
    x = {"a": np.arange(24).reshape(8, 3), "b": RNG.normal(size=(8, 2))}
    model = compiled(network)
    logs = model.fit(x, np.arange(8) % 2, verbose=0).history
    assert logs["quadratic_loss"][0] > 0


def test_label_smoothing_shrinks_the_noise_of_the_labels():
    rows = np.eye(3)[IDS]
    network = mlp()
    cross = [
        compiled(
            network,
            keras.losses.CategoricalCrossentropy(True, label_smoothing=smoothing),
            seed=1,
        ).train_on_batch(X, rows, return_dict=True)["cross_loss"]
        for smoothing in (0.0, 0.25)
    ]
    np.testing.assert_allclose(cross[1], 0.75 * cross[0], rtol=1e-5)


def test_evaluation_and_prediction_are_plain():
    network = mlp()
    model = compiled(network)
    network.compile("sgd", SPARSE)
    np.testing.assert_allclose(
        model.evaluate(X, IDS, verbose=0), network.evaluate(X, IDS, verbose=0), 1e-6
    )
    np.testing.assert_array_equal(
        model.predict(X, verbose=0), network.predict(X, verbose=0)
    )


def test_saved_and_loaded(tmp_path):
    model = compiled(mlp(), rate=0.1, alpha=0.3, num_samples=2, seed=4)
    model.train_on_batch(X, IDS)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    settings = ("alpha", "num_samples", "seed", "name")
    assert all(loaded.get_config()[k] == model.get_config()[k] for k in settings)
    np.testing.assert_array_equal(
        model.predict(X, verbose=0), loaded.predict(X, verbose=0)
    )
    for m in (model, loaded):
        m.reset_metrics()
    np.testing.assert_allclose(
        model.train_on_batch(X, IDS), loaded.train_on_batch(X, IDS), rtol=1e-6
    )


@pytest.mark.parametrize(
    "loss",
    [
        "mse",
        "sparse_categorical_crossentropy",
        keras.losses.CategoricalCrossentropy(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"),
        keras.losses.BinaryCrossentropy(from_logits=True),
        [ROWS],
        None,
    ],
)
def test_other_losses_are_refused(loss):
    with pytest.raises(ValueError, match="expands the cross-entropy: compile"):
        compiled(mlp(), loss)


@pytest.mark.tensorflow
def test_replicas_are_refused():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope(), pytest.raises(ValueError, match="Received: 2 replicas"):
        compiled(mlp(), jit_compile=False)


@pytest.mark.jax
def test_a_distribution_is_refused():
    keras.distribution.set_distribution(keras.distribution.DataParallel())
    try:
        with pytest.raises(ValueError, match="trains on one device"):
            compiled(mlp())
    finally:
        keras.distribution.set_distribution(None)


def test_errors():
    with pytest.raises(ValueError, match="`alpha` must be a positive"):
        ApproximateMixupModel(mlp(), alpha=0.0)
    with pytest.raises(ValueError, match="`alpha` must be one number"):
        ApproximateMixupModel(mlp(), alpha=[1.0, 2.0])
    for wrong in (0, 1.5):
        with pytest.raises(ValueError, match="`num_samples` must be an integer"):
            ApproximateMixupModel(mlp(), num_samples=wrong)
    with pytest.raises(ValueError, match="terms that ApproximateMixupModel does not"):
        compiled(mlp()).fit(X, IDS, sample_weight=np.ones(7), verbose=0)
    with pytest.raises(ValueError, match="Received: a batch without labels"):
        compiled(mlp()).prepare_batch(X, None, None)
