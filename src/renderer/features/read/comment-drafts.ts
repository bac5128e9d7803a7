/** Whose comment on what. */
export interface CommentPlace {
  readonly project: string;
  readonly reader: string;
  readonly round: string;
  /** Id of what is commented on. */
  readonly of: string;
}

/** `on`: the text that stood there when it was begun. */
interface Draft {
  text: string;
  on: string;
}

const keyOf = ({ project, reader, round, of }: CommentPlace): string =>
  `readroom.draft.${JSON.stringify([project, reader, round, of])}`;

/**
 * A comment that was begun there and not saved when the page was left; null for none, and for one that was begun on
 * another text than `saved`: it was said otherwise meanwhile.
 */
export function commentDraft(place: CommentPlace, saved: string): string | null {
  const kept = localStorage.getItem(keyOf(place));
  if (kept === null) return null;
  const { text, on } = JSON.parse(kept) as Draft;
  return on === saved ? text : null;
}

/** Keeps a comment that is being written on `on`, so that it is there again after the page was left; null for none. */
export function keepCommentDraft(place: CommentPlace, text: string | null, on: string): void {
  if (text === null) localStorage.removeItem(keyOf(place));
  else
    try {
      localStorage.setItem(keyOf(place), JSON.stringify({ text, on } satisfies Draft));
    } catch {
      // There is no room for it: leaving the page is asked about.
    }
}
