import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';

import type { LabelChangeInput } from '../../contract/label.ts';
import { type QueuedChange, useChangeQueue } from './change-queue.ts';
import { useProject } from './project.ts';
import { useWorkspace } from './workspace.ts';

/** A change of a reader's word on one image, on its way to the engine. */
interface SentWord extends QueuedChange {
  readonly image: string;
  readonly change: LabelChangeInput;
  /** How long the image was in view. */
  readonly milliseconds?: number;
}

/** What the reader says of images one by one, on its way to the engine. */
export const useWords = defineStore('words', () => {
  const project = useProject();
  const workspace = useWorkspace();
  const queue = useChangeQueue<SentWord>({
    kind: 'word',
    forgetsRefused: true,
    async send(client, { image, ...word }) {
      await client.label.assign({ ...word, images: { ids: [image] } });
    },
  });
  return {
    /** How many changes of the project on screen are not saved yet. */
    due: queue.due,
    /** @param done is told when it is saved, or why it was refused */
    change(
      handle: string,
      {
        image,
        change,
        milliseconds,
      }: Pick<SentWord, 'image' | 'change'> & { milliseconds?: number | undefined },
      done: (failure: unknown) => void,
    ): void {
      const said = { action: uuid(), project: handle, reader: workspace.reader, round: project.round };
      queue.add({ ...said, image, change, ...(milliseconds !== undefined && { milliseconds }) }, done);
    },
  };
});
