import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createServer } from '../../../src/server/create-server.ts';
import { createSmallEngine } from '../../support/small-engine.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

function makeCertificate(names = 'DNS:gpubox.example,IP:10.1.2.3'): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'readroom-cert-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=gpubox', '-addext', `subjectAltName=${names}`];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const made = spawnSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

test.skipIf(!hasOpenssl)(
  'reachable from elsewhere only encrypted, under the names of its certificate',
  async () => {
    const remote = makeCertificate();
    const media = () => Promise.resolve(new Response());
    const server = await createServer({ router: createSmallEngine().router, media, port: 0, remote });
    try {
      const url = new URL(server.url);
      expect([url.protocol, url.hostname]).toEqual(['https:', 'gpubox.example']);
      const ask = async (options: RequestOptions): Promise<IncomingMessage> => {
        const sent = request({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false, ...options });
        sent.end();
        const [response] = (await once(sent, 'response')) as [IncomingMessage];
        response.resume();
        return response;
      };
      const path = `${url.pathname}${url.search}`;
      for (const name of ['gpubox.example', '10.1.2.3', '127.0.0.1']) {
        const answer = await ask({ path, headers: { host: `${name}:${server.port}` } });
        expect([name, answer.statusCode]).toEqual([name, 303]);
        expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
      }
      expect((await ask({ path, headers: { host: `other.example:${server.port}` } })).statusCode).toBe(421);
      expect((await ask({ path: '/', headers: { host: `gpubox.example:${server.port}` } })).statusCode).toBe(
        401,
      );
    } finally {
      await server.close();
    }
  },
);

test.skipIf(!hasOpenssl)('a certificate that fits no address of this machine is refused', async () => {
  const media = () => Promise.resolve(new Response());
  const remote = makeCertificate('DNS:*.elsewhere.example');
  await expect(
    createServer({ router: createSmallEngine().router, media, port: 0, remote }),
  ).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('*.elsewhere.example') as string,
  });
});

test('a certificate that is none is refused before anything listens', async () => {
  const media = () => Promise.resolve(new Response());
  const remote = { cert: 'no certificate', key: 'no key' };
  await expect(
    createServer({ router: createSmallEngine().router, media, port: 0, remote }),
  ).rejects.toMatchObject({ code: 'usage' });
});
