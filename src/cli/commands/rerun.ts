import { constants } from 'node:fs';
import { access, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import type { ReproductionCertificate } from '../../contract/certificate.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { rerunResultSchema } from '../../contract/run.ts';
import { describeCertificate } from '../certificate.ts';
import { defineCommand } from '../command.ts';
import { finishJob, openProject } from '../work.ts';
import { interrupted, seenBy, showTraining } from '../training-progress.ts';

export default defineCommand<[string, string], { certificate?: string }>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run>', 'run id, its beginning, or latest')
      .option('--certificate <file>', 'file to write the certificate to as well, .json'),
  examples: ['rerun chest latest', 'rerun chest latest --certificate same-weights.json'],
  async run(context, [path, run], options) {
    const file = options.certificate === undefined ? null : context.resolve(options.certificate);
    if (file !== null) await refuseUnwritable(file);
    const { client, project } = await openProject(context, path, 'write');
    const started = await client.run.rerun({ project: project.project, run });
    const { recipe } = await client.run.get({ project: project.project, run: started.run });
    const result = await finishJob(context, started, rerunResultSchema, {
      what: 'Training again',
      noun: 'image',
      run: started.run,
      ...showTraining(context.progress, recipe.epochs, seenBy(recipe)),
    }).catch((error: unknown) => {
      throw context.signal.aborted ? interrupted(path, started.run) : error;
    });
    if (file !== null) await write(file, result.certificate);
    return { document: { ...result }, text: describeCertificate(result.certificate) };
  },
});

/** Hours of training before a refusal would be a pity. */
async function refuseUnwritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch {
    throw new ReadroomError(
      'usage',
      `Nothing can be written in ${dirname(file)}, where the certificate is to stand.`,
      'Give a file in a folder that exists and can be written.',
    );
  }
}

async function write(file: string, certificate: ReproductionCertificate): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(certificate, null, 2)}\n`);
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    throw new ReadroomError(
      'permissionDenied',
      `${certificate.statement} The certificate cannot be written to ${file}: ${detail}.`,
      `Copy it from runs/${certificate.second.run}/certificate.json in the project's folder.`,
    );
  }
}
