"""Where the time of a training step goes, by operation; prints one JSON line.

    python profile_graph.py FOLDER BATCH STEPS THREADS

FOLDER is what bench/record-step.ts wrote. The graph runs here under TensorFlow's own tracing, in a session set up as
tfjs-node's: same library version, same threads, operations one after another.
"""

import json
import os
import re
import sys
import time
from collections import defaultdict

folder, batch, steps, threads = sys.argv[1], *map(int, sys.argv[2:])
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
# What src/compute/tensorflow.ts sets.
os.environ["TF_DETERMINISTIC_OPS"] = "1"
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

v1 = tf.compat.v1
v1.disable_eager_execution()

model = saved_model_pb2.SavedModel()
with open(os.path.join(folder, "saved_model.pb"), "rb") as file:
    model.ParseFromString(file.read())
with open(os.path.join(folder, "calls.json")) as file:
    calls = json.load(file)
tf.import_graph_def(model.meta_graphs[0].graph_def, name="")
graph = v1.get_default_graph()
tensor_of = lambda name: graph.get_tensor_by_name(name if ":" in name else f"{name}:0")


def run(session, call, **options):
    feeds = {}
    for feed in call["feeds"]:
        tensor = tensor_of(feed["name"])
        values = np.fromfile(os.path.join(folder, feed["file"]), tensor.dtype.as_numpy_dtype)
        feeds[tensor] = values.reshape(feed["shape"])
    fetches = [tensor_of(name) for name in call["fetches"]]
    started = time.perf_counter()
    session.run(fetches, feeds, **options)
    return time.perf_counter() - started


config = v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
microseconds, times_run = defaultdict(float), defaultdict(int)
node_microseconds, node_op = defaultdict(float), {}
with v1.Session(config=config) as session:
    for call in calls[:-1]:
        run(session, call)
    step = calls[-1]
    for _ in range(3):
        run(session, step)
    untraced = float(np.median([run(session, step) for _ in range(steps)]))
    traced = []
    for _ in range(steps):
        metadata = v1.RunMetadata()
        tracing = v1.RunOptions(trace_level=v1.RunOptions.FULL_TRACE)
        traced.append(run(session, step, options=tracing, run_metadata=metadata))
        for device in metadata.step_stats.dev_stats:
            for node in device.node_stats:
                # The label names the operation after the graph was optimised: "[memory] node = Op(inputs)".
                label = re.search(r"\S+ = ([^(]+)\(", node.timeline_label)
                op = label.group(1) if label else node.node_name
                took = node.op_end_rel_micros - node.op_start_rel_micros
                microseconds[op] += took
                times_run[op] += 1
                node_microseconds[node.node_name] += took
                node_op[node.node_name] = op

total = sum(microseconds.values())
operations = [
    dict(op=op, share=spent / total, milliseconds=spent / steps / 1000, nodes=times_run[op] / steps)
    for op, spent in sorted(microseconds.items(), key=lambda item: -item[1])
]
nodes = [
    dict(node=node, op=node_op[node], share=spent / total, milliseconds=spent / steps / 1000)
    for node, spent in sorted(node_microseconds.items(), key=lambda item: -item[1])[:40]
]
print(
    json.dumps(
        dict(
            version=f"TensorFlow {tf.__version__}",
            stepMilliseconds=untraced * 1000,
            tracedStepMilliseconds=float(np.median(traced)) * 1000,
            operationMilliseconds=total / steps / 1000,
            imagesPerSecond=batch / untraced,
            operations=operations,
            nodes=nodes,
        )
    )
)
