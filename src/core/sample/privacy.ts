import { createRandom, type Random } from '../random.ts';
import { drawBuild } from './chest.ts';
import { chestStreams, drawChest, drawChestFilm } from './chest-film.ts';
import { dealPatients, patientsOf } from './cohort.ts';
import { between, filmSize } from './field.ts';
import { burnText, fittingHeight } from './lettering.ts';
import { drawFindings, type PneumoniaClass } from './opacity.ts';
import type { SampleRecord, SampleTemplate } from './template.ts';

const classes: readonly PneumoniaClass[] = ['NORMAL', 'PNEUMONIA'];

/** Share of patients whose films come from a device that writes nothing on them. */
const unmarkedShare = 0.25;
/** Share of the other patients of whom one of the three facts is not written. */
const partialShare = 0.2;
const lowestLetters = 14;
const highestLetters = 24;

/**
 * The chest films of the template `pneumonia`, on most of which the device has burned the patient's name, hospital
 * number and date of birth into a corner, white on black: the corner and the size of the letters change from film to
 * film, the form of the date and the words before it from patient to patient. Whether a film is written on has
 * nothing to do with its class.
 *
 * `record` holds letter by letter what stands on all films of the patient, `name`, `hospital_number` and
 * `birth_date`; null is not written. All of it is drawn by chance.
 */
export const privacySample: SampleTemplate = {
  id: 'privacy',
  generatorVersion: 1,
  classes,
  *draw(images, seed, share) {
    for (const { number, key, className, films } of patientsOf(dealPatients(images, classes, seed), share)) {
      const stream = chestStreams(seed, number);
      const build = drawBuild(stream('build'));
      const findings = drawFindings(build, className as PneumoniaClass, stream('findings'));
      const chest = drawChest(stream, build, findings);
      const { sex, ageYears } = build;
      const writing = drawWriting(sex, ageYears, createRandom(seed, 'sample', 'privacy', 'patient', number));
      for (let film = 1; film <= films; film += 1) {
        const pixels = drawChestFilm(chest, seed, number, film);
        burn(pixels, writing.lines, createRandom(seed, 'sample', 'privacy', 'film', number, film));
        yield {
          file: `${className}/${key}/${key}-${film}.png`,
          className,
          patient: key,
          ageYears,
          sex,
          record: writing.record,
          channels: 1,
          width: filmSize,
          height: filmSize,
          pixels,
        };
      }
    }
  },
};

interface Writing {
  readonly record: SampleRecord;
  /** As they stand on the films; none where the device writes nothing. */
  readonly lines: readonly string[];
}

function drawWriting(sex: 'F' | 'M', ageYears: number, random: Random): Writing {
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const name = `${pick(surnames)}, ${pick(givenNames[sex])}`;
  const number = String(10_000_000 + random.integer(90_000_000));
  const birth = drawBirthDate(ageYears, random);
  const style = random.integer(labelStyles.length);
  const isUnmarked = random.uniform() < unmarkedShare;
  const missing = random.uniform() < partialShare ? random.integer(3) : -1;
  const facts = [name, number, birth].map((fact, i) => (isUnmarked || i === missing ? null : fact));
  const lines = facts.flatMap((fact, i) => (fact === null ? [] : [labelStyles[style]![i]! + fact]));
  const [nameRecord, numberRecord, birthRecord] = facts as [string | null, string | null, string | null];
  return {
    record: { name: nameRecord, hospital_number: numberRecord, birth_date: birthRecord },
    lines,
  };
}

/** What stands before name, hospital number and date of birth. */
const labelStyles: readonly (readonly [string, string, string])[] = [
  ['', 'ID ', 'DOB '],
  ['NAME: ', 'MRN: ', 'BORN: '],
  ['', '', ''],
  ['PAT ', 'NO. ', 'DOB '],
];

/** Films are of this year. */
const filmYear = 2024;
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] as const;

function drawBirthDate(ageYears: number, random: Random): string {
  const year = String(filmYear - ageYears);
  const month = random.integer(12);
  const day = String(1 + random.integer(28)).padStart(2, '0');
  const monthNumber = String(month + 1).padStart(2, '0');
  const forms = [
    `${year}-${monthNumber}-${day}`,
    `${day}.${monthNumber}.${year}`,
    `${day} ${months[month]!} ${year}`,
    `${day}/${monthNumber}/${year}`,
  ];
  return forms[random.integer(forms.length)]!;
}

function burn(pixels: Uint8Array, lines: readonly string[], random: Random): void {
  if (lines.length === 0) return;
  const side = (): 0 | 1 => (random.uniform() < 0.5 ? 0 : 1);
  const corner = [side(), side()] as const;
  const inset = [Math.floor(between(random, 0, 14)), Math.floor(between(random, 0, 14))] as const;
  const wanted = between(random, lowestLetters, highestLetters);
  const fitting = fittingHeight(lines, filmSize - inset[0]);
  burnText(pixels, { lines, corner, inset, height: Math.max(lowestLetters, Math.min(wanted, fitting)) });
}

const surnames = [
  ...['ALMEIDA', 'ANDERSEN', 'BAKKER', 'BECKER', 'BROWN', 'CARVALHO', 'CHEN', 'COSTA', 'DIAZ', 'DUBOIS'],
  ...['EVANS', 'FERRARI', 'FISCHER', 'GARCIA', 'GREENE', 'HANSEN', 'HARRIS', 'HOFFMANN', 'IBRAHIM', 'IVANOV'],
  ...['JENSEN', 'JOHNSON', 'KAYA', 'KELLER', 'KHAN', 'KOWALSKI', 'LARSEN', 'LEFEVRE', 'LOPEZ', 'MARTIN'],
  ...['MOREAU', 'MUELLER', 'NAKAMURA', 'NGUYEN', 'NOVAK', 'OKAFOR', 'OLSEN', 'OZTURK', 'PATEL', 'PEREIRA'],
  ...['PETROV', 'QUINN', 'RAMIREZ', 'RICHTER', 'ROSSI', 'SANTOS', 'SCHMIDT', 'SILVA', 'SINGH', 'TANAKA'],
  ...['TAYLOR', 'URBAN', 'VARGA', 'VOGEL', 'WAGNER', 'WALKER', 'WEISS', 'YILMAZ', 'ZELLER', 'ZIEGLER'],
] as const;

const givenNames = {
  F: [
    ...['ALICE', 'AMINA', 'ANNA', 'CLARA', 'ELENA', 'EMMA', 'FATIMA', 'GRACE', 'HELENA', 'INGRID'],
    ...['JULIA', 'KAREN', 'LAURA', 'MARIA', 'NADIA', 'OLGA', 'PAULA', 'ROSA', 'SOFIA', 'YUKI'],
  ],
  M: [
    ...['ADAM', 'AHMED', 'BRUNO', 'CARLOS', 'DAVID', 'ERIK', 'FELIX', 'GEORG', 'HUGO', 'IVAN'],
    ...['JAMES', 'KARL', 'LUIS', 'MARCO', 'NILS', 'OMAR', 'PAUL', 'RAVI', 'SIMON', 'VICTOR'],
  ],
} as const;
