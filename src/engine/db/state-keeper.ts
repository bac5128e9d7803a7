/** Whose word a state is: shared ones (classes, imports, settings) belong to nobody. */
export interface Owner {
  reader: string;
  round: string;
}

export interface State {
  /** JSON, always written alike: equal states are equal texts. */
  value: string;
  /** Null for what was there before the journal knew of it. */
  event: string | null;
  /** Of a word: the event that gave its label. */
  given?: string;
}

/** The event that makes a state, and of a word the one that gave its label. */
export interface Made {
  event: string;
  given: string;
}

/** Makes events true: each kind of target has a table of what stands now. */
export interface StateKeeper {
  current(id: string, owner: Owner): State | null;
  put(id: string, owner: Owner, value: string | null, made: Made): void;
}
