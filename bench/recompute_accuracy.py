#!/usr/bin/env python3
"""Recomputes a model's accuracy outside Readroom, from files alone.

Reads the ONNX model of an exported package, the preprocessed tensors that
`readroom predict --tensors-to DIR` wrote, and a table of true classes; predicts every tensor with
ONNX Runtime in Python and counts how often the most probable class is the true one. No code of
Readroom takes part, so an equal figure says that the exported model, its input tensors and the
stated accuracy belong together.

    python3 bench/recompute_accuracy.py --package PACKAGE --tensors DIR --truths truths.csv \\
        [--predictions predictions.json]

DIR          one <index>-<name>.npy per image (float32, height x width x channels) and index.csv
             with the columns file,tensor in the order of prediction
truths.csv   the columns file,class; a file is the same text as in index.csv, or, where every file
             name is unique in the table, just the same file name
predictions  what `readroom predict --json` printed; compared value by value

Prints one JSON document: n, correct, accuracy, and with --predictions also maxAbsDiff (the largest
difference of one probability) and sameLabels (how many of the n labels are equal).
Needs numpy and onnxruntime. Exit status 0 done, 1 refused with a sentence on stderr.
"""

import argparse
import csv
import json
import sys
from pathlib import Path, PurePath

import numpy
import onnxruntime

BATCH = 64


class Refused(Exception):
    """Something expected went wrong; the message is a sentence."""


def read_table(file, columns):
    """The rows of a CSV file as dictionaries, after checking that it has these columns."""
    with open(file, newline="", encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle)
        missing = [column for column in columns if column not in (reader.fieldnames or [])]
        if missing:
            raise Refused(f"{file} has no column {', '.join(missing)}.")
        return list(reader)


def truth_finder(rows):
    """A function from a file, as index.csv names it, to its true class."""
    by_path = {row["file"]: row["class"] for row in rows}
    by_name = {PurePath(row["file"]).name: row["class"] for row in rows}
    names_are_unique = len(by_name) == len(by_path)

    def find(file):
        if file in by_path:
            return by_path[file]
        name = PurePath(file).name
        if names_are_unique and name in by_name:
            return by_name[name]
        raise Refused(f"The table of truths does not say the class of {file}.")

    return find


def open_model(package):
    """The package's ONNX model and its class names in the order of its output."""
    session = onnxruntime.InferenceSession(
        str(package / "onnx" / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    stated = json.loads((package / "readroom.json").read_text(encoding="utf-8"))["classes"]
    if classes != stated:
        raise Refused(f"The model's classes {classes} are not those of readroom.json, {stated}.")
    return session, classes


def read_tensors(folder, rows):
    """Arrays of at most BATCH stacked tensors, in the order of the rows."""
    for start in range(0, len(rows), BATCH):
        tensors = [numpy.load(folder / row["tensor"]) for row in rows[start : start + BATCH]]
        yield numpy.stack(tensors).astype(numpy.float32, copy=False)


def compare(predictions_file, files, classes, probabilities):
    """The largest difference to Readroom's own probabilities, and how many labels are equal."""
    with open(predictions_file, encoding="utf-8") as handle:
        predictions = json.load(handle)["predictions"]
    stated = [prediction for prediction in predictions if "error" not in prediction]
    if [prediction["file"] for prediction in stated] != files:
        raise Refused(f"{predictions_file} speaks of other files than index.csv, or in another order.")
    theirs = numpy.array([[row["probabilities"][name] for name in classes] for row in stated])
    return {
        "maxAbsDiff": float(numpy.max(numpy.abs(theirs - probabilities))),
        "sameLabels": int(numpy.sum(theirs.argmax(axis=1) == probabilities.argmax(axis=1))),
    }


def recompute(package, tensors, truths, predictions):
    """The document that this program prints."""
    session, classes = open_model(package)
    rows = read_table(tensors / "index.csv", ["file", "tensor"])
    if not rows:
        raise Refused(f"{tensors / 'index.csv'} names no tensors.")
    files = [row["file"] for row in rows]
    find_truth = truth_finder(read_table(truths, ["file", "class"]))
    truth = [find_truth(file) for file in files]
    unknown = sorted(set(truth) - set(classes))
    if unknown:
        raise Refused(f"The model has no class {', '.join(unknown)}; it knows {', '.join(classes)}.")
    probabilities = numpy.concatenate(
        [session.run(["probabilities"], {"image": batch})[0] for batch in read_tensors(tensors, rows)]
    )
    predicted = [classes[index] for index in probabilities.argmax(axis=1)]
    correct = sum(label == expected for label, expected in zip(predicted, truth))
    document = {"n": len(rows), "correct": correct, "accuracy": correct / len(rows)}
    if predictions is not None:
        document |= compare(predictions, files, classes, probabilities)
    return document


def main():
    summary, _, details = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--package", type=Path, required=True, help="folder that `readroom export` wrote")
    parser.add_argument("--tensors", type=Path, required=True, help="folder that `predict --tensors-to` wrote")
    parser.add_argument("--truths", type=Path, required=True, help="CSV with the columns file,class")
    parser.add_argument("--predictions", type=Path, help="JSON that `predict --json` printed")
    arguments = parser.parse_args()
    try:
        document = recompute(arguments.package, arguments.tensors, arguments.truths, arguments.predictions)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
