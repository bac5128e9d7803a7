import type { MaskShape, Shape } from '../../../../contract/annotation.ts';
import type { ReferencedFrame, ReportedLabel, ReportPlan } from '../../../../contract/dicom-labels.ts';
import {
  codeItem,
  decimal,
  instancesOf,
  newUid,
  personName,
  referenceItem,
  uidOf,
  type Attributes,
} from './attributes.ts';
import { codeOfClass, concepts, manufacturer, marks, outlines, sopClasses, type Code } from './codes.ts';

type Relationship = 'CONTAINS' | 'HAS CONCEPT MOD' | 'HAS OBS CONTEXT' | 'SELECTED FROM';

/** A content item (PS3.3 C.17.3); `concept` null: it has no name, as an image that was drawn on. */
function item(
  relationship: Relationship,
  type: 'CODE' | 'CONTAINER' | 'IMAGE' | 'NUM' | 'PNAME' | 'SCOORD' | 'TEXT' | 'UIDREF',
  concept: Code | null,
  value: Attributes,
): Attributes {
  return {
    RelationshipType: relationship,
    ValueType: type,
    ...(concept && { ConceptNameCodeSequence: [codeItem(concept)] }),
    ...value,
  };
}

const codeValue = (relationship: Relationship, concept: Code, value: Code): Attributes =>
  item(relationship, 'CODE', concept, { ConceptCodeSequence: [codeItem(value)] });

const container = (concept: Code, content: Attributes[], template?: string): Attributes =>
  item('CONTAINS', 'CONTAINER', concept, {
    ContinuityOfContent: 'SEPARATE',
    ...(template !== undefined && { ContentTemplateSequence: [templateItem(template)] }),
    ContentSequence: content,
  });

const templateItem = (identifier: string): Attributes => ({
  MappingResource: 'DCMR',
  TemplateIdentifier: identifier,
});

const image = (relationship: Relationship, concept: Code | null, source: ReferencedFrame): Attributes =>
  item(relationship, 'IMAGE', concept, { ReferencedSOPSequence: [referenceItem(source)] });

/** TID 1001: a person, or for the labels of record Readroom itself. */
function observer({ reader }: ReportPlan): Attributes[] {
  const { observerType, person, personName: name, device, deviceUid, deviceName } = concepts;
  return reader === null
    ? [
        codeValue('HAS OBS CONTEXT', observerType, device),
        item('HAS OBS CONTEXT', 'UIDREF', deviceUid, { UID: newUid() }),
        item('HAS OBS CONTEXT', 'TEXT', deviceName, { TextValue: manufacturer }),
      ]
    : [
        codeValue('HAS OBS CONTEXT', observerType, person),
        item('HAS OBS CONTEXT', 'PNAME', name, { PersonName: personName(reader) }),
      ];
}

/** Places of SCOORD are those of shapes: (0, 0) is the corner of the first pixel (PS3.3 C.18.6.1.1). Lines end where they began. */
function region(shape: Exclude<Shape, MaskShape>): Attributes {
  if (shape.kind === 'point') return { GraphicType: 'POINT', GraphicData: [shape.x, shape.y] };
  const points = shape.kind === 'box' ? cornersOf(shape) : shape.points;
  return { GraphicType: 'POLYLINE', GraphicData: [...points, points[0]!].flat() };
}

