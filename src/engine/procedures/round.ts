import { mostImagesInEvent } from '../../contract/events.ts';
import type { LabelRule } from '../../core/label-record.ts';
import { openReading } from '../../contract/round-id.ts';
import { adjudicate, openAdjudication, roundDisagreements, roundWordsOn } from '../rounds/adjudication.ts';
import { roundAgreement } from '../rounds/agreement.ts';
import { previewRule } from '../rounds/rule-preview.ts';
import { closeRound, listRounds, openRound, openWorklist, roundOutlook } from '../rounds/rounds.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Blinded rounds of reading, and what comes of them. */
export function roundProcedures({ events, projects }: EngineServices) {
  const { round } = base;
  const changed = (project: string): void => events.publish({ type: 'round.changed', project });
  const allLabels = (project: string, reader: string): void =>
    events.publish({ type: 'label.changed', project, images: [], count: mostImagesInEvent + 1, reader });
  return {
    outlook: round.outlook.handler(({ input }) => roundOutlook(projects.get(input.project), input)),
    open: round.open.handler(async ({ input }) => {
      const session = projects.get(input.project);
      const opened = await openRound(session, input);
      changed(session.id);
      // Its readers are made when new.
      events.publish({ type: 'reader.changed', project: session.id });
      return opened;
    }),
    list: round.list.handler(({ input }) => listRounds(projects.get(input.project))),
    worklist: round.worklist.handler(({ input }) =>
      openWorklist(projects.get(input.project), input.round, input.reader),
    ),
    close: round.close.handler(({ input }) => {
      const session = projects.get(input.project);
      const closed = closeRound(session, input.round, input.reader);
      changed(session.id);
      allLabels(session.id, input.reader);
      return closed;
    }),
    agreement: round.agreement.handler(({ input }) =>
      roundAgreement(projects.get(input.project), input.round),
    ),
    disagreements: round.disagreements.handler(({ input }) =>
      roundDisagreements(projects.get(input.project), input),
    ),
    adjudicationList: round.adjudicationList.handler(({ input }) =>
      openAdjudication(projects.get(input.project), input.round),
    ),
    words: round.words.handler(({ input }) => roundWordsOn(projects.get(input.project), input)),
    adjudicate: round.adjudicate.handler(({ input }) => {
      const session = projects.get(input.project);
      const image = session.dataset.findImage(input.image);
      const { result, changed: images, reader } = adjudicate(session, { ...input, image });
      if (images.length > 0)
        events.publish({ type: 'label.changed', project: session.id, images, count: images.length, reader });
      changed(session.id);
      return result;
    }),
    rule: round.rule.handler(({ input }) => ({
      rule: projects.get(input.project).projects.labelRule() as LabelRule,
    })),
    previewRule: round.previewRule.handler(({ input }) =>
      previewRule(projects.get(input.project), input.rule),
    ),
    setRule: round.setRule.handler(({ input: { project, reader, rule } }) => {
      const session = projects.get(project);
      const { journal } = session.writing();
      const actor = session.projects.readerNamed(reader, 'person').id;
      journal.set([{ target: { kind: 'setting', id: 'rule' }, to: rule }], { actor, round: openReading });
      session.index.invalidate();
      allLabels(session.id, reader);
      return { rule };
    }),
  };
}
