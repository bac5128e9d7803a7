import { createRandom, type Random } from '../random.ts';
import { axialShape, drawAxialBuild } from './brain/axial.ts';
import { drawScanner, scan } from './brain/scanner.ts';
import { drawHead, drawPose, drawSlice, flair, sliceEdge, t1 } from './brain/slice.ts';
import { drawTumour, paintSpots, paintTumour, type TumourMasks } from './brain/tumour.ts';
import { dealPatients, patientsOf } from './cohort.ts';
import { between } from './field.ts';
import type { SampleMask, SampleTemplate } from './template.ts';

/** Share of the patients who have a tumour. */
const tumourShare = 0.85;
/** Between two slices of a patient, in pixels of the slice: about 5 mm. */
const sliceGap = 6;

/**
 * Neighbouring axial MR slices of brains, T1-weighted with contrast medium or FLAIR, with masks of a tumour and of
 * the oedema around it. A patient's slices may begin or end beside the tumour, and some patients have none. Small
 * bright spots, the scalp's fat and the cortex are as bright as what is looked for.
 */
export const mriSegmentationSample: SampleTemplate = {
  id: 'mri-segmentation',
  generatorVersion: 1,
  classes: ['tumour', 'oedema'],
  *draw(images, seed, share) {
    for (const { number, key, films } of patientsOf(dealPatients(images, [''], seed), share)) {
      const stream = (purpose: string): Random =>
        createRandom(seed, 'sample', 'mri-segmentation', number, purpose);
      const person = stream('person');
      const ageYears = Math.round(between(person, 24, 82));
      const sex = person.uniform() < 0.5 ? 'F' : 'M';
      const contrast = person.uniform() < 0.5 ? t1 : flair;
      const ageing = (ageYears - 24) / 58;
      const head = drawHead(0.3 + 0.5 * ageing, 1 + 1.2 * ageing, stream('head'));
      const build = drawAxialBuild(stream('build'));
      const pose = drawPose(1.08, stream('pose'));
      const scanner = drawScanner(stream('scanner'));
      const tumour = person.uniform() < tumourShare ? drawTumour(build, stream('tumour')) : null;
      const middle = tumour === null ? between(person, 4, 38) : tumour.level + between(person, -9, 9);
      const lowest = Math.max(
        -4,
        Math.min(50 - sliceGap * (films - 1), middle - (sliceGap * (films - 1)) / 2),
      );
      for (let film = 1; film <= films; film += 1) {
        const level = lowest + sliceGap * (film - 1);
        const slice = drawSlice(axialShape(build, level), head, contrast, pose, level);
        paintSpots(slice, pose, contrast, stream(`spots ${film}`));
        const masks = tumour && paintTumour(slice, tumour, build, contrast, pose, level);
        yield {
          file: `${key}/${key}-${film}.png`,
          className: '',
          patient: key,
          ageYears,
          sex,
          channels: 1,
          width: sliceEdge,
          height: sliceEdge,
          pixels: scan(slice.signal, scanner, seed, ['sample', 'mri-segmentation', number, film]),
          masks: masks ? masksOf(masks) : [],
        };
      }
    }
  },
};

function masksOf({ tumour, oedema }: TumourMasks): SampleMask[] {
  const masks = [
    { className: 'tumour', data: tumour },
    { className: 'oedema', data: oedema },
  ];
  return masks.filter((mask) => mask.data.includes(1));
}
