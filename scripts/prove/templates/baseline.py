#!/usr/bin/env python3
"""A plain baseline of a template's sample: what a network has to beat.

    python3 scripts/prove/templates/baseline.py KIND FOLDER SPLIT.csv CLASSES

KIND       classes | number | masks
FOLDER     what `readroom sample` wrote
SPLIT.csv  the columns file (path below the pictures' folder), part (train, val or test) and truth (class or number)
CLASSES    names in their order, joined by |; empty without

classes: logistic regression on 32x32 pixels; number: ridge regression on them, beside the training mean;
masks: for each pixel the class that it has most often in training masks, and not the background if that is
better on val. Strengths are picked on val. Prints one JSON document of figures on test. Needs numpy, pillow,
scikit-learn.
"""

import csv
import json
import sys
import warnings
from pathlib import Path

import numpy
from PIL import Image
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

EDGE = 32
warnings.filterwarnings("ignore")


def pixels(file):
    with Image.open(file) as picture:
        mode = "L" if picture.mode in ("L", "I;16", "I") else "RGB"
        small = picture.convert(mode).resize((EDGE, EDGE), Image.Resampling.BOX)
        return numpy.asarray(small, dtype=numpy.float64).ravel()


def mask(file):
    with Image.open(file) as picture:
        return numpy.asarray(picture.resize((EDGE * 4, EDGE * 4), Image.Resampling.NEAREST))


def classes(inputs, truth, order):
    names = sorted(set(truth["train"]))

    def fitted(penalty):
        return LogisticRegression(C=penalty, max_iter=2000).fit(inputs["train"], truth["train"])

    def auc(model, part):
        said = model.predict_proba(inputs[part])
        if len(names) == 2:
            return float(roc_auc_score(truth[part] == names[1], said[:, 1]))
        return float(roc_auc_score(truth[part], said, multi_class="ovr", labels=names))

    best = max((fitted(c) for c in [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]), key=lambda model: auc(model, "val"))
    said = best.predict(inputs["test"])
    return {
        "auc": auc(best, "test"),
        "balancedAccuracy": float(balanced_accuracy_score(truth["test"], said)),
        "kappa": float(cohen_kappa_score(truth["test"], said)),
        "kappaQuadratic": float(cohen_kappa_score(truth["test"], said, labels=order, weights="quadratic")),
    }


def number(inputs, truth, _):
    truth = {part: values.astype(numpy.float64) for part, values in truth.items()}

    def error(said, part):
        return float(numpy.abs(said - truth[part]).mean())

    models = [Ridge(alpha=a).fit(inputs["train"], truth["train"]) for a in [1e1, 1e2, 1e3, 1e4, 1e5]]
    best = min(models, key=lambda model: error(model.predict(inputs["val"]), "val"))
    return {
        "mae": error(best.predict(inputs["test"]), "test"),
        "maeOfMean": error(numpy.full(len(truth["test"]), truth["train"].mean()), "test"),
    }


def masks(folder, files):
    stacks = {part: numpy.stack([mask(folder / "masks" / file) for file in names]) for part, names in files.items()}
    labels = [label for label in numpy.unique(stacks["train"]) if label not in (0, 255)]

    def dice(said, part):
        scores = []
        for label in labels:
            for truth in stacks[part]:
                sizes = (said == label).sum() + (truth == label).sum()
                if sizes > 0:
                    scores.append(2 * ((said == label) & (truth == label)).sum() / sizes)
        return float(numpy.mean(scores))

    shares = numpy.stack([(stacks["train"] == label).mean(axis=0) for label in labels])

    def prior(least):
        said = numpy.zeros(shares.shape[1:])
        for label, share in zip(labels, shares):
            said[(share >= least) & (share == shares.max(axis=0))] = label
        return said

    best = max((prior(least) for least in [0.02, 0.05, 0.1, 0.2, 0.3, 0.5]), key=lambda said: dice(said, "val"))
    return {"dice": dice(best, "test")}


def main():
    kind, folder, split, order = sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4].split("|")
    files, truth = {"train": [], "val": [], "test": []}, {"train": [], "val": [], "test": []}
    with open(split, newline="") as table:
        for row in csv.DictReader(table):
            if row["part"] in files:
                files[row["part"]].append(row["file"])
                truth[row["part"]].append(row["truth"])
    if kind == "masks":
        print(json.dumps(masks(folder, files)))
        return
    pictures = folder / "images" if (folder / "images").is_dir() else folder
    data = {part: numpy.stack([pixels(pictures / file) for file in names]) for part, names in files.items()}
    scaler = StandardScaler().fit(data["train"])
    inputs = {part: scaler.transform(values) for part, values in data.items()}
    truth = {part: numpy.array(values) for part, values in truth.items()}
    print(json.dumps({"classes": classes, "number": number}[kind](inputs, truth, order)))


if __name__ == "__main__":
    main()
