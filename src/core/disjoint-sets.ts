/** Sets of the numbers 0 to `size` − 1, each alone at first, that are joined pair by pair (union-find, path halving). */
export function createDisjointSets(size: number) {
  const parent = new Int32Array(size);
  for (let index = 0; index < size; index += 1) parent[index] = index;

  function rootOf(index: number): number {
    let root = index;
    while (parent[root] !== root) {
      parent[root] = parent[parent[root]!]!;
      root = parent[root]!;
    }
    return root;
  }

  return {
    rootOf,

    join(a: number, b: number): void {
      parent[rootOf(a)] = rootOf(b);
    },

    /** For each member the number of its set, counted by first appearance. */
    numbers(): Int32Array {
      const numberOfRoot = new Int32Array(size).fill(-1);
      let sets = 0;
      return new Int32Array(size).map((_, index) => {
        const root = rootOf(index);
        if (numberOfRoot[root] === -1) numberOfRoot[root] = sets++;
        return numberOfRoot[root]!;
      });
    },
  };
}
