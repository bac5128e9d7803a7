"""The networks of src/nn/models in Keras and PyTorch, for like-for-like timing."""

from math import floor

ALEXNET = dict(
    convolutions=[
        # filters, kernel, stride, padding, pool after
        (96, 11, 4, "valid", True),
        (256, 5, 1, "same", True),
        (384, 3, 1, "same", False),
        (384, 3, 1, "same", False),
        (256, 3, 1, "same", True),
    ],
    hidden=4096,
)
ALEXNET_SMALL = dict(
    convolutions=[
        (32, 5, 1, "same", True),
        (64, 5, 1, "same", True),
        (96, 3, 1, "same", False),
        (96, 3, 1, "same", False),
        (64, 3, 1, "same", True),
    ],
    hidden=512,
)
PLANS = {"alexnet": ALEXNET, "alexnet-small": ALEXNET_SMALL}


def plan_of(name, scale=1.0):
    """A plan with every width multiplied by scale, rounded half up as `scaled` in src/nn/network.ts."""
    scaled = lambda width: max(1, floor(width * scale + 0.5))
    plan = PLANS[name]
    convolutions = [(scaled(filters), *rest) for filters, *rest in plan["convolutions"]]
    return dict(convolutions=convolutions, hidden=scaled(plan["hidden"]))


def keras_network(plan, size, channels, classes):
    """A Keras model that is not compiled yet."""
    import keras

    layers = [keras.Input((size, size, channels))]
    for filters, kernel, stride, padding, pooled in plan["convolutions"]:
        layers.append(keras.layers.Conv2D(filters, kernel, stride, padding, activation="relu"))
        if pooled:
            layers.append(keras.layers.MaxPooling2D(3, 2))
    layers.append(keras.layers.Flatten())
    for _ in range(2):
        layers += [keras.layers.Dense(plan["hidden"], activation="relu"), keras.layers.Dropout(0.5)]
    layers.append(keras.layers.Dense(classes, activation="softmax"))
    return keras.Sequential(layers)


def torch_network(plan, size, channels, classes):
    """The same layers as a PyTorch module that returns logits."""
    from torch import nn

    layers, width, edge = [], channels, size
    for filters, kernel, stride, padding, pooled in plan["convolutions"]:
        pad = kernel // 2 if padding == "same" else 0
        layers += [nn.Conv2d(width, filters, kernel, stride, pad), nn.ReLU()]
        edge = (edge + 2 * pad - kernel) // stride + 1
        width = filters
        if pooled:
            layers.append(nn.MaxPool2d(3, 2))
            edge = (edge - 3) // 2 + 1
    layers.append(nn.Flatten())
    features = width * edge * edge
    for _ in range(2):
        layers += [nn.Linear(features, plan["hidden"]), nn.ReLU(), nn.Dropout(0.5)]
        features = plan["hidden"]
    layers.append(nn.Linear(features, classes))
    return nn.Sequential(*layers)
