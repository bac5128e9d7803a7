import type { InputGeometry } from '../contract/decode.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import { inputWindow } from './value-windows.ts';

/**
 * How a recipe's pictures stand in the input cache.
 * @param channels may be 1 where the network sees three
 */
export function inputGeometry(
  input: ResolvedRecipe['input'],
  channels: InputGeometry['channels'] = input.channels,
): InputGeometry {
  const { size, fit, kernel } = input;
  const window = inputWindow(input);
  return { size, channels, fit, kernel, ...(window !== undefined && { window }) };
}