function cornersOf({ x, y, width, height }: Extract<Shape, { kind: 'box' }>): [number, number][] {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

/** TID 1501 of a picture, TID 1410 of a shape on it. */
function group(label: ReportedLabel, index: number, { sources, unit }: ReportPlan): Attributes {
  const source = sources[label.source]!;
  const { shape } = label;
  const outline = shape && outlines[shape.kind];
  const name = label.class === null ? (shape ? concepts.noClass : null) : codeOfClass(label.class);
  const content = [
    item('HAS OBS CONTEXT', 'TEXT', concepts.trackingId, {
      TextValue: `${shape?.kind ?? 'image'} ${index + 1}`,
    }),
    item('HAS OBS CONTEXT', 'UIDREF', concepts.trackingUid, { UID: uidOf(label.id) }),
    ...(name ? [codeValue('CONTAINS', concepts.finding, name)] : []),
    ...(shape
      ? [
          item('CONTAINS', 'SCOORD', concepts.region, {
            ...region(shape),
            ContentSequence: [image('SELECTED FROM', null, source)],
          }),
        ]
      : [image('CONTAINS', concepts.source, source)]),
    ...(outline ? [codeValue('CONTAINS', concepts.outline, outline)] : []),
    ...(label.classes ?? []).map((one) => codeValue('CONTAINS', concepts.present, codeOfClass(one))),
    ...(label.classes?.length === 0 ? [codeValue('CONTAINS', concepts.present, concepts.none)] : []),
    ...(label.number === null ? [] : [numberItem(label.number, unit)]),
    ...label.marks.map((mark) => codeValue('CONTAINS', concepts.mark, marks[mark])),
    ...(label.comment === null
      ? []
      : [item('CONTAINS', 'TEXT', concepts.comment, { TextValue: label.comment })]),
  ];
  return container(concepts.group, content, shape ? '1410' : '1501');
}

const numberItem = (value: number, unit: ReportPlan['unit']): Attributes =>
  item('CONTAINS', 'NUM', concepts.number, {
    MeasuredValueSequence: [
      {
        NumericValue: decimal(value),
        FloatingPointValue: value,
        MeasurementUnitsCodeSequence: [codeItem([unit.code, 'UCUM', unit.meaning])],
      },
    ],
  });

/** What the report refers to, by study and series. */
function evidence(sources: readonly ReferencedFrame[]): Attributes[] {
  const bySeries = Map.groupBy(instancesOf(sources), ({ studyUid, seriesUid }) => `${studyUid} ${seriesUid}`);
  const series = [...bySeries.values()].map((instances) => ({
    study: instances[0]!.studyUid,
    item: {
      SeriesInstanceUID: instances[0]!.seriesUid,
      ReferencedSOPSequence: instances.map((instance) => ({
        ReferencedSOPClassUID: instance.sopClassUid,
        ReferencedSOPInstanceUID: instance.sopInstanceUid,
      })),
    },
  }));
  return [...Map.groupBy(series, ({ study }) => study)].map(([study, list]) => ({
    StudyInstanceUID: study,
    ReferencedSeriesSequence: list.map((one) => one.item),
  }));
}

/** A Comprehensive SR document of TID 1500 (PS3.16), without what every file of ours has. */
export function reportAttributes(plan: ReportPlan): Attributes {
  const { sources, labels } = plan;
  return {
    SOPClassUID: sopClasses.comprehensiveReport,
    Modality: 'SR',
    SeriesDescription: plan.reader === null ? 'Readroom labels of record' : 'Readroom labels',
    ReferencedPerformedProcedureStepSequence: [],
    CompletionFlag: 'COMPLETE',
    CompletionFlagDescription: 'For research use only',
    VerificationFlag: 'UNVERIFIED',
    PerformedProcedureCodeSequence: [],
    CurrentRequestedProcedureEvidenceSequence: evidence(sources),
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [codeItem(concepts.report)],
    ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: [templateItem('1500')],
    ContentSequence: [
      codeValue('HAS CONCEPT MOD', concepts.language, concepts.english),
      ...observer(plan),
      codeValue('HAS CONCEPT MOD', concepts.procedure, concepts.imaging),
      container(concepts.library, [
        container(
          concepts.libraryGroup,
          sources.map((source) => image('CONTAINS', null, source)),
        ),
      ]),
      container(
        concepts.measurements,
        labels.map((label, index) => group(label, index, plan)),
      ),
    ],
  };
}
