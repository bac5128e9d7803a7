/** Whose word it is: shared states (classes, imports, settings) belong to nobody. */
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

/** What an event just made says of a target; null: it is there no more. */
export interface MadeState extends Made {
  id: string;
  value: string | null;
}

/** What events just made say of distinct targets of one kind; they are behind each other in the journal. */
export interface MadeStates extends Owner {
  states: readonly MadeState[];
  /** Positions of their first and last event. */
  first: number;
  last: number;
}

/** Makes events true: each kind of target has a table of what stands now. */
export interface StateKeeper {
  current(id: string, owner: Owner): State | null;
  put(made: MadeStates): void;
}
