import type { DicomPlane } from '../../../../contract/decode.ts';
import type { ReferencedFrame, SegmentationPlan } from '../../../../contract/dicom-labels.ts';
import { codes, type DataSet } from '../data-set.ts';
import { tags } from '../tags.ts';
import {
  codeItem,
  decimal,
  instancesOf,
  newUid,
  personName,
  referenceItem,
  type Attributes,
} from './attributes.ts';
import { concepts, longestName, shortName, sopClasses } from './codes.ts';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a macro says of each source, if it says the same of all. */
function shared<T>(sources: readonly ReferencedFrame[], of: (plane: DicomPlane) => T): T | undefined {
  const first = of(sources[0]!.plane);
  return sources.every(({ plane }) => same(of(plane), first)) ? first : undefined;
}

const measures = ({ spacing, thickness }: DicomPlane): Attributes =>
  spacing === null
    ? {}
    : {
        PixelMeasuresSequence: [
          {
            PixelSpacing: spacing.map(decimal),
            ...(thickness !== null && { SliceThickness: decimal(thickness) }),
          },
        ],
      };

const orientation = ({ orientation: axes }: DicomPlane): Attributes =>
  axes === null ? {} : { PlaneOrientationSequence: [{ ImageOrientationPatient: axes.map(decimal) }] };

const position = ({ position: place }: DicomPlane): Attributes =>
  place === null ? {} : { PlanePositionSequence: [{ ImagePositionPatient: place.map(decimal) }] };

/** The bits of all frames one after the other, the first pixel the lowest of its byte (PS3.5 8.1.1). */
function packFrames({ rows, columns, frames }: SegmentationPlan): ArrayBuffer {
  const bytes = Math.ceil((rows * columns * frames.length) / 8);
  const packed = new Uint8Array(bytes + (bytes % 2));
  for (const [index, { mask }] of frames.entries()) {
    const origin = index * rows * columns;
    let at = 0;
    for (const [place, run] of mask.runs.entries()) {
      for (let pixel = at; place % 2 === 1 && pixel < at + run; pixel += 1) {
        const row = mask.y + Math.floor(pixel / mask.width);
        const bit = origin + row * columns + mask.x + (pixel % mask.width);
        packed[bit >> 3]! |= 1 << (bit & 7);
      }
      at += run;
    }
  }
  return packed.buffer;
}

/** Values as the image has them, for what was made of lossy pictures is so itself. */
function lossOf(image: DataSet): Attributes {
  if (codes(image, tags.LossyImageCompression)[0] !== '01') return { LossyImageCompression: '00' };
  const ratio = codes(image, tags.LossyImageCompressionRatio);
  const method = codes(image, tags.LossyImageCompressionMethod);
  return {
    LossyImageCompression: '01',
    ...(ratio.length > 0 && { LossyImageCompressionRatio: ratio }),
    ...(method.length > 0 && { LossyImageCompressionMethod: method }),
  };
}

async function segmentItems({ segments }: SegmentationPlan): Promise<Attributes[]> {
  const { default: dcmjs } = await import('dcmjs');
  return segments.map(({ label, color }, index) => {
    const rgb = color === null ? null : [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
    const isShort = Array.from(label).length <= longestName && !label.includes('\\');
    return {
      SegmentNumber: index + 1,
      SegmentLabel: shortName(label),
      // Where the label is cut, the whole name stands here.
      ...(!isShort && { SegmentDescription: label }),
      SegmentAlgorithmType: 'MANUAL',
      SegmentedPropertyCategoryCodeSequence: [codeItem(concepts.tissue)],
      SegmentedPropertyTypeCodeSequence: [codeItem(concepts.tissue)],
      ...(rgb && {
        RecommendedDisplayCIELabValue: dcmjs.data.Colors.rgb2DICOMLAB(rgb as [number, number, number]).map(
          Math.round,
        ),
      }),
    };
  });
}

/** A binary segmentation (PS3.3 A.51, C.8.20), without what every file of ours has. */
export async function segmentationAttributes(plan: SegmentationPlan, image: DataSet): Promise<Attributes> {
  const { sources, frames, rows, columns } = plan;
  const organization = newUid();
  const measured = shared(sources, measures);
  const oriented = shared(sources, orientation);
  const hasPlace = sources.every(({ plane }) => plane.position && plane.orientation && plane.spacing);
  const frameOfReference = sources[0]!.instance.frameOfReferenceUid;
  const dimension = (pointer: number, group: number, label: string): Attributes => ({
    DimensionOrganizationUID: organization,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: group,
    DimensionDescriptionLabel: label,
  });
  return {
    SOPClassUID: sopClasses.segmentation,
    Modality: 'SEG',
    SeriesDescription: 'Readroom segmentation',
    ImageType: ['DERIVED', 'PRIMARY'],
    ContentLabel: 'SEGMENTATION',
    ContentDescription: 'For research use only',
    ContentCreatorName: personName(plan.reader ?? ''),
    // Without a place in the patient it would be a frame of reference of nothing.
    ...(hasPlace &&
      frameOfReference !== null && {
        FrameOfReferenceUID: frameOfReference,
        PositionReferenceIndicator: codes(image, tags.PositionReferenceIndicator)[0] ?? '',
      }),
    ReferencedSeriesSequence: [
      {
        SeriesInstanceUID: sources[0]!.instance.seriesUid,
        ReferencedInstanceSequence: instancesOf(sources).map((instance) => ({
          ReferencedSOPClassUID: instance.sopClassUid,
          ReferencedSOPInstanceUID: instance.sopInstanceUid,
        })),
      },
    ],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: String(frames.length),
    ...{ Rows: rows, Columns: columns },
    ...{ BitsAllocated: 1, BitsStored: 1, HighBit: 0, PixelRepresentation: 0 },
    ...lossOf(image),
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'UNDEFINED',
    SegmentSequence: await segmentItems(plan),
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      dimension(tags.ReferencedSegmentNumber, tags.SegmentIdentificationSequence, 'Segment Number'),
      dimension(tags.InStackPositionNumber, tags.FrameContentSequence, 'Source Image'),
    ],
    SharedFunctionalGroupsSequence: [{ ...measured, ...oriented }],
    PerFrameFunctionalGroupsSequence: frames.map(({ source, segment }) => {
      const { plane } = sources[source]!;
      return {
        DerivationImageSequence: [derivation(sources[source]!)],
        FrameContentSequence: [
          {
            StackID: '1',
            InStackPositionNumber: source + 1,
            DimensionIndexValues: [segment + 1, source + 1],
          },
        ],
        SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment + 1 }],
        ...position(plane),
        ...(measured === undefined && measures(plane)),
        ...(oriented === undefined && orientation(plane)),
      };
    }),
    PixelData: packFrames(plan),
  };
}

const derivation = (source: ReferencedFrame): Attributes => ({
  DerivationCodeSequence: [codeItem(concepts.segmentation)],
  SourceImageSequence: [
    {
      ...referenceItem(source),
      PurposeOfReferenceCodeSequence: [codeItem(concepts.sourceImage)],
      SpatialLocationsPreserved: 'YES',
    },
  ],
});
