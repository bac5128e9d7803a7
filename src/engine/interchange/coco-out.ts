import type { Shape } from '../../contract/annotation.ts';
import { cocoRuns, encodeCocoRuns } from '../../core/coco-rle.ts';
import { maskFromRuns } from '../../core/masks.ts';
import { shapeArea, shapeBox } from '../../core/shapes.ts';
import type { LabelledImage, ReaderShape } from '../db/interchange-repository.ts';
import { createPace } from '../turns.ts';
import { noClass } from './coco-schema.ts';
import { namedLabel, type Outgoing } from './outgoing.ts';

const gatheredLength = 100_000;

/** Pieces of a COCO file, which as a whole may be larger than memory. */
export async function* cocoPieces(out: Outgoing): AsyncGenerator<string> {
  const info = {
    description: 'Labels and shapes written by Readroom',
    date_created: new Date().toISOString(),
  };
  yield `{\n"info": ${JSON.stringify(info)},\n"licenses": [],\n"images": [`;
  yield* listOf(imagePieces(out));
  yield `],\n"categories": ${JSON.stringify(categories(out))},\n"annotations": [`;
  yield* listOf(shapePieces(out));
  yield ']\n}\n';
}

/** Joined by commas and gathered: a write an item would take longer than the items. */
async function* listOf(items: AsyncGenerator<string>): AsyncGenerator<string> {
  let text = '';
  let separator = '\n';
  for await (const item of items) {
    text += separator + item;
    separator = ',\n';
    if (text.length < gatheredLength) continue;
    yield text;
    text = '';
  }
  yield `${text}\n`;
}

/** Ids of categories: 1, 2, … in the order of the classes; 0 for none. */
const categories = ({ classes }: Outgoing): { id: number; name: string; supercategory: string }[] => [
  ...classes.map(({ name }, index) => ({ id: index + 1, name, supercategory: '' })),
  { id: 0, name: noClass, supercategory: '' },
];

async function* imagePieces(out: Outgoing): AsyncGenerator<string> {
  for await (const page of out.pages('Writing images')) {
    for (const image of page) {
      out.written.images += 1;
      if (image.record && out.which.of !== 'reader') out.written.labels += 1;
      yield JSON.stringify(cocoImage(out, image));
    }
  }
}

function cocoImage({ nameOf, which }: Outgoing, image: LabelledImage): object {
  const { row, relativePath, width, height, patient, study, series } = image;
  const record = which.of === 'reader' ? null : image.record;
  return {
    ...{ id: row, file_name: relativePath, width, height },
    readroom: {
      image: image.image,
      frame: image.severalFrames ? image.frame : null,
      ...{ patient, study, series },
      ...(record && {
        ...namedLabel(record.value, nameOf),
        unsure: record.value.unsure === true,
      }),
    },
  };
}

async function* shapePieces(out: Outgoing): AsyncGenerator<string> {
  const pace = createPace();
  const places = new Map(out.classes.map(({ id }, index) => [id, index + 1]));
  for await (const page of out.pages('Writing shapes')) {
    const shapes = out.shapesOn(page);
    for (const image of page) {
      for (const shape of shapes.get(image.image) ?? []) {
        out.written.shapes += 1;
        const classId = out.classOf(shape);
        const category = classId === null ? 0 : (places.get(classId) ?? 0);
        yield JSON.stringify(cocoAnnotation(out.written.shapes, category, image, shape));
        await pace();
      }
    }
  }
}

function cocoAnnotation(id: number, category: number, image: LabelledImage, drawn: ReaderShape): object {
  const { shape, unsure, comment } = drawn.value;
  const { x, y, width, height } = shapeBox(shape);
  return {
    ...{ id, image_id: image.row, category_id: category },
    bbox: [x, y, width, height],
    area: shapeArea(shape),
    iscrowd: 0,
    ...outlineOf(shape, image),
    attributes: {
      shape: shape.kind,
      reader: drawn.reader,
      ...(drawn.round !== '' && { round: drawn.round }),
      ...(unsure && { unsure }),
      ...(comment !== undefined && { comment }),
      at: drawn.at,
    },
  };
}

function outlineOf(shape: Shape, picture: LabelledImage): object {
  switch (shape.kind) {
    case 'box':
      return { segmentation: [] };
    case 'point':
      return { segmentation: [], keypoints: [shape.x, shape.y, 2], num_keypoints: 1 };
    case 'polygon':
    case 'freehand':
      return { segmentation: [shape.points.flat()] };
    case 'mask': {
      const counts = encodeCocoRuns(cocoRuns(maskFromRuns(shape), picture));
      return { segmentation: { size: [picture.height, picture.width], counts } };
    }
  }
}
