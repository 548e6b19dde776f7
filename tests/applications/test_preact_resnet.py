import keras
import numpy as np
import pytest

from keras_mixup.applications import PreActResNet

LAYER_NAMES = [f"layer_{index}" for index in range(7)]
BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


def trainable_parameters(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def counted(depth, channels, classes):
    """The parameters of the reference, added up block by block."""
    total, width = 9 * channels * 64, 64
    for group, blocks in enumerate(BLOCKS[depth]):
        filters = 64 * 2**group
        out = filters if depth == 18 else 4 * filters
        for block in range(blocks):
            total += 2 * width  # normalisation of the input
            if depth == 18:
                total += 9 * width * filters + 2 * filters + 9 * filters**2
            else:
                total += width * filters + 2 * filters + 9 * filters**2
                total += 2 * filters + filters * out
            if block == 0 and (group or width != out):
                total += width * out
            width = out
    return total + (width + 1) * classes


@pytest.mark.parametrize(
    ("depth", "published"),
    # As a fork of github.com/kuangliu/pytorch-cifar reports them with its accuracies;
    # the first also github.com/Harry24k/adversarial-defenses-pytorch. The last is
    # 42,501,192 there, the nearest number that float32 has.
    [(18, 11_171_146), (50, 23_509_066), (101, 42_501_194)],
)
def test_published_parameter_counts(depth, published):
    network = PreActResNet((32, 32, 3), 10, depth=depth)
    assert trainable_parameters(network) == published
    assert counted(depth, 3, 10) == published
    assert int(np.float32(42_501_194)) == 42_501_192


def test_parameters_with_other_channels_and_classes():
    network = PreActResNet((28, 28, 1), 100)
    assert trainable_parameters(network) == counted(18, 1, 100)


@pytest.mark.parametrize(("depth", "expansion"), [(18, 1), (50, 4)])
def test_named_layers_have_the_published_shapes(depth, expansion):
    network = PreActResNet((32, 32, 3), 10, depth=depth)
    shapes = [network.get_layer(name).output.shape[1:] for name in LAYER_NAMES]
    assert shapes == [
        (32, 32, 64),
        (32, 32, 64 * expansion),
        (16, 16, 128 * expansion),
        (8, 8, 256 * expansion),
        (4, 4, 512 * expansion),
        (512 * expansion,),
        (10,),
    ]


def test_shortcuts_are_convolutions_where_the_shape_changes_and_no_more():
    for depth, groups in ((18, {2, 3, 4}), (50, {1, 2, 3, 4})):
        names = [layer.name for layer in PreActResNet((8, 8, 3), 2, depth).layers]
        shortcuts = {name for name in names if name.endswith("_shortcut")}
        assert shortcuts == {f"group_{group}_block_0_shortcut" for group in groups}


def test_forward_against_numpy():
    """A block with and one without a projection, and the end of the network."""
    network = PreActResNet((8, 8, 1), 3)
    names = ["layer_1", "group_2_block_0_add", "layer_2", *LAYER_NAMES[4:]]
    taps = keras.Model(network.input, [network.get_layer(n).output for n in names])
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    first, projected, second, last, pooled, logits = taps.predict_on_batch(x)

    def activate(value):
        # Untrained statistics: mean 0, variance 1.
        return np.maximum(value / np.sqrt(1 + 1e-5), 0)

    def convolve(value, name, stride=1):
        layer = network.get_layer(name)
        kernel = keras.ops.convert_to_numpy(layer.kernel)
        return convolved(value, kernel, stride)

    activated = activate(first)
    inner = activate(convolve(activated, "group_2_block_0_0_conv", 2))
    expected = convolve(inner, "group_2_block_0_1_conv")
    expected += convolve(activated, "group_2_block_0_shortcut", 2)
    np.testing.assert_allclose(projected, expected, rtol=1e-3, atol=1e-4)
    inner = activate(convolve(activate(projected), "group_2_block_1_0_conv"))
    expected = projected + convolve(inner, "group_2_block_1_1_conv")
    np.testing.assert_allclose(second, expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(pooled, last.mean((1, 2)), rtol=1e-5, atol=1e-5)
    kernel, bias = network.get_layer("layer_6").get_weights()
    np.testing.assert_allclose(logits, pooled @ kernel + bias, rtol=1e-3, atol=1e-4)


def convolved(x, kernel, stride):
    """A convolution that pads as "same" does, by a loop over the kernel."""
    size = kernel.shape[0]
    out = -(-x.shape[1] // stride)
    padding = max((out - 1) * stride + size - x.shape[1], 0)
    before = padding // 2
    widths = [(0, 0), (before, padding - before), (before, padding - before), (0, 0)]
    x = np.pad(x, widths)
    reach = (out - 1) * stride + 1
    result = 0
    for row in range(size):
        for column in range(size):
            part = x[:, row : row + reach : stride, column : column + reach : stride]
            result = result + part @ kernel[row, column]
    return result


def test_images_of_any_size():
    network = PreActResNet((None, None, 1), 4)
    assert network.predict_on_batch(np.zeros((2, 5, 9, 1))).shape == (2, 4)


@pytest.mark.parametrize(("depth", "num_blocks"), [(18, 8), (50, 16)])
def test_momentum_and_dropout_reach_their_layers(depth, num_blocks):
    network = PreActResNet(
        (8, 8, 1), 2, depth, batch_norm_momentum=0.9, dropout=0.3, name="mine"
    )
    norms, rates = [], []
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            norms.append(layer.momentum)
        if isinstance(layer, keras.layers.Dropout):
            rates.append(layer.rate)
    per_block = 2 if depth == 18 else 3
    assert norms == [0.9] * per_block * num_blocks
    assert rates == [0.3] * num_blocks
    assert network.name == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 34}, r"`depth` must be one of \[18, 50, 101\].*depth=34"),
        ({"input_shape": (8, 8)}, r"\(height, width, channels\).*\(8, 8\)"),
        ({"num_classes": 0}, "`num_classes` must be a positive.*num_classes=0"),
        ({"dropout": 1.0}, "`dropout` must be a rate.*dropout=1.0"),
        ({"batch_norm_momentum": 1}, "`batch_norm_momentum` must be in"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        PreActResNet(**{"input_shape": (8, 8, 1), "num_classes": 10} | arguments)
