import type { Shape } from '../../contract/annotation.ts';
import { heirOf, type Heirs } from '../../core/label-record.ts';
import { maskToPolygons } from '../../core/mask-outlines.ts';
import { maskFromRuns, shapeOfMask, type Vertex } from '../../core/masks.ts';
import { shapeMask } from '../../core/shapes.ts';
import type { InterchangeRepository, LabelledImage } from '../db/interchange-repository.ts';
import type { StoredAnnotation } from '../db/stored-value.ts';

type Picture = Pick<LabelledImage, 'image' | 'width' | 'height'>;
type Way = 'box' | 'outline' | 'mask' | 'point';
type Standing = Pick<StoredAnnotation, 'class' | 'unsure' | 'comment'> & { id: string; shape: Shape };

/** Formats round coordinates, DICOM to single precision: less than this, in pixels, is no difference. */
const tolerance = 0.01;

const wayOf = ({ kind }: Shape): Way => (kind === 'polygon' || kind === 'freehand' ? 'outline' : kind);

const outline = (points: readonly Vertex[]): number[] => points.flat();

/** What a file that holds shapes in one way makes of a shape, as numbers; nothing where it leaves the shape out. */
function formsOf(shape: Shape, way: Way, picture: Picture): number[][] {
  switch (way) {
    case 'point':
      return shape.kind === 'point' ? [[shape.x, shape.y]] : [];
    case 'box':
      return shape.kind === 'box' ? [[shape.x, shape.y, shape.width, shape.height]] : [];
    case 'outline':
      if (shape.kind === 'mask') return maskToPolygons(maskFromRuns(shape)).map(outline);
      return shape.kind === 'polygon' || shape.kind === 'freehand' ? [outline(shape.points)] : [];
    case 'mask': {
      const mask = shapeMask(shape, picture);
      const tight = mask && shapeOfMask(mask);
      return tight ? [[tight.x, tight.y, tight.width, tight.height, ...tight.runs]] : [];
    }
  }
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, index) => Math.abs(value - b[index]!) < tolerance);

/** The shapes that stand on images, drawn by whomever, as files of labels would hold them. */
export interface StandingShapes {
  /** Reads what stands on some images, and forgets the others. */
  look(pictures: Iterable<Picture>): void;
  /**
   * Whether a shape of a file stands already: of the same class, in the same place, with its doubt and comment where
   * it has them.
   * @param except ids of shapes that do not count
   */
  holds(picture: Picture, shape: StoredAnnotation, except: ReadonlySet<string>): boolean;
}

export function createStandingShapes(interchange: InterchangeRepository, heirs: () => Heirs): StandingShapes {
  let known = new Map<string, { shapes: Standing[]; forms: Map<Way, number[][][]> }>();

  return {
    look(pictures) {
      const ids = [...new Set([...pictures].map(({ image }) => image))];
      const read = Map.groupBy(interchange.shapes(ids.filter((id) => !known.has(id))), ({ image }) => image);
      known = new Map(
        ids.map((id) => {
          const shapes = (read.get(id) ?? []).map(({ id: shape, value }) => ({ ...value, id: shape }));
          return [id, known.get(id) ?? { shapes, forms: new Map() }];
        }),
      );
    },

    holds(picture, { class: classId, shape, unsure, comment }, except) {
      const there = known.get(picture.image);
      if (!there || there.shapes.length === 0) return false;
      const way = wayOf(shape);
      const forms = there.forms.get(way) ?? there.shapes.map((one) => formsOf(one.shape, way, picture));
      there.forms.set(way, forms);
      const heir = (id: string | null): string | null => (id === null ? null : heirOf(id, heirs()));
      const [asked] = formsOf(shape, way, picture);
      return there.shapes.some(
        (one, index) =>
          heir(one.class) === heir(classId) &&
          (unsure === undefined || one.unsure === unsure) &&
          (comment === undefined || one.comment === comment) &&
          !except.has(one.id) &&
          asked !== undefined &&
          forms[index]!.some((form) => isSame(form, asked)),
      );
    },
  };
}
