import { mostImagesInList } from '../../contract/image.ts';
import type { RulePreview } from '../../contract/round.ts';
import type { LabelRule } from '../../core/label-record.ts';
import { labelText } from '../label/label-words.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns } from '../turns.ts';

const mostExamples = 50;

/** Which labels of record would be others under a rule; changes nothing. */
export async function previewRule(session: ProjectSession, rule: LabelRule): Promise<RulePreview> {
  const changes = await inTurns(session.recordWords.changesUnder(rule));
  const names = session.projects.classNames();
  return {
    rule,
    changed: changes.length,
    gained: changes.filter(({ now }) => now === null).length,
    lost: changes.filter(({ then }) => then === null).length,
    images: changes.slice(0, mostImagesInList).map(({ image }) => image),
    examples: changes.slice(0, mostExamples).map(({ image, now, then }) => ({
      image,
      now: labelText(now, names),
      then: labelText(then, names),
    })),
  };
}
