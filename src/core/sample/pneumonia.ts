import { drawBuild } from './chest.ts';
import { chestStreams, drawChest, drawChestFilm } from './chest-film.ts';
import { dealPatients, patientsOf } from './cohort.ts';
import { filmSize } from './field.ts';
import { drawFindings, type PneumoniaClass } from './opacity.ts';
import type { SampleTemplate } from './template.ts';

const classes: readonly PneumoniaClass[] = ['NORMAL', 'PNEUMONIA'];

/** Chest films (PA view) of healthy people and of people with pneumonia. */
export const pneumoniaSample: SampleTemplate = {
  id: 'pneumonia',
  generatorVersion: 1,
  classes,
  *draw(images, seed, share) {
    const patients = patientsOf(dealPatients(images, classes, seed), share);
    for (const { number, key, className, films } of patients) {
      const stream = chestStreams(seed, number);
      const build = drawBuild(stream('build'));
      const findings = drawFindings(build, className as PneumoniaClass, stream('findings'));
      const chest = drawChest(stream, build, findings);
      for (let film = 1; film <= films; film += 1) {
        yield {
          file: `${className}/${key}/${key}-${film}.png`,
          className,
          patient: key,
          ageYears: build.ageYears,
          sex: build.sex,
          channels: 1,
          width: filmSize,
          height: filmSize,
          pixels: drawChestFilm(chest, seed, number, film),
        };
      }
    }
  },
};
