import type { ImageDetail } from '../../contract/image.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { labelText } from '../label/label-words.ts';
import { openReading } from '../../contract/round-id.ts';
import { recordWord } from '../db/image-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { toReaderLabel } from './reader-label.ts';
import { createFlagger } from './views-rows.ts';

/** All that is known of one image. @throws ReadroomError `unknownImage` */
export function imageDetail(session: ProjectSession, image: string): ImageDetail {
  const { images } = session;
  const found = images.facts(image);
  if (!found) throw unknownImage(image);
  const { patientId, bodyPart, laterality, view, sex, device, ...facts } = found;
  const { path, fileName } = session.dataset.file(image);
  const [row] = session.rowsOf([image]);
  const [shown] = images.shown([row!], { readerId: null, round: openReading, level: 'image' });
  const { modality, width, height, patient, part } = shown!;
  const names = session.projects.shownClassNames();
  return {
    ...facts,
    ...{ image, fileName, path, width, height, patient, part },
    fields: { modality, bodyPart, laterality, view, sex, device, format: facts.format },
    flags: createFlagger(session)(row!, shown!),
    label: labelText(recordWord(shown!), names),
    labels: images
      .words(image)
      .map(({ reader, value, at }) => ({ ...toReaderLabel(value, names), reader, at })),
    samePatient: patientId === null ? [] : images.ofPatient(patientId, image),
    samePixels: images.ofPixels(facts.pixelSha256, image),
  };
}

export function unknownImage(image: string): ReadroomError {
  return new ReadroomError(
    'unknownImage',
    `There is no image "${image}".`,
    'It may belong to another project, or its import was taken back.',
  );
}
