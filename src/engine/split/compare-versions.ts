import { splitParts, type VersionDifference } from '../../contract/split.ts';
import type { MemberLabel } from '../../core/split-strata.ts';
import type { MemberChange } from '../db/version-repository.ts';
import { labelText } from '../label/label-words.ts';
import type { ProjectSession } from '../project/session.ts';

const mostExamples = 200;

type ImagesOfChange = VersionDifference['added'];

function imagesOf(changes: readonly MemberChange[]): ImagesOfChange {
  return { n: changes.length, images: changes.slice(0, mostExamples).map(({ image }) => image) };
}

/** The changes by a text, in the order in which the texts first appear. */
function groupBy(
  changes: readonly MemberChange[],
  keyOf: (change: MemberChange) => string,
): MemberChange[][] {
  return [...Map.groupBy(changes, keyOf).values()];
}

/**
 * What lies between two versions of the dataset: images that came and went, that moved between parts, and that
 * have another label; and whether other drawings are on them. An image can be both moved and relabelled.
 * @throws ReadroomError `unknownVersion`
 */
export async function compareVersions(
  session: ProjectSession,
  input: { from: string; to: string },
): Promise<VersionDifference> {
  const { dataset, projects } = session;
  const [from, to] = [dataset.findVersion(input.from), dataset.findVersion(input.to)];
  const changes = await dataset.changes(from, to);
  const [before, after] = [from.report.drawings, to.report.drawings];
  const redrawn = before === undefined || after === undefined ? null : before !== after;
  const names = projects.classNames();
  const nameOf = ({ classId, classes, number }: MemberLabel): string | null => {
    const word = { ...(classId !== null && { class: classId }), ...(classes && { classes }) };
    const text = labelText(number === null ? word : { number }, names);
    return text === null ? null : String(text);
  };
  const saidOf = ({ classId, classes, number }: MemberLabel): string =>
    JSON.stringify([classId, classes, number]);
  const inBoth = changes.filter(({ from, to }) => from && to);
  const moved = inBoth.filter(({ from, to }) => from!.part !== to!.part);
  const relabelled = inBoth.filter(({ from, to }) => saidOf(from!) !== saidOf(to!));
  const rank = ({ from, to }: MemberChange): number =>
    3 * splitParts.indexOf(from!.part) + splitParts.indexOf(to!.part);
  return {
    same: changes.length === 0 && redrawn !== true,
    redrawn,
    added: imagesOf(changes.filter(({ from }) => from === null)),
    removed: imagesOf(changes.filter(({ to }) => to === null)),
    moved: groupBy(moved, (change) => String(rank(change)))
      .sort((a, b) => rank(a[0]!) - rank(b[0]!))
      .map((group) => ({ from: group[0]!.from!.part, to: group[0]!.to!.part, ...imagesOf(group) })),
    relabelled: groupBy(relabelled, ({ from, to }) => `${saidOf(from!)} ${saidOf(to!)}`)
      .sort((a, b) => b.length - a.length)
      .map((group) => ({
        from: nameOf(group[0]!.from!),
        to: nameOf(group[0]!.to!),
        ...imagesOf(group),
      })),
  };
}
