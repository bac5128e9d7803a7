import { readFileSync } from 'node:fs';

import type { DicomLabelsPlan } from '../../../../contract/dicom-labels.ts';
import { openPart10 } from '../open-part10.ts';
import { readSource } from '../../read-source.ts';
import { tags } from '../tags.ts';
import { readWholeText } from '../text.ts';
import type { DataSet } from '../data-set.ts';
import { newUid, type Attributes } from './attributes.ts';
import { manufacturer } from './codes.ts';
import { reportAttributes } from './write-report.ts';
import { segmentationAttributes } from './write-segmentation.ts';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const implicitLittleEndian = '1.2.840.10008.1.2';
/** Of Readroom as a writer of DICOM files; derived from a UUID (PS3.5 B.2). */
const implementation = '2.25.269313420870410158129219837468573265401';

/** Of the patient, study and frame of reference: as the image says it. */
const copied = [
  'PatientName',
  'PatientID',
  'PatientBirthDate',
  'PatientSex',
  'StudyInstanceUID',
  'StudyDate',
  'StudyTime',
  'StudyID',
  'AccessionNumber',
  'ReferringPhysicianName',
] as const;
const copiedWhereThere = ['IssuerOfPatientID', 'PatientAge', 'StudyDescription'] as const;

const longestCopied = 1024;

async function subjectOf(dataSet: DataSet): Promise<Attributes> {
  const attributes: Attributes = {};
  for (const keyword of copied)
    attributes[keyword] = await readWholeText(dataSet, tags[keyword], longestCopied);
  for (const keyword of copiedWhereThere) {
    const text = await readWholeText(dataSet, tags[keyword], longestCopied);
    if (text !== '') attributes[keyword] = text;
  }
  return attributes;
}

const digits = (text: string): string => text.replace(/\D/g, '');

/**
 * Makes a DICOM file of the plan in a file of JSON.
 * @throws ReadroomError where the image file cannot be read
 */
export async function writeLabels(planFile: string): Promise<Buffer> {
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as DicomLabelsPlan;
  const { dataSet } = openPart10(readSource(plan.source));
  const date = digits(plan.at.slice(0, 10));
  const time = digits(plan.at.slice(11, 19));
  const content =
    plan.kind === 'segmentation' ? await segmentationAttributes(plan, dataSet) : reportAttributes(plan);
  return fileOf({
    SpecificCharacterSet: 'ISO_IR 192',
    ...(await subjectOf(dataSet)),
    SOPInstanceUID: newUid(),
    SeriesInstanceUID: newUid(),
    SeriesNumber: String(plan.seriesNumber),
    InstanceNumber: '1',
    ...{ InstanceCreationDate: date, InstanceCreationTime: time },
    ...{ SeriesDate: date, SeriesTime: time, ContentDate: date, ContentTime: time },
    Manufacturer: manufacturer,
    ManufacturerModelName: manufacturer,
    DeviceSerialNumber: 'none',
    SoftwareVersions: plan.version,
    ...content,
  });
}

async function fileOf(attributes: Attributes): Promise<Buffer> {
  const { default: dcmjs } = await import('dcmjs');
  const { DicomDict, DicomMetaDictionary } = dcmjs.data;
  const element = (value: string) => ({ vr: 'UI', Value: [value] });
  const file = new DicomDict({
    '00020001': { vr: 'OB', Value: [Uint8Array.of(0, 1).buffer] },
    '00020002': element(attributes['SOPClassUID'] as string),
    '00020003': element(attributes['SOPInstanceUID'] as string),
    '00020010': element(hasLongOutline(attributes) ? implicitLittleEndian : explicitLittleEndian),
    '00020012': element(implementation),
  });
  file.dict = DicomMetaDictionary.denaturalizeDataset({
    ...attributes,
    _vrMap: { ...(attributes['PixelData'] !== undefined && { PixelData: 'OB' }) },
  });
  return Buffer.from(file.write());
}

/** Numbers of an outline that explicit VR can hold: it counts their bytes in 16 bits. */
const mostExplicit = 65_534 / 4;

function hasLongOutline(attributes: Attributes): boolean {
  const points = attributes['GraphicData'] as number[] | undefined;
  if (points !== undefined && points.length > mostExplicit) return true;
  return ((attributes['ContentSequence'] as Attributes[] | undefined) ?? []).some(hasLongOutline);
}
