"""The common Keras tutorial: pictures from folders, augmented as they are read, AlexNet trained on them.

    python tutorial.py FOLDER SIZE SCALE BATCH EPOCHS THREADS MODEL_FILE

Prints one JSON line: versions and the clock at the end of each epoch, its validation included.
"""

import json
import os
import sys
import time

folder, size, scale, batch, epochs, threads, model_file = sys.argv[1:]
size, batch, epochs, threads = map(int, (size, batch, epochs, threads))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator

from network import keras_network, plan_of

tf.config.threading.set_intra_op_parallelism_threads(threads)

augmented = ImageDataGenerator(
    rescale=1 / 255,
    rotation_range=20,
    width_shift_range=0.2,
    height_shift_range=0.2,
    shear_range=0.2,
    zoom_range=0.2,
    horizontal_flip=True,
)
plain = ImageDataGenerator(rescale=1 / 255)
options = dict(target_size=(size, size), batch_size=batch, class_mode="categorical")
train = augmented.flow_from_directory(os.path.join(folder, "train"), **options)
val = plain.flow_from_directory(os.path.join(folder, "val"), **options, shuffle=False)

model = keras_network(plan_of("alexnet", float(scale)), size, 3, train.num_classes)
model.compile(keras.optimizers.Adam(), "categorical_crossentropy", metrics=["accuracy"])
ends = []
stamp = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.time() * 1000))
model.fit(train, validation_data=val, epochs=epochs, callbacks=[stamp], verbose=0)
model.save(model_file)
version = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"
print(json.dumps(dict(version=version, epochEndedAtMs=ends)))
