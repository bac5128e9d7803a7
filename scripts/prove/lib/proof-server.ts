import { WebSocket } from 'ws';

import type { Contract } from '../../../src/contract/index.ts';
import type { EngineClient } from '../../../src/rpc/jobs.ts';
import { connect } from '../../../src/rpc/websocket.ts';
import { until } from './processes.ts';
import { type StartedCommand, startReadroomGroup } from './readroom.ts';

/** The server host with a project open, as a browser's page has it. */
export interface ProofServer {
  command: StartedCommand;
  client: EngineClient;
  /** The open project's id. */
  project: string;
  /** Ends it with SIGTERM and waits. */
  close(): Promise<void>;
}

const startLimitMs = 30_000;

/** Starts `serve PROJECT` in a process group of its own and connects to it. */
export async function startProofServer(projectFolder: string): Promise<ProofServer> {
  const command = startReadroomGroup('serve', projectFolder, '--port', '0');
  const url = await until('The server', startLimitMs, () => /"url": "([^"]+)"/.exec(command.printed())?.[1]);
  const { host, searchParams } = new URL(url);
  const socket = new WebSocket(`ws://${host}/rpc?token=${searchParams.get('token') ?? ''}`);
  // The server may be killed: what is then lost shows in the calls.
  socket.on('error', () => undefined);
  const client = connect<Contract>(socket);
  const { project } = await client.project.open({ path: projectFolder, mode: 'write' });
  return {
    command,
    client,
    project,
    async close() {
      socket.terminate();
      command.kill('SIGTERM');
      await command.ended;
    },
  };
}
