import { lateralitySchema, type HeaderFacts } from '../../../contract/decode.ts';
import { code, type DataSet } from './data-set.ts';
import type { FrameGroups } from './frame-groups.ts';
import { tags } from './tags.ts';
import { cleanText, readDate, readText } from './text.ts';

const daysInYear = 365.2425;
const unitsInYear: Readonly<Record<string, number>> = { Y: 1, M: 12, W: daysInYear / 7, D: daysInYear };
const oldest = 130;

/** Whole years; of small children, to the hundredth. */
function roundedAge(years: number): number | null {
  if (!(years >= 0 && years <= oldest)) return null;
  return years >= 2 ? Math.floor(years) : Math.round(years * 100) / 100;
}

function yearsBetween(birth: string, day: string): number {
  const years = Number(day.slice(0, 4)) - Number(birth.slice(0, 4));
  if (years > 2) return day.slice(5) < birth.slice(5) ? years - 1 : years;
  return (Date.parse(day) - Date.parse(birth)) / 86_400_000 / daysInYear;
}

/** Age in years as the header says it, else from the dates of birth and study. */
export function readAge(dataSet: DataSet): number | null {
  const said = /^(\d{1,3}) ?([YMWD])?$/i.exec(code(dataSet, tags.PatientAge));
  // Nought years is what de-identification leaves; babies are told in months, weeks or days.
  if (said && !/^0+ ?Y?$/i.test(said[0]))
    return roundedAge(Number(said[1]) / unitsInYear[(said[2] ?? 'Y').toUpperCase()]!);
  const birth = readDate(dataSet, tags.PatientBirthDate);
  const day =
    readDate(dataSet, tags.StudyDate) ??
    readDate(dataSet, tags.SeriesDate) ??
    readDate(dataSet, tags.AcquisitionDate) ??
    readDate(dataSet, tags.ContentDate);
  return birth !== null && day !== null ? roundedAge(yearsBetween(birth, day)) : null;
}

function readLaterality(dataSet: DataSet, groups: FrameGroups): HeaderFacts['laterality'] {
  const anatomy = groups.macro(0, tags.FrameAnatomySequence);
  const said = [
    code(dataSet, tags.ImageLaterality),
    anatomy ? code(anatomy, tags.FrameLaterality) : '',
    code(dataSet, tags.Laterality),
  ];
  const found = said.find((text) => lateralitySchema.safeParse(text).success);
  return found === undefined ? null : lateralitySchema.parse(found);
}

async function readDevice(dataSet: DataSet): Promise<string | null> {
  const maker = await readText(dataSet, tags.Manufacturer);
  const model = await readText(dataSet, tags.ManufacturerModelName);
  if (maker === null || model === null) return maker ?? model;
  const both = model.toLowerCase().startsWith(maker.toLowerCase()) ? model : `${maker} ${model}`;
  return cleanText(both);
}

/** What is kept of a header; everything else of it is left in the file. */
export async function readHeaderFacts(dataSet: DataSet, groups: FrameGroups): Promise<HeaderFacts> {
  const sex = code(dataSet, tags.PatientSex).toUpperCase();
  return {
    patientKey: await readText(dataSet, tags.PatientID),
    sex: ['M', 'F', 'O'].includes(sex) ? sex : null,
    studyUid: await readText(dataSet, tags.StudyInstanceUID),
    ageYears: readAge(dataSet),
    seriesUid: await readText(dataSet, tags.SeriesInstanceUID),
    modality: await readText(dataSet, tags.Modality),
    bodyPart: await readText(dataSet, tags.BodyPartExamined),
    device: await readDevice(dataSet),
    laterality: readLaterality(dataSet, groups),
    view: await readText(dataSet, tags.ViewPosition),
  };
}
