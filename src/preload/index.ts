import { contextBridge, ipcRenderer, webUtils } from 'electron';

import { hostChannels, type HostAnswer } from '../contract/host-channels.ts';
import type { EngineState, HostBridge, HostCallName, HostCalls } from '../contract/host.ts';

/** Commands of the menu that came before the page listened. */
const early: string[] = [];
const commandListeners = new Set<(command: string) => void>();
const stateListeners = new Set<(state: EngineState) => void>();

ipcRenderer.on(hostChannels.command, (_event, command: string) => {
  if (commandListeners.size === 0) early.push(command);
  for (const listener of commandListeners) listener(command);
});
ipcRenderer.on(hostChannels.engineState, (_event, state: EngineState) => {
  for (const listener of stateListeners) listener(state);
});
ipcRenderer.on(hostChannels.port, (event) => {
  // A port cannot cross the bridge; a window message is the one way into the page.
  window.postMessage({ readroom: 'port' }, window.location.origin, event.ports);
});

async function call<N extends HostCallName>(
  name: N,
  input: HostCalls[N]['input'],
): Promise<HostCalls[N]['output']> {
  const answer = (await ipcRenderer.invoke(hostChannels.call, name, input)) as HostAnswer;
  if (answer.ok) return answer.value as HostCalls[N]['output'];
  // Of an error the bridge carries the message alone.
  const { message, hint } = answer.error;
  throw new Error(hint === '' ? message : `${message} ${hint}`);
}

const bridge: HostBridge = {
  host: 'electron',
  pathOf: (file) => webUtils.getPathForFile(file as File),
  call,
  onCommand(listener) {
    commandListeners.add(listener);
    for (const command of early.splice(0)) listener(command);
    return () => commandListeners.delete(listener);
  },
  onEngineState(listener) {
    stateListeners.add(listener);
    return () => stateListeners.delete(listener);
  },
};

contextBridge.exposeInMainWorld('readroom', bridge);
