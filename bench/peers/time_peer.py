"""Times training steps and inference of one peer library; prints one JSON line.

    python time_peer.py keras|torch NETWORK SIZE BATCH TRAIN_STEPS INFER_STEPS THREADS
"""

import json
import os
import resource
import sys
import time

library, name, size, batch, train_steps, infer_steps, threads = sys.argv[1:]
size, batch, train_steps, infer_steps, threads = map(int, (size, batch, train_steps, infer_steps, threads))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np

from network import PLANS, keras_model, torch_model

CLASSES = 10
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
    tf.config.threading.set_inter_op_parallelism_threads(1)
    import keras

    model = keras_model(PLANS[name], size, 3, CLASSES)
    version = f"keras {keras.__version__}, tensorflow {tf.__version__}"
    train = lambda: model.train_on_batch(images, labels)
    infer = lambda: model.predict_on_batch(images)
else:
    import torch

    torch.set_num_threads(threads)
    model = torch_model(PLANS[name], size, 3, CLASSES)
    version = f"torch {torch.__version__}"
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


result = dict(library=library, version=version, trainImagesPerSecond=timed(train, train_steps))
result["inferImagesPerSecond"] = timed(infer, infer_steps)
result["peakMemoryBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps(result))
