"""Networks of a user's own, and functions that make none."""

import keras


@keras.saving.register_keras_serializable(package="own_network")
class Scaled(keras.layers.Layer):
    """A layer that Keras knows once this module is imported."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs):
        return inputs * self.scale


def small(options, input_shape, num_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(5, activation="relu", name="hidden"),
            keras.layers.Dropout(options.dropout),
            Scaled(name="scaled"),
            keras.layers.Dense(num_classes, name="logits"),
        ]
    )


def probabilities(options, input_shape, num_classes):
    x = keras.Input(input_shape)
    flat = keras.layers.Flatten()(x)
    return keras.Model(x, keras.layers.Dense(num_classes, activation="softmax")(flat))


def two_logits(options, input_shape, num_classes):
    return small(options, input_shape, 2)


def other_input(options, input_shape, num_classes):
    return small(options, (7,), num_classes)


def no_network(options, input_shape, num_classes):
    return "wide_resnet_10_1"


def of_one_argument(options):
    return None


def normalized(options, input_shape, num_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(8, use_bias=False, name="hidden"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Activation("relu", name="relu"),
            keras.layers.Dropout(options.dropout),
            keras.layers.Dense(num_classes, name="logits"),
        ]
    )
