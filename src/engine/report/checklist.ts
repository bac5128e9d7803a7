import { taskOf } from '../../contract/learning-task.ts';
import type { Evaluated, RunFacts } from './facts.ts';
import { type Markup, markup } from './markup.ts';

type Status = 'filled' | 'needs the author' | 'not applicable';

interface Item {
  readonly topic: string;
  /** Item numbers of CLAIM (Mongan 2020) and TRIPOD+AI (Collins 2024). */
  readonly claim: string;
  readonly tripod: string;
  readonly status: Status;
  readonly note: string;
}

/** The items that a program can answer, and those that it leaves to the author. */
export function checklistItems(facts: RunFacts, evaluated: Evaluated | null): Item[] {
  const { manifest, labels, run } = facts;
  const isNumber = taskOf(manifest).kind === 'regression';
  const measured: Status = evaluated ? 'filled' : 'needs the author';
  const author = (topic: string, claim: string, tripod: string, note: string): Item => ({
    topic,
    claim,
    tripod,
    status: 'needs the author',
    note,
  });
  const filled = (
    topic: string,
    claim: string,
    tripod: string,
    note: string,
    status: Status = 'filled',
  ): Item => ({
    topic,
    claim,
    tripod,
    status,
    note,
  });
  const people = (item: Item): Item =>
    manifest.generated ? { ...item, status: 'not applicable', note: 'generated pictures, no people' } : item;
  return [
    author(
      'Background, intended use, objectives',
      '3–4',
      '3–4',
      'what it is for stands at the top; the question behind it, and for whom, does not',
    ),
    people(author('Source of the data, setting, dates', '5, 7', '5–6', 'hospitals, devices, period')),
    people(author('Eligibility', '8', '6b', 'who was included and who was not')),
    filled('Data preparation', '9', '7', 'Training: input, normalisation; every step in readroom.json'),
    people(author('De-identification', '12', '—', 'how identifiers were removed')),
    filled('Missing data and exclusions', '13, 33', '11, 20', 'Data: flow with exclusions'),
    author(
      'Reference standard and its rationale',
      '14–15',
      '8',
      'who says what is true, and why that is believed',
    ),
    filled('Label rule and readers', '16–17', '8', `Data: ${labels.rule}`),
    labels.readers > 1
      ? author('Variability of readers', '18', '8', 'agreement is not computed in this version')
      : filled('Variability of readers', '18', '8', 'one reader', 'not applicable'),
    author('Sample size and its reason', '19', '10', 'why this many'),
    filled('Partitions and how they were made', '20', '12, 16', 'Data: split seed and counts'),
    filled('Level at which partitions are disjoint', '21', '12', `Data: by ${manifest.splitBy}`),
    filled('Model, software, initialisation', '22–24', '12, 22', 'Training; Provenance: versions, seed'),
    filled(
      'Training and choice of the final model',
      '25–26',
      '12, 21',
      'Training: recipe, stop rule, curves',
    ),
    isNumber
      ? filled('Class imbalance', '—', '13', 'numbers have no classes', 'not applicable')
      : filled('Class imbalance', '—', '13', `class weights: ${run.recipe.classWeights}`),
    filled('Ensembles', '27', '—', 'one model', 'not applicable'),
    filled('Measures of performance', '28', '12', 'Performance: named with their methods', measured),
    filled('Uncertainty', '29, 36', '23', 'Performance: 95 % intervals', measured),
    author(
      'Robustness, subgroups and fairness',
      '30, 34',
      '3c, 14, 23',
      'figures by age, sex, device and site',
    ),
    author('Explanation of single predictions', '31', '—', 'not part of this version'),
    author('External validation', '32', '16', 'figures on data from elsewhere'),
    filled('Performance of the final model', '35', '23', 'Performance', measured),
    filled('Failure analysis', '37', '23', 'Worst errors', measured),
    author('Limitations and implications', '38–39', '25–27', 'Limits is a start'),
    people(author('Ethics approval, patient involvement', '—', '17, 19', '')),
    author('Registration, protocol, funding, availability', '40–42', '18', ''),
  ];
}

/** The item table: filled, needs the author, or not applicable. */
export function checklistSection(facts: RunFacts, evaluated: Evaluated | null): Markup {
  const items = checklistItems(facts, evaluated);
  const filled = items.filter((item) => item.status === 'filled').length;
  const className = { filled: '', 'needs the author': ' author', 'not applicable': ' no' } as const;
  const mark = { filled: '✓', 'needs the author': '○', 'not applicable': '–' } as const;
  return markup`<p>${filled} of ${items.length} topics are filled from the record of this run. Numbers: CLAIM 2020 and TRIPOD+AI 2024.</p><div class="scroll"><table><thead><tr><th>Topic</th><th>CLAIM</th><th>TRIPOD+AI</th><th>Status</th><th>Where, or what is missing</th></tr></thead><tbody>${items.map(
    ({ topic, claim, tripod, status, note }) =>
      markup`<tr><th scope="row">${topic}</th><td>${claim}</td><td>${tripod}</td><td class="status${className[status]}">${mark[status]} ${status}</td><td class="muted">${note}</td></tr>`,
  )}</tbody></table></div>`;
}
