import type { LabelSchema } from '../../../contract/project.ts';

const drafts = new Map<string, { of: string; draft: LabelSchema }>();

/**
 * What a project's labels would be, as it was left unapplied in this window; where there is nothing of it, or labels
 * were changed since, a copy of `now`.
 */
export function labelDraft(project: string, now: LabelSchema): LabelSchema {
  const kept = drafts.get(project);
  return kept?.of === JSON.stringify(now) ? kept.draft : { ...now };
}

/** Keeps a draft that is left unapplied; one that is as labels are `now` is forgotten. */
export function keepLabelDraft(project: string, now: LabelSchema, draft: LabelSchema): void {
  const of = JSON.stringify(now);
  if (JSON.stringify(draft) === of) drafts.delete(project);
  else drafts.set(project, { of, draft });
}
