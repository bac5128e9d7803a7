"""Times input pipelines of TensorFlow and Keras: JPEG files to augmented batches; prints one JSON line.

    python pipeline.py PIPELINE FOLDER SIZE BATCH EPOCHS THREADS

PIPELINE  generator          ImageDataGenerator.flow_from_directory, as the tutorial has it
          generator-workers  the same with as many of Keras' worker threads as there are threads
          tfdata             decode and resize in parallel, Keras' augmentation layers, prefetch
          tfdata-cached      the same, the resized uint8 pictures kept in memory
          tfdata-transform   that with the whole augmentation as one projective transform
"""

import json
import os
import sys
import time

pipeline, folder, size, batch, epochs, threads = sys.argv[1:]
size, batch, epochs, threads = map(int, (size, batch, epochs, threads))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import tensorflow as tf

from memory import peak_memory_bytes

tf.config.threading.set_intra_op_parallelism_threads(threads)


def generator_epochs(workers):
    """Epochs of ImageDataGenerator's batches; each is an iterator."""
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    augmented = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=20,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=0.2,
        horizontal_flip=True,
    )
    flow = augmented.flow_from_directory(folder, target_size=(size, size), batch_size=batch)
    if workers == 1:
        for _ in range(epochs):
            yield (flow[index] for index in range(len(flow)))
            flow.on_epoch_end()
        return
    # Keras' own machinery, as fit uses it when a data set asks for workers.
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    flow.workers = workers
    adapter = PyDatasetAdapter(flow)
    for _ in range(epochs):
        yield adapter._finite_enqueuer_generator()
        flow.on_epoch_end()


def keras_layers():
    fill = dict(fill_mode="nearest")
    return keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(20 / 360, **fill),
            keras.layers.RandomTranslation(0.2, 0.2, **fill),
            keras.layers.RandomShear(np.tan(np.radians(0.2)), 0.0, **fill),
            keras.layers.RandomZoom(0.2, 0.2, **fill),
        ]
    )


def one_transform(pictures):
    """Rotation, shear, zoom and flip about the centre, then shift, in one interpolation."""
    rows = tf.shape(pictures)[0]
    between = lambda limit: tf.random.uniform([rows], -limit, limit)
    angle, shear = between(np.radians(20)), tf.tan(between(np.radians(0.2)))
    across = tf.sign(between(1.0)) / (1 + between(0.2))
    down = 1 / (1 + between(0.2))
    a0, a1 = tf.cos(angle) * across, (tf.cos(angle) * shear - tf.sin(angle)) * down
    b0, b1 = tf.sin(angle) * across, (tf.sin(angle) * shear + tf.cos(angle)) * down
    centre = (size - 1) / 2
    x, y = centre + between(0.2 * size), centre + between(0.2 * size)
    zero = tf.zeros([rows])
    columns = [a0, a1, centre - a0 * x - a1 * y, b0, b1, centre - b0 * x - b1 * y, zero, zero]
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(pictures, tf.float32),
        transforms=tf.stack(columns, axis=1),
        output_shape=[size, size],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    return moved * (1 / 255)


def tfdata_epochs(cached, transform):
    classes = sorted(os.listdir(folder))
    files = [(os.path.join(folder, name, file), label) for label, name in enumerate(classes) for file in sorted(os.listdir(os.path.join(folder, name)))]

    def read(path, label):
        picture = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        resized = tf.image.resize(picture, [size, size], method="nearest")
        return tf.ensure_shape(resized, [size, size, 3]), label

    # Shuffled first, that decoding may stay in order; after a cache it must come behind it.
    pictures = tf.data.Dataset.from_tensor_slices(([path for path, _ in files], [label for _, label in files]))
    if not cached:
        pictures = pictures.shuffle(len(files))
    pictures = pictures.map(read, num_parallel_calls=tf.data.AUTOTUNE)
    if cached:
        pictures = pictures.cache().shuffle(len(files))
    batches = pictures.batch(batch)
    if transform:
        augment = one_transform
    else:
        layers = keras_layers()
        augment = lambda some: layers(tf.cast(some, tf.float32) * (1 / 255), training=True)
    batches = batches.map(lambda some, labels: (augment(some), labels), num_parallel_calls=tf.data.AUTOTUNE)
    batches = batches.prefetch(tf.data.AUTOTUNE)
    for _ in range(epochs):
        yield iter(batches)


if pipeline.startswith("generator"):
    courses = generator_epochs(threads if pipeline == "generator-workers" else 1)
else:
    courses = tfdata_epochs(pipeline != "tfdata", pipeline == "tfdata-transform")
paces = []
started = time.perf_counter()
for course in courses:
    images = 0
    for pictures, labels in course:
        images += len(labels)
        assert pictures.shape[1:] == (size, size, 3), pictures.shape
    ended = time.perf_counter()
    paces.append((images, ended - started))
    started = ended
later_images = sum(images for images, _ in paces[1:])
later_seconds = sum(seconds for _, seconds in paces[1:])
print(
    json.dumps(
        dict(
            version=f"Keras {keras.__version__} on TensorFlow {tf.__version__}",
            firstImagesPerSecond=paces[0][0] / paces[0][1],
            laterImagesPerSecond=later_images / later_seconds,
            peakMemoryBytes=peak_memory_bytes(),
        )
    ),
    flush=True,
)
# Worker processes of the generator's queue end late by themselves.
os._exit(0)
