import { defineStore } from 'pinia';
import { computed, ref, watchEffect } from 'vue';

import type { ProjectSummary, RecentProject, Template } from '../../contract/project.ts';
import { type About, type DoctorReport, type Settings, settingsSchema } from '../../contract/system.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { changedKeys } from '../commands/registry.ts';
import { changedMouse } from '../viewer/mouse.ts';

/** Kept in the browser too, so that the first look is right before the engine answers. */
const themeKey = 'readroom.theme';
const textSizeKey = 'readroom.textSize';

/** The look that was set last in this browser; what it no longer knows counts as not set. */
function lastLook(): Settings {
  const found = settingsSchema.safeParse({
    theme: localStorage.getItem(themeKey) ?? undefined,
    textSize: Number(localStorage.getItem(textSizeKey) ?? 100),
  });
  return found.data ?? settingsSchema.parse({});
}

/** The machine, the user's settings and the projects it knows. */
export const useWorkspace = defineStore('workspace', () => {
  const about = ref<About | null>(null);
  const settings = ref<Settings>(lastLook());
  const recent = ref<RecentProject[] | null>(null);
  /** Of a person who signed in: the open projects in which they take part. */
  const shared = ref<ProjectSummary[] | null>(null);
  const templates = ref<Template[]>([]);
  const doctor = ref<DoctorReport | null>(null);
  const prefersLight = ref(matchMedia('(prefers-color-scheme: light)').matches);
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', (event) => {
    prefersLight.value = event.matches;
  });

  const theme = computed<'dark' | 'light'>(() =>
    settings.value.theme === 'system' ? (prefersLight.value ? 'light' : 'dark') : settings.value.theme,
  );
  /** Who signed in to this server; null: whoever uses the machine itself. */
  const profile = computed(() => about.value?.profile ?? null);
  /** Who reads now. */
  const reader = computed(() => settings.value.reader || about.value?.userName || 'reader');

  watchEffect(() => {
    document.documentElement.dataset['theme'] = theme.value;
    localStorage.setItem(themeKey, settings.value.theme);
  });
  watchEffect(() => {
    const { textSize } = settings.value;
    document.documentElement.dataset['textSize'] = String(textSize);
    localStorage.setItem(textSizeKey, String(textSize));
  });
  watchEffect(() => {
    for (const id of Object.keys(changedKeys)) Reflect.deleteProperty(changedKeys, id);
    Object.assign(changedKeys, settings.value.keys);
  });
  watchEffect(() => {
    for (const gesture of Object.keys(changedMouse)) Reflect.deleteProperty(changedMouse, gesture);
    Object.assign(changedMouse, settings.value.mouse);
  });

  async function load(): Promise<void> {
    const client = await engine();
    [about.value, settings.value, templates.value] = await Promise.all([
      client.system.about(),
      client.settings.get(),
      client.project.templates(),
    ]);
    await loadRecent();
  }
  async function loadRecent(): Promise<void> {
    const client = await engine();
    about.value ??= await client.system.about();
    // Where projects lie concerns who works at the machine.
    if (profile.value === null) recent.value = await client.project.recent();
    else shared.value = await client.project.list();
  }
  async function change(changes: Partial<Settings>): Promise<void> {
    settings.value = { ...settings.value, ...changes };
    settings.value = await (await engine()).settings.set(changes);
  }
  /** What is here and what is missing; takes some seconds the first time. */
  async function examine(): Promise<DoctorReport> {
    const client = await engine();
    doctor.value = await client.system.doctor();
    about.value = await client.system.about();
    return doctor.value;
  }

  onResync(() => void load());
  onEngineEvent((event) => {
    if (event.type === 'settings.changed') {
      void engine().then(async (client) => (settings.value = await client.settings.get()));
    }
    if (event.type === 'system.changed') {
      void engine().then(async (client) => (about.value = await client.system.about()));
    }
    const told = ['project.opened', 'project.closed', 'reader.changed'];
    if (told.includes(event.type)) void loadRecent();
  });

  /** Ends the session of the person who signed in, and shows where to sign in. */
  async function signOut(): Promise<void> {
    const headers = { 'Content-Type': 'application/json' };
    await fetch('/sign-out', { method: 'POST', headers, body: '{}' });
    location.assign('/');
  }

  return {
    ...{ about, settings, recent, shared, templates, doctor, theme, profile, reader },
    ...{ load, loadRecent, change, examine, signOut },
  };
});
