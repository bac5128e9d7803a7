/** One bar of a small drawing of how values lie. */
export interface Bar {
  /** How many. */
  readonly n: number;
  /** Of what, for who points at it. */
  readonly label: string;
}
