"""Decodes every file below some folders with pydicom: what stands in each, and its samples as they are stored.

    reference.py --to FOLDER NAME=FOLDER...

Writes FOLDER/reference.json, and the samples of each file that pydicom decodes, little-endian, all frames one after
the other; of colours also the first frame in RGB. The sets 'pydicom' and 'pydicom-data' are those of the packages.
"""

import argparse
import json
import logging
import os
import warnings

import numpy as np
import pydicom
from pydicom.pixels import pixel_array
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def packaged_sets():
    import data_store

    return {
        "pydicom": os.path.join(os.path.dirname(pydicom.__file__), "data"),
        "pydicom-data": os.path.join(os.path.dirname(data_store.__file__), "data"),
    }


def little_endian(array):
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def add_transfer_syntax(dataset):
    """Files without file meta information are decoded by the way they are written in."""
    if getattr(dataset, "file_meta", None) is None:
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" not in dataset.file_meta and "PixelData" in dataset:
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit


def describe(path, to, number):
    row = {"path": path}
    try:
        dataset = pydicom.dcmread(path)
    except Exception:
        try:
            dataset = pydicom.dcmread(path, force=True)
            if "SOPClassUID" not in dataset and "PixelData" not in dataset:
                return {**row, "error": "no DICOM"}
        except Exception as error:
            return {**row, "error": type(error).__name__}
    try:
        add_transfer_syntax(dataset)
        syntax = dataset.file_meta.get("TransferSyntaxUID")
        row["syntax"] = str(syntax) if syntax else ""
        dataset.pixel_array_options(raw=True)
        array = dataset.pixel_array
        frames = int(dataset.get("NumberOfFrames", 1) or 1)
        row.update(samples=f"{number}.raw", type=array.dtype.name, frames=frames)
        with open(os.path.join(to, row["samples"]), "wb") as file:
            file.write(little_endian(array))
        if dataset.get("SamplesPerPixel") == 3 and array.dtype == np.uint8:
            row["rgb"] = f"{number}.rgb"
            with open(os.path.join(to, row["rgb"]), "wb") as file:
                file.write(pixel_array(dataset, index=0, raw=False).tobytes())
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:120]
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", required=True)
    parser.add_argument("sets", nargs="*")
    arguments = parser.parse_args()
    sets = {**packaged_sets(), **dict(entry.split("=", 1) for entry in arguments.sets)}
    rows = []
    for name, root in sets.items():
        for folder, _, files in sorted(os.walk(root)):
            for file in sorted(files):
                if file.endswith((".py", ".pyc")):
                    continue
                path = os.path.join(folder, file)
                row = describe(path, arguments.to, len(rows))
                rows.append({"set": name, "file": os.path.relpath(path, root), **row})
    with open(os.path.join(arguments.to, "reference.json"), "w") as file:
        json.dump({"pydicom": pydicom.__version__, "rows": rows}, file)


main()
