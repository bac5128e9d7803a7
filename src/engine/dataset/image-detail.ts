import type { ImageDetail } from '../../contract/dataset.ts';
import { openRound } from '../label/open-round.ts';
import type { ProjectSession } from '../project/session.ts';
import { toReaderLabel } from './reader-label.ts';
import { flagsOf } from './views-rows.ts';

/** All that is known of one image. @throws ReadroomError `unknownImage` */
export function imageDetail(session: ProjectSession, image: string): ImageDetail {
  const { path, fileName } = session.dataset.file(image);
  const shown = session.images.shown(session.rowsOf([image]), null, openRound)[0]!;
  const { patientId, ...facts } = session.images.facts(image);
  const names = session.projects.classNames();
  return {
    ...facts,
    ...{ image, fileName, path },
    width: shown.width,
    height: shown.height,
    patient: shown.patient,
    part: shown.part,
    flags: flagsOf(shown),
    label: shown.class === null ? session.images.number(image) : (names.get(shown.class) ?? shown.class),
    labels: session.images
      .words(image)
      .map(({ reader, value, at }) => ({ ...toReaderLabel(value, names), reader, at })),
    samePatient: patientId === null ? [] : session.images.ofPatient(patientId, image),
    samePixels: session.images.ofPixels(facts.pixelSha256, image),
  };
}
