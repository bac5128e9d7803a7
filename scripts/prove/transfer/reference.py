"""Weight files of PyTorch and Keras with seeded random values, and what these programs compute with them.

    reference.py small FOLDER   networks of little width, for test/fixtures/weights (gzip)
    reference.py full FOLDER    torchvision's and Keras' own networks at full size

Writes input-SIZE.u8 (2 pictures, height x width x 3) and NAME.json beside each file: network, scale, size, logits.
Pictures go in as (x / 255 - 0.5) / 0.25.
"""

import gzip
import json
import math
import os
import shutil
import sys
import zipfile

os.environ["KERAS_BACKEND"] = "torch"

import h5py
import keras
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

try:
    import torchvision
except RuntimeError:
    # Its wheel is built for CUDA's PyTorch; only operators of detectors are missed beside one for processors.
    detectors = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        detectors.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from torchvision.models import alexnet, densenet121, resnet18, resnet34, resnet50
from torchvision.models.densenet import DenseNet

CLASSES = 5


def scaled(width, scale):
    return max(1, math.floor(width * scale + 0.5))


def pixels(size):
    return np.random.default_rng(size).integers(0, 256, (2, size, size, 3), dtype=np.uint8)


def pictures(size):
    return (pixels(size).astype(np.float32) / 255 - 0.5) / 0.25


def fill_torch(model, seed):
    """Values at which activations neither vanish nor explode."""
    generator = torch.Generator().manual_seed(seed)
    normal = lambda t: torch.randn(t.shape, generator=generator)
    uniform = lambda t, low, high: low + (high - low) * torch.rand(t.shape, generator=generator)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                fan_in = module.weight[0].numel()
                module.weight.copy_(normal(module.weight) * math.sqrt(2 / fan_in))
                if module.bias is not None:
                    module.bias.copy_(normal(module.bias) * 0.1)
            if isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(uniform(module.weight, 0.3, 0.7))
                module.bias.copy_(normal(module.bias) * 0.1)
                module.running_mean.copy_(normal(module.running_mean) * 0.1)
                module.running_var.copy_(uniform(module.running_var, 0.5, 1.5))
    return model.eval()


def fill_keras(model, seed, variance=(0.5, 1.5)):
    random = np.random.default_rng(seed)
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            kind = weight.path.split("/")[-1]
            shape = tuple(weight.shape)
            if kind == "kernel":
                values.append(random.normal(size=shape) * math.sqrt(2 / np.prod(shape[:-1])))
            elif kind in ("bias", "beta", "moving_mean"):
                values.append(random.normal(size=shape) * 0.1)
            elif kind == "gamma":
                values.append(random.uniform(0.3, 0.7, shape))
            elif kind == "moving_variance":
                values.append(random.uniform(*variance, shape))
            else:
                values.append(keras.ops.convert_to_numpy(weight))
        layer.set_weights(values)
    return model


def torch_logits(model, size):
    with torch.no_grad():
        return model(torch.from_numpy(pictures(size)).permute(0, 3, 1, 2)).numpy()


def keras_logits(model, size):
    head = model.layers[-1]
    before = keras.Model(model.inputs, head.input)
    kernel, bias = head.get_weights()
    return np.asarray(before.predict(pictures(size), verbose=0)) @ kernel + bias


