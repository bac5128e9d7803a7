import { annotationContract } from './annotation.ts';
import { datasetContract } from './dataset.ts';
import { interchangeContract } from './interchange.ts';
import { jobContract } from './job.ts';
import { historyContract, labelContract, readerContract } from './label.ts';
import { mergeContract } from './merge.ts';
import { profileContract } from './profile.ts';
import { classContract, projectContract } from './project.ts';
import { roundContract } from './round.ts';
import { runContract } from './run.ts';
import { settingsContract, systemContract } from './system.ts';
import { tableContract } from './table.ts';
import { weightsContract } from './weights.ts';

/** Everything a client may ask of the engine, served alike over every transport. */
export const contract = {
  project: projectContract,
  class: classContract,
  dataset: datasetContract,
  table: tableContract,
  label: labelContract,
  annotation: annotationContract,
  interchange: interchangeContract,
  history: historyContract,
  reader: readerContract,
  profile: profileContract,
  round: roundContract,
  merge: mergeContract,
  run: runContract,
  weights: weightsContract,
  job: jobContract,
  settings: settingsContract,
  system: systemContract,
};
export type Contract = typeof contract;
/** `domain.procedure`, as `profile.reach` names them. */
export type ProcedureName = {
  [D in keyof Contract]: `${D}.${keyof Contract[D] & string}`;
}[keyof Contract];
