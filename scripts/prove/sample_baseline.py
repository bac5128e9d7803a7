#!/usr/bin/env python3
"""Logistic regression on 64x64 pixels: the plain baseline of the sample films.

    python3 scripts/prove/sample_baseline.py FOLDER SPLIT.csv

FOLDER     what `readroom sample` wrote: CLASS/PATIENT/FILE.png
SPLIT.csv  the columns file (path below FOLDER) and part (train, val or test)

Trains on train, picks the strength of the L2 penalty on val, and prints one JSON document for test:
auc (of the last class in alphabetical order), accuracy, n and the penalty. Needs numpy, pillow, scikit-learn.
"""

import argparse
import csv
import json
from pathlib import Path

import numpy
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

EDGE = 64
PENALTIES = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]


def read_part(folder, rows):
    pixels = []
    for file in rows:
        with Image.open(folder / file) as film:
            pixels.append(numpy.asarray(film.convert("L").resize((EDGE, EDGE), Image.Resampling.BOX)).ravel())
    return numpy.stack(pixels).astype(numpy.float64), [file.split("/")[0] for file in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("split", type=Path)
    arguments = parser.parse_args()
    parts = {"train": [], "val": [], "test": []}
    with open(arguments.split, newline="") as table:
        for row in csv.DictReader(table):
            if row["part"] in parts:
                parts[row["part"]].append(row["file"])
    data = {name: read_part(arguments.folder, rows) for name, rows in parts.items()}
    positive = sorted(set(data["train"][1]))[-1]
    truth = {name: numpy.array([label == positive for label in labels]) for name, (_, labels) in data.items()}
    scaler = StandardScaler().fit(data["train"][0])
    inputs = {name: scaler.transform(pixels) for name, (pixels, _) in data.items()}

    def fitted(penalty):
        return LogisticRegression(C=penalty, max_iter=2000).fit(inputs["train"], truth["train"])

    models = {penalty: fitted(penalty) for penalty in PENALTIES}
    auc = lambda model, part: float(roc_auc_score(truth[part], model.predict_proba(inputs[part])[:, 1]))
    best = max(PENALTIES, key=lambda penalty: auc(models[penalty], "val"))
    accuracy = float((models[best].predict(inputs["test"]) == truth["test"]).mean())
    n = len(truth["test"])
    print(json.dumps({"auc": auc(models[best], "test"), "accuracy": accuracy, "n": n, "c": best}))


if __name__ == "__main__":
    main()
