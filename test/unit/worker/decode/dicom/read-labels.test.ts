import { expect, it } from 'vitest';

import type { DicomLabelLine, DicomLabelsHead } from '../../../../../src/contract/dicom-labels.ts';
import { concepts, type Code } from '../../../../../src/worker/decode/dicom/interchange/codes.ts';
import { readLabels } from '../../../../../src/worker/decode/dicom/interchange/read-labels.ts';
import { tags } from '../../../../../src/worker/decode/dicom/tags.ts';
import { imageElements, writeDicom, type Elements } from '../../../../support/dicom-files.ts';

async function read(bytes: Buffer): Promise<{ head: DicomLabelsHead; lines: DicomLabelLine[] }> {
  const texts: string[] = [];
  for await (const text of readLabels(bytes)) texts.push(text);
  const [head, ...lines] = texts.map((text) => JSON.parse(text) as unknown);
  return { head: head as DicomLabelsHead, lines: lines as DicomLabelLine[] };
}

const codeItem = ([value, scheme, meaning]: Code): Elements => [
  [tags.CodeValue, 'SH', value],
  [tags.CodingSchemeDesignator, 'SH', scheme],
  [tags.CodeMeaning, 'LO', meaning],
];

const item = (type: string, concept: Code | null, rest: Elements): Elements => [
  [tags.ValueType, 'CS', type],
  ...(concept ? ([[tags.ConceptNameCodeSequence, 'SQ', { items: [codeItem(concept)] }]] as const) : []),
  ...rest,
];

const container = (concept: Code, content: Elements[]): Elements =>
  item('CONTAINER', concept, [[tags.ContentSequence, 'SQ', { items: content, isOpen: true }]]);

const imageItem = (frame: string): Elements =>
  item('IMAGE', null, [
    [
      tags.ReferencedSOPSequence,
      'SQ',
      {
        items: [
          [
            [tags.ReferencedSOPInstanceUID, 'UI', '1.2.3'],
            [tags.ReferencedFrameNumber, 'IS', frame],
          ],
        ],
      },
    ],
  ]);

const region = (type: string, points: number[], frame = '2'): Elements =>
  item('SCOORD', concepts.region, [
    [tags.ContentSequence, 'SQ', { items: [imageItem(frame)] }],
    [tags.GraphicData, 'FL', points],
    [tags.GraphicType, 'CS', type],
  ]);

const report = (content: Elements[]): Buffer =>
  writeDicom([
    [tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.88.33'],
    ...container(concepts.report, content),
  ]);

const finding = item('CODE', concepts.finding, [
  [tags.ConceptCodeSequence, 'SQ', { items: [codeItem(['27925004', 'SCT', 'Nodule'])] }],
]);
const group = (...items: Elements[]): Elements => container(concepts.group, [finding, ...items]);

it('reads the regions of others: points, closed lines, circles and ellipses', async () => {
  const { head, lines } = await read(
    report([
      container(concepts.measurements, [
        group(region('MULTIPOINT', [1, 2, 3, 4])),
        group(region('POLYLINE', [0, 0, 4, 0, 4, 4, 0, 0])),
        group(region('CIRCLE', [10, 10, 15, 10])),
        group(region('ELLIPSE', [0, 10, 20, 10, 10, 5, 10, 15])),
      ]),
    ]),
  );
  expect(head).toEqual({ kind: 'report', ofRecord: false, classes: ['Nodule'], warnings: [] });
  const shapes = lines.map((line) => (line.type === 'label' ? line.shape : null));
  expect(shapes.slice(0, 3)).toEqual([
    { kind: 'point', x: 1, y: 2 },
    { kind: 'point', x: 3, y: 4 },
    {
      kind: 'polygon',
      points: [
        [0, 0],
        [4, 0],
        [4, 4],
      ],
    },
  ]);
  const reach = shapes.slice(3).map((shape) => {
    const points = shape?.kind === 'polygon' ? shape.points : [];
    return [0, 1].map((axis) => [
      Math.min(...points.map((point) => point[axis]!)),
      Math.max(...points.map((point) => point[axis]!)),
    ]);
  });
  expect(reach).toEqual([
    [
      [5, 15],
      [5, 15],
    ],
    [
      [0, 20],
      [5, 15],
    ],
  ]);
  expect(lines[0]).toMatchObject({ class: 'Nodule', instance: '1.2.3', frame: 1, series: null });
});

it('refuses regions that are no shapes, one by one', async () => {
  const { lines } = await read(
    report([
      container(concepts.measurements, [
        group(region('POLYLINE', [0, 0, 4, 0])),
        group(region('POLYLINE', [0, 0, 4, 0, 4, 4, 1, 1])),
        group(region('CIRCLE', [1e9, 0, 4, 0])),
        group(region('POINT', [NaN, 1])),
        group(item('SCOORD', concepts.region, [[tags.GraphicType, 'CS', 'POINT']])),
        group(item('SCOORD3D', concepts.region, [])),
        group(region('POINT', [1, 1], '1e30')),
      ]),
    ]),
  );
  expect(lines.map(({ type }) => type)).toEqual([...Array<string>(6).fill('refused'), 'label']);
  expect(lines[6]).toMatchObject({ frame: null });
});

it('says what of a whole picture others find', async () => {
  const { lines } = await read(report([container(concepts.measurements, [group(imageItem('1'))])]));
  expect(lines).toMatchObject([{ type: 'label', class: 'Nodule', shape: null, frame: 0 }]);
});

it('refuses reports that are nested without end', async () => {
  let content = group(imageItem('1'));
  for (let depth = 0; depth < 30; depth += 1) content = container(concepts.measurements, [content]);
  await expect(read(report([content]))).rejects.toMatchObject({ code: 'damagedImage' });
});

const segmentation = (rest: Elements): Buffer =>
  writeDicom([
    ...imageElements({ rows: 4, columns: 4, allocated: 1, frames: 2 }).slice(1),
    [tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.66.4'],
    [tags.PixelData, 'OW', Buffer.from([0xff, 0, 0, 0xff])],
    ...rest,
  ]);
const segments: Elements = [
  [
    tags.SegmentSequence,
    'SQ',
    {
      items: [
        [
          [tags.SegmentNumber, 'US', 1],
          [tags.SegmentLabel, 'LO', 'lung'],
        ],
      ],
    },
  ],
];

it('refuses frames of a segmentation that name no segment or image', async () => {
  const identified: Elements = [
    [tags.SegmentIdentificationSequence, 'SQ', { items: [[[tags.ReferencedSegmentNumber, 'US', 1]]] }],
  ];
  const groups: Elements = [[tags.PerFrameFunctionalGroupsSequence, 'SQ', { items: [identified, []] }]];
  const { lines } = await read(
    segmentation([[tags.SegmentationType, 'CS', 'BINARY'], ...segments, ...groups]),
  );
  expect(lines).toMatchObject([
    { type: 'refused', message: 'It does not say which image it was made of.' },
    { type: 'refused', message: 'It belongs to no segment of the file.' },
  ]);
});

it.each([
  ['of another kind', [[tags.SegmentationType, 'CS', 'LABELMAP'], ...segments], 'unsupportedFormat'],
  ['without segments', [[tags.SegmentationType, 'CS', 'BINARY']], 'damagedImage'],
] as const)('refuses a segmentation %s', async (_, rest, code) => {
  await expect(read(segmentation(rest))).rejects.toMatchObject({ code });
});
