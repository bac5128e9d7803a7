import type { LabelSchema, Task } from '../../contract/project.ts';
import type { RecipeInput } from '../../contract/recipe.ts';
import type { Shares } from '../split-shares.ts';

/** What New Project offers: everything that a kind of project sets before there is an image. */
export interface ProjectTemplate {
  readonly id: string;
  readonly name: string;
  /** One sentence: what is told of a picture. */
  readonly description: string;
  /** What a newcomer should know before beginning: paragraphs. */
  readonly explanation: readonly string[];
  readonly task: Task;
  readonly labels: LabelSchema;
  /** In their order; grades ascending. */
  readonly classes: readonly string[];
  /** How its networks are trained unless a person says otherwise; null: the preset `default`. */
  readonly recipe: RecipeInput | null;
  /** A line on what the recipe's preprocessing and augmentation are for. */
  readonly recipeReason: string;
  /** Names of the metrics that lead its results, the main one first. */
  readonly metrics: readonly string[];
  /** What reports say a model of it is for; "research use only" stands beside it in any case. */
  readonly intendedUse: string;
  /** What results of it do not say, a sentence each; reports and model cards print them. */
  readonly caveats: readonly string[];
  /** Whether `sample` can write files for it. */
  readonly sample: boolean;
  /** How its drawn pictures are parted where the usual shares would leave too many to learn from for what it is to show. */
  readonly sampleShares?: Shares;
  /** What of it is not there yet, and what can be done instead; null: nothing is missing. */
  readonly toCome: string | null;
}

const noNumber = { level: 'image', number: null } as const;

/** One class an image. */
export const oneClassLabels: LabelSchema = { kind: 'single', ...noNumber, shapes: [] };

/** Classes that are grades. */
export const gradeLabels: LabelSchema = { kind: 'ordinal', ...noNumber, shapes: [] };

/** Drawn masks, and which classes an image shows. */
export const maskLabels: LabelSchema = {
  kind: 'multi',
  ...noNumber,
  shapes: ['mask', 'polygon', 'freehand'],
};

/**
 * Minutes on a processor with some hundred pictures: a quarter of AlexNet's width at about half its size. With batch
 * normalisation, for on so few pictures it learns what the plain one does not find: on 600 generated limbs that stayed at
 * chance, one run each.
 */
export const minutesRecipe = {
  network: { id: 'alexnet-batchnorm', scale: 0.25 },
  input: { size: 128 },
  epochs: 30,
  // On some hundred pictures the validation loss is too rough to stop by; the best epoch is kept all the same.
  earlyStopping: { patience: 0 },
} as const satisfies RecipeInput;

/**
 * The best epoch by AUC. Where pictures are few, or the outcome is partly chance, a network grows surer of its errors:
 * the loss on validation then rises from the first epochs on while it still learns to rank, and would choose one of
 * those. Of 120 generated hands without augmentation it chose epoch 1 of 150, with an AUC of .48 on test; by AUC .77.
 */
export const watchingAuc = { patience: 0, monitor: 'valAuc' } as const satisfies RecipeInput['earlyStopping'];
