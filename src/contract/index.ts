import { datasetContract } from './dataset.ts';
import { jobContract } from './job.ts';
import { labelContract } from './label.ts';
import { projectContract } from './project.ts';
import { runContract } from './run.ts';
import { systemContract } from './system.ts';

/** Everything a client may ask of the engine, served alike over every transport. */
export const contract = {
  project: projectContract,
  dataset: datasetContract,
  label: labelContract,
  run: runContract,
  job: jobContract,
  system: systemContract,
};
export type Contract = typeof contract;
