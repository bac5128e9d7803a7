import { existsSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import { type ProjectSummary, type RecentProject, recentProjectSchema } from '../../contract/project.ts';
import { type OwnSettings, ownSettings, type Settings, settingsSchema } from '../../contract/system.ts';
import { translateSystemError } from '../system-errors.ts';
import { createStoredFile } from './stored-file.ts';

const mostRecent = 30;

const storedProjectSchema = recentProjectSchema.omit({ present: true, project: true, runs: true });
type StoredProject = z.infer<typeof storedProjectSchema>;

/** What stands in no list: it changes while a project is used. */
export interface ProjectNow {
  /** Null while the project is not open. */
  readonly summary: ProjectSummary | null;
  readonly runs: RecentProject['runs'];
}

/** What the user of this machine chose and worked on, for all projects: files in the settings folder. */
export interface Workspace {
  settings(): Promise<Settings>;
  /** Only what is given changes. @throws ReadroomError `usage` for a projects folder that is no absolute path */
  changeSettings(changes: Partial<Settings>): Promise<Settings>;
  /** The machine's settings with a person's own in their place; `reader` is their name. */
  settingsOf(name: string): Promise<Settings>;
  /** Only what is given changes. */
  changeSettingsOf(name: string, changes: Partial<OwnSettings>): Promise<Settings>;
  forgetSettingsOf(name: string): Promise<void>;
  /** Newest first. @param now what a folder's project is now */
  recent(now: (folder: string) => Promise<ProjectNow>): Promise<RecentProject[]>;
  /** Puts a project at the head of the list. */
  noteOpened(summary: ProjectSummary): void;
  /** Brings what the list says of a project up to date, where it stands. */
  noteClosed(summary: ProjectSummary): void;
  forget(folder: string): Promise<void>;
  /** Whether the queue of trainings was left paused. */
  isQueuePaused(): Promise<boolean>;
  pauseQueue(paused: boolean): Promise<void>;
  /** Waits until what was noted stands in its file. */
  settle(): Promise<void>;
}

export function createWorkspace(settingsFolder: string): Workspace {
  const settings = createStoredFile<Settings>(
    path.join(settingsFolder, 'settings.json'),
    settingsSchema,
    () => settingsSchema.parse({}),
  );
  const projects = createStoredFile<StoredProject[]>(
    path.join(settingsFolder, 'recent.json'),
    z.array(storedProjectSchema),
    () => [],
  );
  const queue = createStoredFile(
    path.join(settingsFolder, 'queue.json'),
    z.object({ paused: z.boolean() }),
    () => ({ paused: false }),
  );
  const own = createStoredFile(
    path.join(settingsFolder, 'profile-settings.json'),
    z.array(z.object({ name: z.string(), settings: ownSettings })),
    () => [],
  );
  let noted: Promise<unknown> = Promise.resolve();

  /** The list is a convenience: a home that cannot be written must not keep a project from opening. */
  const note = (how: (list: StoredProject[]) => StoredProject[]): void => {
    noted = projects.change(how).catch((error: unknown) => {
      if (!(translateSystemError(error) instanceof ReadroomError)) throw error;
    });
    // Thrown again by `settle`.
    noted.catch(() => undefined);
  };

  return {
    settings: () => settings.read(),

    async changeSettings(changes) {
      refuseRelative(changes.projectsFolder ?? null);
      return settings.change((now) => ({ ...now, ...given(changes) }));
    },

    async settingsOf(name) {
      const entry = (await own.read()).find((one) => one.name === name);
      return personal(await settings.read(), name, entry?.settings ?? ownSettings.parse({}));
    },

    async changeSettingsOf(name, changes) {
      const entries = await own.change((all) => {
        const now = all.find((one) => one.name === name)?.settings ?? ownSettings.parse({});
        return [...all.filter((one) => one.name !== name), { name, settings: { ...now, ...given(changes) } }];
      });
      return personal(await settings.read(), name, entries.at(-1)!.settings);
    },

    async forgetSettingsOf(name) {
      await own.change((all) => all.filter((one) => one.name !== name));
    },

    async recent(now) {
      await noted;
      const list: RecentProject[] = [];
      // One after the other: together their databases would be read in one turn of the event loop.
      for (const entry of await projects.read()) {
        const { summary, runs } = await now(entry.path);
        list.push({
          ...entry,
          ...(summary && factsOf(summary)),
          present: existsSync(path.join(entry.path, 'project.sqlite')),
          project: summary?.project ?? null,
          runs,
        });
      }
      return list;
    },

    noteOpened(summary) {
      const entry = { ...factsOf(summary), openedAt: new Date().toISOString() };
      note((list) => [entry, ...list.filter((other) => other.path !== entry.path)].slice(0, mostRecent));
    },

    noteClosed(summary) {
      const facts = factsOf(summary);
      note((list) => list.map((entry) => (entry.path === facts.path ? { ...entry, ...facts } : entry)));
    },

    async forget(folder) {
      await projects.change((list) => list.filter((entry) => entry.path !== folder));
    },

    isQueuePaused: async () => (await queue.read()).paused,

    async pauseQueue(paused) {
      await queue.change(() => ({ paused }));
    },

    async settle() {
      await noted;
    },
  };
}

const given = <T extends object>(changes: T): Partial<T> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;

const personal = (machine: Settings, name: string, chosen: OwnSettings): Settings => ({
  ...machine,
  ...chosen,
  reader: name,
  projectsFolder: null,
});

function factsOf({ path: folder, name, template, images }: ProjectSummary): Omit<StoredProject, 'openedAt'> {
  return { path: folder, name, template, images };
}

function refuseRelative(folder: string | null): void {
  if (folder === null || path.isAbsolute(folder)) return;
  throw new ReadroomError(
    'usage',
    `"${folder}" is not a whole path.`,
    'Give the folder for projects with its path from the root.',
  );
}
