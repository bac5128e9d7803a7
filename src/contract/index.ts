import { datasetContract } from './dataset.ts';
import { jobContract } from './job.ts';
import { labelContract, readerContract } from './label.ts';
import { classContract, projectContract } from './project.ts';
import { runContract } from './run.ts';
import { settingsContract, systemContract } from './system.ts';

/** Everything a client may ask of the engine, served alike over every transport. */
export const contract = {
  project: projectContract,
  class: classContract,
  dataset: datasetContract,
  label: labelContract,
  reader: readerContract,
  run: runContract,
  job: jobContract,
  settings: settingsContract,
  system: systemContract,
};
export type Contract = typeof contract;
