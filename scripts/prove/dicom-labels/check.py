"""Reads DICOM segmentations and reports with pydicom and highdicom, whose readers and tables know the standard.

    check.py sources FOLDER     copies images of several series, a few of many frames, of pydicom and pydicom-data
    check.py read FOLDER        prints as JSON what stands in the files of labels in a folder
    check.py make FOLDER TO     makes segmentations and a report on the longest CT series of a folder, as highdicom does
"""

import glob
import hashlib
import json
import os
import shutil
import sys
import warnings

import highdicom
import numpy as np
import pydicom
from highdicom import sr
from highdicom._standard_utils import (
    check_required_attributes,
    construct_module_tree,
    get_iod_module_map,
    get_sop_class_iod_map,
)
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

warnings.simplefilter("ignore")

# Their tables have all kinds of content items, and shared and own groups of frames, in one: checked here by hand.
FLATTENED = {"sr-document-content", "segmentation-multi-frame-functional-groups"}


def sources(to):
    import data_store

    here = os.path.join(os.path.dirname(pydicom.__file__), "data", "test_files")
    more = os.path.join(os.path.dirname(data_store.__file__), "data")
    patterns = [
        os.path.join(here, "CT_small.dcm"),
        os.path.join(here, "MR_small.dcm"),
        os.path.join(here, "dicomdirtests", "*", "*", "*"),
        os.path.join(more, "emri_small.dcm"),
        os.path.join(more, "color3d_jpeg_baseline.dcm"),
    ]
    for number, file in enumerate(sorted(f for pattern in patterns for f in glob.glob(pattern))):
        if os.path.isfile(file):
            shutil.copy(file, os.path.join(to, f"{number:03d}.dcm"))


def faults_of(dataset):
    """What the mandatory modules of its kind ask for and it lacks."""
    faults = []
    for module in get_iod_module_map()[get_sop_class_iod_map()[dataset.SOPClassUID]]:
        key = module["key"]
        if module["usage"] != "M":
            continue
        if key not in FLATTENED:
            try:
                check_required_attributes(dataset, key)
            except AttributeError as error:
                faults.append(f"{key}: {error}")
        for keyword, attribute in construct_module_tree(key)["attributes"].items():
            if attribute["type"].value == "1" and keyword in dataset and dataset[keyword].is_empty:
                faults.append(f"{key}: {keyword} is empty")
    return faults


def read_segmentation(file, dataset):
    segmentation = highdicom.seg.segread(file)
    labels = {item.SegmentNumber: item.SegmentLabel for item in dataset.SegmentSequence}
    pixels = pydicom.dcmread(file).pixel_array
    pixels = pixels.reshape(-1, dataset.Rows, dataset.Columns)
    faults = faults_of(dataset)
    shared = dataset.SharedFunctionalGroupsSequence[0]
    frames = []
    placed = "FrameOfReferenceUID" in dataset
    for number, group in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        segment = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        if len(group.FrameContentSequence[0].DimensionIndexValues) != len(dataset.DimensionIndexSequence):
            faults.append(f"frame {number + 1}: as many index values as dimensions are wanted")
        for keyword in ["PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence"]:
            if placed and keyword not in group and keyword not in shared:
                faults.append(f"frame {number + 1}: no {keyword}")
        frames.append(
            {
                "instance": source.ReferencedSOPInstanceUID,
                "frame": int(source.get("ReferencedFrameNumber", 0)),
                "label": labels[segment],
                "mask": hashlib.sha256(pixels[number].astype(np.uint8).tobytes()).hexdigest(),
            }
        )
    return {
        "reader": str(dataset.ContentCreatorName),
        "patient": f"{dataset.PatientID} {dataset.StudyInstanceUID}",
        "frames": frames,
        "pixels": int(pixels.sum()),
        "highdicomPixels": highdicom_pixels(segmentation, dataset),
        "faults": faults,
    }


def highdicom_pixels(segmentation, dataset):
    """How many pixels highdicom finds inside, asked by the images that the frames were made of."""
    sources = {}
    for group in dataset.PerFrameFunctionalGroupsSequence:
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        sources.setdefault(source.ReferencedSOPInstanceUID, set()).add(source.get("ReferencedFrameNumber"))
    numbered = {uid: sorted(frames) for uid, frames in sources.items() if None not in frames}
    total = 0
    plain = [uid for uid in sources if uid not in numbered]
    ignoring = {"ignore_spatial_locations": True, "assert_missing_frames_are_empty": True}
    if plain:
        total += int(segmentation.get_pixels_by_source_instance(plain, **ignoring).sum())
    for uid, frames in numbered.items():
        total += int(segmentation.get_pixels_by_source_frame(uid, [int(f) for f in frames], **ignoring).sum())
    return total


