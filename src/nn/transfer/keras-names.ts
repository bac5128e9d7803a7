/** Added to the variance in the batch normalisations of keras.applications. */
export const applicationsEpsilon = 1.001e-5;

/** A layer of DenseNet121 of keras.applications as ours is called; null for any other name. Keras 2 has `/` in some. */
export function denseNetName(name: string): string | null {
  const plain = name.replaceAll('/', '_');
  const fixed = { conv1_conv: 'conv0', conv1_bn: 'norm0', bn: 'norm5', predictions: 'probabilities' }[plain];
  if (fixed !== undefined) return fixed;
  const inBlock = /^conv([2-5])_block(\d+)_([0-2])_(bn|conv)$/.exec(plain);
  if (inBlock) {
    const [, stage, layer, index, kind] = inBlock as unknown as [string, string, string, string, string];
    // Keras counts the normalisation before the first convolution as 0.
    const number = kind === 'bn' ? Number(index) + 1 : Number(index);
    return `denseblock${Number(stage) - 1}_denselayer${layer}_${kind === 'bn' ? 'norm' : 'conv'}${number}`;
  }
  const between = /^pool([2-4])_(bn|conv)$/.exec(plain);
  return between ? `transition${Number(between[1]) - 1}_${between[2] === 'bn' ? 'norm' : 'conv'}` : null;
}

/** Whether the names are those of ResNet50, 101 or 152 (version 1) of keras.applications. */
export function isKerasResnet(names: readonly string[]): boolean {
  return (
    ['conv2_block1_0_conv', 'conv2_block1_3_conv', 'conv2_block1_3_bn'].every((name) =>
      names.includes(name),
    ) || ['res2a_branch2a', 'bn2a_branch2a', 'res2a_branch1'].every((name) => names.includes(name))
  );
}
