import keras
import numpy as np
import pytest

from keras_mixup.applications import WideResNet

LAYER_NAMES = [f"layer_{index}" for index in range(6)]


def trainable_parameters(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


@pytest.mark.parametrize(
    ("width", "expected"),
    # Reported as 1.5M and 36.5M in table 4 of the paper.
    [(2, 1_467_610), (10, 36_479_194)],
)
def test_published_parameter_counts(width, expected):
    network = WideResNet((32, 32, 3), 10, depth=28, width=width)
    assert trainable_parameters(network) == expected


MIXMATCH = {
    "use_bias": True,
    "activated_shortcuts": "first",
    "dense_initializer": "glorot_normal",
    "negative_slope": 0.1,
}
MIXUPE = {"use_bias": True, "activated_shortcuts": "none", "strided_convolution": 2}


@pytest.mark.parametrize(
    ("width", "options", "expected"),
    # By hand: 9 biases for each filter of a group, 16 of the first convolution.
    [
        (2, MIXMATCH, 1_467_610 + 9 * 224 + 16),
        (10, MIXUPE, 36_479_194 + 9 * 1120 + 16),
    ],
)
def test_parameter_counts_of_published_code(width, options, expected):
    network = WideResNet((32, 32, 3), 10, depth=28, width=width, **options)
    assert trainable_parameters(network) == expected


class InNumpy:
    """The published networks of depth 10, layer by layer as their code has them."""

    def __init__(self, network, raw_shortcuts, slope, stride_first):
        self.network = network
        self.raw_shortcuts = raw_shortcuts
        self.slope = slope
        self.stride_first = stride_first

    def __call__(self, x):
        x = self.convolve(x, "layer_0", 1)
        for group, stride in ((1, 1), (2, 2), (3, 2)):
            x = self.block(x, f"group_{group}_block_0", stride, group)
        x = self.activate(x, "final_norm").mean((1, 2))
        kernel, bias = self.weights("layer_5")
        return x @ kernel + bias

    def block(self, x, prefix, stride, group):
        strides = (stride, 1) if self.stride_first else (1, stride)
        activated = self.activate(x, f"{prefix}_first_norm")
        if group == 1 and not self.raw_shortcuts:
            x = activated
        branch = self.convolve(activated, f"{prefix}_first_conv", strides[0])
        branch = self.activate(branch, f"{prefix}_second_norm")
        branch = self.convolve(branch, f"{prefix}_second_conv", strides[1])
        if x.shape[-1] != branch.shape[-1]:
            x = self.convolve(x, f"{prefix}_shortcut", stride)
        return x + branch

    def activate(self, x, name):
        gamma, beta, mean, variance = self.weights(name)
        x = (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta
        return np.where(x > 0, x, self.slope * x)

    def convolve(self, x, name, stride):
        kernel, bias = self.weights(name)
        size, out = len(kernel), -(-x.shape[1] // stride)
        total = max((out - 1) * stride + size - x.shape[1], 0)
        pad = (total // 2, total - total // 2)
        x = np.pad(x, ((0, 0), pad, pad, (0, 0)))
        result = np.zeros((len(x), out, out, kernel.shape[-1])) + bias
        for i in range(size):
            for j in range(size):
                part = x[
                    :, i : i + out * stride : stride, j : j + out * stride : stride
                ]
                result += part[:, :out, :out] @ kernel[i, j]
        return result

    def weights(self, name):
        return self.network.get_layer(name).get_weights()


@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize("code", ["mixmatch", "mixupe"])
def test_networks_of_published_code_against_numpy(code, width):
    options = MIXMATCH if code == "mixmatch" else MIXUPE
    network = WideResNet((8, 8, 3), 4, depth=10, width=width, **options)
    rng = np.random.default_rng(7)
    # Biases, scales and statistics that are neither 0 nor 1.
    network.set_weights(
        [w + rng.uniform(0.1, 0.3, w.shape) for w in network.get_weights()]
    )
    x = rng.normal(size=(2, 8, 8, 3)).astype("float32")
    if code == "mixmatch":
        expected = InNumpy(network, raw_shortcuts=False, slope=0.1, stride_first=True)(
            x
        )
    else:
        expected = InNumpy(network, raw_shortcuts=True, slope=0, stride_first=False)(x)
    np.testing.assert_allclose(network.predict_on_batch(x), expected, rtol=2e-4)


def test_dense_initializer_reaches_its_layer():
    network = WideResNet((8, 8, 1), 2, depth=10, width=1, **MIXMATCH)
    initializer = network.get_layer("layer_5").kernel_initializer
    assert isinstance(initializer, keras.initializers.GlorotNormal)


def test_named_layers_have_the_published_shapes():
    network = WideResNet((32, 32, 3), 10, depth=10, width=3)
    shapes = [network.get_layer(name).output.shape[1:] for name in LAYER_NAMES]
    assert shapes == [
        (32, 32, 16),
        (32, 32, 48),
        (16, 16, 96),
        (8, 8, 192),
        (192,),
        (10,),
    ]


def test_smallest_network_on_small_images():
    network = WideResNet((8, 8, 1), 10, depth=10, width=1)
    x = np.random.default_rng(0).normal(size=(3, 8, 8, 1)).astype("float32")
    assert network.predict_on_batch(x).shape == (3, 10)
    # The first group keeps 16 filters, so its shortcut is the identity.
    names = [layer.name for layer in network.layers]
    assert "group_1_block_0_shortcut" not in names
    assert "group_2_block_0_shortcut" in names


def test_images_of_any_size():
    network = WideResNet((None, None, 1), 4, depth=10, width=1)
    assert network.predict_on_batch(np.zeros((2, 5, 9, 1))).shape == (2, 4)


def test_convolutions_have_no_bias_and_he_scale():
    keras.utils.set_random_seed(0)
    network = WideResNet((8, 8, 3), 10, depth=10, width=4)
    convolutions = [
        layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)
    ]
    assert len(convolutions) == 10
    assert not any(layer.use_bias for layer in convolutions)
    kernel = keras.ops.convert_to_numpy(
        network.get_layer("group_3_block_0_second_conv").kernel
    )
    # 590,000 draws: the standard deviation is within 0.5 % of its value.
    expected = np.sqrt(2 / (9 * 256))
    np.testing.assert_allclose(kernel.std(), expected, rtol=0.005)
    assert np.abs(kernel).max() > 3 * expected  # not truncated


def test_last_layers_against_numpy():
    network = WideResNet((8, 8, 1), 3, depth=10, width=1)
    taps = keras.Model(
        network.input, [network.get_layer(n).output for n in LAYER_NAMES[3:]]
    )
    x = np.random.default_rng(1).normal(size=(4, 8, 8, 1)).astype("float32")
    group, pooled, logits = taps.predict_on_batch(x)
    # Untrained statistics: mean 0, variance 1, epsilon 1e-3.
    expected = np.maximum(group / np.sqrt(1 + 1e-3), 0).mean((1, 2))
    np.testing.assert_allclose(pooled, expected, rtol=1e-5, atol=1e-6)
    kernel, bias = network.get_layer("layer_5").get_weights()
    np.testing.assert_allclose(logits, pooled @ kernel + bias, rtol=1e-4, atol=1e-5)


def test_momentum_dropout_and_slope_reach_their_layers():
    network = WideResNet(
        (8, 8, 1),
        2,
        depth=10,
        width=1,
        dropout=0.3,
        batch_norm_momentum=0.999,
        negative_slope=0.1,
    )
    norms = [
        layer.momentum
        for layer in network.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    rates = [
        layer.rate
        for layer in network.layers
        if isinstance(layer, keras.layers.Dropout)
    ]
    slopes = [
        layer.negative_slope
        for layer in network.layers
        if isinstance(layer, keras.layers.LeakyReLU)
    ]
    assert norms == [0.999] * 7
    assert rates == [0.3] * 3
    np.testing.assert_allclose(slopes, [0.1] * 7)


def test_group_normalisation_against_numpy():
    network = WideResNet((8, 8, 1), 3, depth=10, width=3, normalization="group")
    name = "group_2_block_0_first"
    taps = keras.Model(
        network.input,
        [network.get_layer(n).output for n in ("layer_1", f"{name}_activation")],
    )
    x = np.random.default_rng(5).normal(size=(4, 8, 8, 1)).astype("float32")
    group, activated = taps.predict_on_batch(x)
    # 48 channels: three groups of 16, each with the mean and variance of an example.
    grouped = group.reshape(4, 64, 3, 16)
    mean, variance = grouped.mean((1, 3)), grouped.var((1, 3))
    expected = (grouped - mean[:, None, :, None]) / np.sqrt(
        variance[:, None, :, None] + 1e-3
    )
    expected = np.maximum(expected, 0).reshape(group.shape)
    np.testing.assert_allclose(activated, expected, rtol=1e-4, atol=1e-5)


def test_group_normalisation_knows_no_batch():
    network = WideResNet((8, 8, 1), 3, depth=10, width=1, normalization="group")
    x = np.random.default_rng(6).normal(size=(4, 8, 8, 1)).astype("float32")
    together = keras.ops.convert_to_numpy(network(x, training=True))
    alone = keras.ops.convert_to_numpy(network(x[:1], training=True))
    np.testing.assert_allclose(together[:1], alone, rtol=1e-4, atol=1e-5)
    assert not network.non_trainable_variables
    assert network.name == "wide_resnet_10_1_group_norm"
    usual = WideResNet((8, 8, 1), 3, depth=10, width=1)
    assert network.count_params() == trainable_parameters(usual)


@pytest.mark.parametrize("normalization", ["batch", "group"])
def test_saving_round_trip(tmp_path, normalization):
    network = WideResNet(
        (8, 8, 1),
        3,
        depth=10,
        width=1,
        negative_slope=0.1,
        normalization=normalization,
        name="mine",
    )
    x = np.random.default_rng(2).normal(size=(2, 8, 8, 1)).astype("float32")
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(
        network.predict_on_batch(x), loaded.predict_on_batch(x)
    )
    assert loaded.name == "mine"


@pytest.mark.parametrize("normalization", ["batch", "group"])
def test_trains(normalization):
    keras.utils.set_random_seed(0)
    network = WideResNet(
        (8, 8, 1),
        2,
        depth=10,
        width=1,
        batch_norm_momentum=0.5,
        normalization=normalization,
    )
    x = np.random.default_rng(3).normal(size=(16, 8, 8, 1)).astype("float32")
    # Changes down against those across: a mean would be normalised away.
    steps = np.diff(x, axis=1).std((1, 2, 3)) > np.diff(x, axis=2).std((1, 2, 3))
    y = steps.astype("int32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(2e-3), loss)
    losses = network.fit(x, y, epochs=25, verbose=0).history["loss"]
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 27}, r"6n \+ 4.*depth=27"),
        ({"depth": 4}, r"6n \+ 4.*depth=4"),
        ({"width": 0}, "`width` must be a positive integer.*width=0"),
        ({"input_shape": (8, 8)}, r"\(height, width, channels\).*\(8, 8\)"),
        ({"num_classes": 0}, "`num_classes` must be a positive.*num_classes=0"),
        ({"dropout": 1.0}, "`dropout` must be a rate.*dropout=1.0"),
        ({"batch_norm_momentum": 1}, "`batch_norm_momentum` must be in"),
        ({"negative_slope": -0.1}, "`negative_slope` must be in"),
        ({"activated_shortcuts": "some"}, "`activated_shortcuts` must be.*'some'"),
        ({"strided_convolution": 3}, "`strided_convolution` must be 1 or 2.*=3"),
        ({"normalization": "layer"}, "`normalization` must be .*'layer'"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        WideResNet(**{"input_shape": (8, 8, 1), "num_classes": 10} | arguments)