def read_report(file, dataset):
    content = highdicom.sr.srread(file).content
    rois = []
    for group in content.get_planar_roi_measurement_groups():
        region = group.roi
        rois.append(
            {
                "tracking": group.tracking_uid,
                "type": region.graphic_type.value,
                "finding": group.finding_type.meaning,
                "points": np.asarray(region.value).astype(float).tolist(),
                "instance": region.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
            }
        )
    labels = [
        {
            "finding": group.finding_type.meaning if group.finding_type else None,
            "instances": [image.referenced_sop_instance_uid for image in group.source_images],
        }
        for group in content.get_image_measurement_groups()
    ]
    return {"rois": rois, "labels": labels, "faults": faults_of(dataset)}


def read(folder):
    read_files = {"segmentations": [], "reports": []}
    for file in sorted(glob.glob(os.path.join(folder, "*.dcm"))):
        dataset = pydicom.dcmread(file)
        if dataset.Modality == "SEG":
            read_files["segmentations"].append(read_segmentation(file, dataset))
        else:
            read_files["reports"].append(read_report(file, dataset))
    versions = {"pydicom": pydicom.__version__, "highdicom": highdicom.__version__}
    print(json.dumps({**versions, **read_files}))


def make(folder, to):
    by_series = {}
    for file in sorted(glob.glob(os.path.join(folder, "*.dcm"))):
        dataset = pydicom.dcmread(file)
        if dataset.get("Modality") == "CT":
            by_series.setdefault(dataset.SeriesInstanceUID, []).append(dataset)
    series = max(by_series.values(), key=len)
    series.sort(key=lambda dataset: float(dataset.ImagePositionPatient[2]))
    rows, columns = series[0].Rows, series[0].Columns
    masks = np.zeros((len(series), rows, columns, 2), bool)
    for number in range(len(series)):
        masks[number, number : rows // 2, 3 : 8 + number, 0] = True
        masks[number, rows // 2 : rows - 2, 2 : 4 + number, 1] = number % 2 == 0
    for kind, syntax in [("BINARY", ExplicitVRLittleEndian), ("FRACTIONAL", RLELossless)]:
        highdicom.seg.Segmentation(
            source_images=series,
            pixel_array=masks if kind == "BINARY" else masks.astype(float),
            segmentation_type=kind,
            segment_descriptions=[described(1, "normal"), described(2, "nodule")],
            transfer_syntax_uid=syntax,
            software_versions="1",
            device_serial_number="1",
            manufacturer_model_name="check",
            **identity(),
        ).save_as(os.path.join(to, f"{kind.lower()}.dcm"))
    image = sr.SourceImageForRegion.from_source_image(series[0])
    regions = {
        "CIRCLE": [[8, 8], [12, 8]],
        "ELLIPSE": [[4, 8], [12, 8], [8, 6], [8, 10]],
        "POLYLINE": [[1, 2], [9, 2], [9, 12.5], [1, 2]],
        "POINT": [[7, 8]],
    }
    person = sr.PersonObserverIdentifyingAttributes(name="Foo")
    context = sr.ObservationContext(sr.ObserverContext(codes.DCM.Person, person))
    groups = [
        sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            referenced_region=sr.ImageRegion(kind, np.array(points, float), image),
            tracking_identifier=sr.TrackingIdentifier(uid=highdicom.UID(), identifier=kind),
            finding_type=codes.SCT.Nodule,
            measurements=[sr.Measurement(codes.SCT.Area, 1.7, codes.UCUM.SquareMillimeter)],
        )
        for kind, points in regions.items()
    ]
    content = sr.MeasurementReport(context, codes.LN.CTUnspecifiedBodyRegion, groups)
    report = sr.ComprehensiveSR(evidence=series, content=content, **identity())
    report.save_as(os.path.join(to, "report.dcm"))
    pixels = [int(masks[..., segment].sum()) for segment in range(2)]
    print(json.dumps({"normal": pixels[0], "nodule": pixels[1]}))


def identity():
    return {
        "manufacturer": "check",
        "series_instance_uid": highdicom.UID(),
        "sop_instance_uid": highdicom.UID(),
        "series_number": 1,
        "instance_number": 1,
    }


def described(number, label):
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=label,
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Lung,
        algorithm_type="MANUAL",
    )


{"sources": sources, "read": read, "make": make}[sys.argv[1]](*sys.argv[2:])