class Alexnet(nn.Module):
    def __init__(self, scale):
        super().__init__()
        a, b, c, d = (scaled(w, scale) for w in (64, 192, 384, 256))
        hidden = scaled(4096, scale)
        relu = lambda: nn.ReLU()
        self.features = nn.Sequential(
            nn.Conv2d(3, a, 11, 4, 2), relu(), nn.MaxPool2d(3, 2),
            nn.Conv2d(a, b, 5, padding=2), relu(), nn.MaxPool2d(3, 2),
            nn.Conv2d(b, c, 3, padding=1), relu(),
            nn.Conv2d(c, d, 3, padding=1), relu(),
            nn.Conv2d(d, d, 3, padding=1), relu(), nn.MaxPool2d(3, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(d * 36, hidden), relu(),
            nn.Dropout(), nn.Linear(hidden, hidden), relu(), nn.Linear(hidden, CLASSES),
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class Block(nn.Module):
    def __init__(self, inputs, width, stride, bottleneck):
        super().__init__()
        self.bottleneck = bottleneck
        outputs = 4 * width if bottleneck else width
        kernels = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
        if not bottleneck:
            kernels = [(inputs, width, 3, stride), (width, width, 3, 1)]
        for i, (a, b, kernel, step) in enumerate(kernels, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.count = len(kernels)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = torch.relu(y)
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Resnet(nn.Module):
    def __init__(self, scale, blocks, bottleneck):
        super().__init__()
        width = scaled(64, scale)
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage, count in enumerate(blocks):
            width = scaled(64 * 2**stage, scale)
            layers = []
            for index in range(count):
                layers.append(Block(inputs, width, 2 if stage > 0 and index == 0 else 1, bottleneck))
                inputs = 4 * width if bottleneck else width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean((2, 3)))


def keras_alexnet(scale, size, classes, names=False):
    """The single tower, as tutorials write it: layers without names, dropout between."""
    layers = keras.layers
    name = (lambda n: {"name": n}) if names else (lambda n: {})
    relu = {"activation": "relu"}
    w = lambda width: scaled(width, scale)
    return keras.Sequential([
        layers.Input((size, size, 3)),
        layers.Conv2D(w(96), 11, strides=4, **relu, **name("conv1")),
        layers.MaxPooling2D(3, 2),
        layers.Conv2D(w(256), 5, padding="same", **relu, **name("conv2")),
        layers.MaxPooling2D(3, 2),
        layers.Conv2D(w(384), 3, padding="same", **relu, **name("conv3")),
        layers.Conv2D(w(384), 3, padding="same", **relu, **name("conv4")),
        layers.Conv2D(w(256), 3, padding="same", **relu, **name("conv5")),
        layers.MaxPooling2D(3, 2),
        layers.Flatten(),
        layers.Dense(w(4096), **relu, **name("fc6")),
        layers.Dropout(0.5),
        layers.Dense(w(4096), **relu, **name("fc7")),
        layers.Dropout(0.5),
        layers.Dense(classes, activation="softmax", **name("fc8")),
    ])


def keras_batchnorm(scale, size):
    """The single tower with batch normalisation before every activation, with Keras' own epsilon of 1e-3."""
    layers = keras.layers
    x = inputs = keras.Input((size, size, 3))

    def normalized(x, layer):
        return layers.ReLU()(layers.BatchNormalization()(layer(x)))

    for width, kernel, strides, padding, pool in (
        (96, 11, 4, "valid", True), (256, 5, 1, "same", True), (384, 3, 1, "same", False),
        (384, 3, 1, "same", False), (256, 3, 1, "same", True),
    ):
        x = normalized(x, layers.Conv2D(scaled(width, scale), kernel, strides, padding, use_bias=False))
        x = layers.MaxPooling2D(3, 2)(x) if pool else x
    x = layers.Flatten()(x)
    for _ in range(2):
        x = layers.Dropout(0.5)(normalized(x, layers.Dense(scaled(4096, scale))))
    return keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def keras_densenet(growth, first, size):
    """Keras' own DenseNet121 with other widths, which it does not let one choose."""
    from keras.src.applications import densenet

    conv_block, conv2d = densenet.conv_block, densenet.layers.Conv2D
    densenet.conv_block = lambda x, _, name: conv_block(x, growth, name)
    densenet.layers.Conv2D = lambda filters, kernel, **more: conv2d(first if kernel == 7 else filters, kernel, **more)
    try:
        return keras.applications.DenseNet121(weights=None, classes=CLASSES, input_shape=(size, size, 3))
    finally:
        densenet.conv_block, densenet.layers.Conv2D = conv_block, conv2d


def rename_keras2(source, target):
    """Keras 3's HDF5 with the tensor names of Keras 2: conv2d/kernel:0."""
    shutil.copyfile(source, target)
    with h5py.File(target, "r+") as file:
        for layer in file.attrs["layer_names"]:
            group = file[layer]
            names = [n if isinstance(n, str) else n.decode() for n in group.attrs["weight_names"]]
            values = [group[n][()] for n in names]
            for key in list(group.keys()):
                del group[key]
            new = [f"{layer if isinstance(layer, str) else layer.decode()}/{n.split('/')[-1]}:0" for n in names]
            for n, v in zip(new, values):
                group.create_dataset(n, data=v)
            group.attrs["weight_names"] = [n.encode() for n in new]
        file.attrs["keras_version"] = "2.4.0"


def without_names(source, target):
    """A .weights.h5, or the one in a .keras file, as Keras wrote it before it put the layers' names beside them."""
    if source.endswith(".keras"):
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            old.extract("model.weights.h5", target + ".parts")
            part = os.path.join(target + ".parts", "model.weights.h5")
            without_names(part, part + ".h5")
            new.write(part + ".h5", "model.weights.h5")
            new.writestr("config.json", old.read("config.json"))
        shutil.rmtree(target + ".parts")
        return
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        names = []
        old.visit(names.append)
        for name in names:
            if isinstance(old[name], h5py.Dataset):
                new.create_dataset(name, data=old[name][()])


class Out:
    def __init__(self, folder, packed):
        self.folder, self.packed = folder, packed
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def done(self, name, network, scale, size, logits, **more):
        facts = {"network": network, "scale": scale, "size": size, "outputs": int(logits.shape[1])}
        facts |= {"versions": f"torch {torch.__version__}, keras {keras.__version__}"} | more
        facts["logits"] = [[float(v) for v in row] for row in logits]
        with open(self.path(f"{name}.json"), "w") as file:
            json.dump(facts, file)
        pixels(size).tofile(self.path(f"input-{size}.u8"))
        if self.packed:
            with open(self.path(name), "rb") as file, open(self.path(f"{name}.gz"), "wb") as to:
                to.write(gzip.compress(file.read(), 9, mtime=0))
            os.remove(self.path(name))


def small(folder):
    out = Out(folder, True)
    size = 67

    scale = 0.02
    model = fill_torch(Alexnet(scale), 1)
    logits = torch_logits(model, size)
    facts = ("alexnet-torchvision", scale, size, logits)
    torch.save(model.state_dict(), out.path("alexnet.pth"))
    out.done("alexnet.pth", *facts)
    torch.save(model.state_dict(), out.path("alexnet-legacy.pth"), _use_new_zipfile_serialization=False)
    out.done("alexnet-legacy.pth", *facts)
    save_file(model.state_dict(), out.path("alexnet.safetensors"))
    out.done("alexnet.safetensors", *facts)
    # A checkpoint of a wrapped model beside an optimiser's state, with tensors that do not lie in a row.
    state = {f"module.{k}": v.t().contiguous().t() if v.dim() == 2 else v for k, v in model.state_dict().items()}
    state = {k: v.to(memory_format=torch.channels_last) if v.dim() == 4 else v for k, v in state.items()}
    moments = {0: {"step": 3, "exp_avg": torch.zeros(3)}}
    torch.save({"epoch": 3, "optimizer": {"state": moments}, "state_dict": state}, out.path("alexnet-checkpoint.pth"))
    out.done("alexnet-checkpoint.pth", *facts)
    for name, dtype in (("half", torch.float16), ("bfloat", torch.bfloat16), ("double", torch.float64)):
        rounded = {k: v.to(dtype) for k, v in model.state_dict().items()}
        again = Alexnet(scale).eval()
        again.load_state_dict({k: v.float() for k, v in rounded.items()})
        logits_rounded = torch_logits(again, size)
        if name == "double":
            torch.save(rounded, out.path("alexnet-double.pth"), _use_new_zipfile_serialization=False)
            out.done("alexnet-double.pth", "alexnet-torchvision", scale, size, logits_rounded)
        else:
            save_file(rounded, out.path(f"alexnet-{name}.safetensors"))
            out.done(f"alexnet-{name}.safetensors", "alexnet-torchvision", scale, size, logits_rounded)

    scale = 0.05
    for name, blocks, bottleneck, scale in (("resnet18", (2, 2, 2, 2), False, 0.05), ("resnet50", (3, 4, 6, 3), True, 0.03)):
        model = fill_torch(Resnet(scale, blocks, bottleneck), 2)
        torch.save(model.state_dict(), out.path(f"{name}.pth"))
        out.done(f"{name}.pth", name, scale, size, torch_logits(model, size))

    scale = 0.06
    model = DenseNet(scaled(32, scale), (6, 12, 24, 16), scaled(64, scale), num_classes=CLASSES)
    model = fill_torch(model, 3)
    logits = torch_logits(model, size)
    save_file(model.state_dict(), out.path("densenet121.safetensors"))
    out.done("densenet121.safetensors", "densenet121", scale, size, logits)
    # torchvision's first files part these names, and lack the counters.
    import re

    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", k): v
        for k, v in model.state_dict().items()
        if not k.endswith("num_batches_tracked")
    }
    torch.save(old, out.path("densenet121-old.pth"), _use_new_zipfile_serialization=False)
    out.done("densenet121-old.pth", "densenet121", scale, size, logits)

    scale = 0.02
    model = fill_keras(keras_alexnet(scale, size, CLASSES), 4)
    facts = ("alexnet", scale, size, keras_logits(model, size))
    model.save(out.path("keras-alexnet.keras"))
    out.done("keras-alexnet.keras", *facts)
    model.save_weights(out.path("keras-alexnet.weights.h5"))
    out.done("keras-alexnet.weights.h5", *facts)
    model.save(out.path("keras-alexnet.h5"))
    out.done("keras-alexnet.h5", *facts)
    model.save_weights(out.path("named.weights.h5"))
    without_names(out.path("named.weights.h5"), out.path("keras30-alexnet.weights.h5"))
    os.remove(out.path("named.weights.h5"))
    out.done("keras30-alexnet.weights.h5", *facts)
    # HDF5 lets a tensor lie in another file, which would bring a reader's own files into the weights.
    model.save_weights(out.path("keras-elsewhere.weights.h5"))
    with h5py.File(out.path("keras-elsewhere.weights.h5"), "r+") as file:
        values = file["layers/dense_2/vars"]
        del values["1"]
        values.create_dataset("1", (CLASSES,), "float32", external=[("/etc/passwd", 0, 4 * CLASSES)])
    out.done("keras-elsewhere.weights.h5", *facts, refused=True)
    with h5py.File(out.path("whole.h5"), "w") as file:
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        save_weights_to_hdf5_group(file, model)
    rename_keras2(out.path("whole.h5"), out.path("keras2-alexnet-weights.h5"))
    os.remove(out.path("whole.h5"))
    out.done("keras2-alexnet-weights.h5", *facts)

    # Variances at which the epsilon weighs.
    model = fill_keras(keras_batchnorm(scale, size), 6, (0.1, 0.4))
    facts = ("alexnet-batchnorm", scale, size, keras_logits(model, size))
    model.save(out.path("keras-batchnorm.keras"))
    without_names(out.path("keras-batchnorm.keras"), out.path("keras30-batchnorm.keras"))
    out.done("keras30-batchnorm.keras", *facts)
    out.done("keras-batchnorm.keras", *facts)
    model.save_weights(out.path("keras-batchnorm.weights.h5"))
    out.done("keras-batchnorm.weights.h5", *facts, refused=True)

    model = fill_keras(keras_densenet(2, 4, size), 5)
    facts = ("densenet121", 0.06, size, keras_logits(model, size))
    model.save(out.path("keras-densenet121.keras"))
    out.done("keras-densenet121.keras", *facts)
    model.save_weights(out.path("keras-densenet121.weights.h5"))
    out.done("keras-densenet121.weights.h5", *facts)


def full(folder):
    out = Out(folder, False)
    for name, build, size in (
        ("alexnet-torchvision.pth", alexnet, 224),
        ("resnet18.pth", resnet18, 224),
        ("resnet34.pth", resnet34, 224),
        ("resnet50.safetensors", resnet50, 224),
        ("densenet121.pth", densenet121, 224),
    ):
        model = fill_torch(build(), 7)
        network = name.rsplit(".", 1)[0]
        logits = torch_logits(model, size)
        if name.endswith("safetensors"):
            save_file(model.state_dict(), out.path(name))
        else:
            legacy = network == "densenet121"
            torch.save(model.state_dict(), out.path(name), _use_new_zipfile_serialization=not legacy)
        out.done(name, network, 1, size, logits, of="torchvision")

    model = fill_keras(keras_alexnet(1, 227, 1000), 8)
    logits = keras_logits(model, 227)
    model.save(out.path("alexnet.keras"))
    out.done("alexnet.keras", "alexnet", 1, 227, logits, of="Keras")

    model = fill_keras(keras.applications.DenseNet121(weights=None), 9)
    logits = keras_logits(model, 224)
    model.save(out.path("keras-densenet121.h5"))
    out.done("keras-densenet121.h5", "densenet121", 1, 224, logits, of="Keras")

    model = keras.applications.ResNet50(weights=None)
    model.save_weights(out.path("keras-resnet50.weights.h5"))
    out.done("keras-resnet50.weights.h5", "resnet50", 1, 224, np.zeros((2, 1000)), of="Keras", refused=True)


if __name__ == "__main__":
    {"small": small, "full": full}[sys.argv[1]](sys.argv[2])
