"""Times training steps and inference of one peer library; prints one JSON line.

    python time_peer.py keras|torch NETWORK SIZE SCALE BATCH TRAIN_STEPS INFER_STEPS THREADS

Threads of one operation are given; how many operations may run beside each other is left to the library, as a
user leaves it: Keras is faster so than with one.
"""

import json
import os
import sys
import time

library, name, size, scale, batch, train_steps, infer_steps, threads = sys.argv[1:]
size, batch, train_steps, infer_steps, threads = map(int, (size, batch, train_steps, infer_steps, threads))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np

from memory import peak_memory_bytes
from network import keras_network, plan_of, torch_network

CLASSES = 10
plan = plan_of(name, float(scale))
generator = np.random.default_rng(0)
images = generator.random((batch, size, size, 3), dtype=np.float32)
labels = generator.integers(0, CLASSES, batch)


def timed(step, steps):
    for _ in range(3):
        step()
    seconds = []
    for _ in range(steps):
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    return batch / float(np.median(seconds))


if library == "keras":
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    import keras

    model = keras_network(plan, size, 3, CLASSES)
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
    version = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
    train = lambda: model.train_on_batch(images, labels)
    infer = lambda: model.predict_on_batch(images)
else:
    import torch

    torch.set_num_threads(threads)
    model = torch_network(plan, size, 3, CLASSES)
    version = f"PyTorch {torch.__version__}"
    pixels = torch.from_numpy(images.transpose(0, 3, 1, 2).copy())
    truth = torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    loss_of = torch.nn.CrossEntropyLoss()

    def train():
        model.train()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(pixels), truth)
        loss.backward()
        optimizer.step()
        return loss.item()

    def infer():
        model.eval()
        with torch.no_grad():
            return torch.softmax(model(pixels), 1).numpy()


result = dict(version=version, trainImagesPerSecond=timed(train, train_steps))
result["inferImagesPerSecond"] = timed(infer, infer_steps)
result["peakMemoryBytes"] = peak_memory_bytes()
print(json.dumps(result))
