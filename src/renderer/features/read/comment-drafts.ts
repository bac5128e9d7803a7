/** Whose comment on what. */
export interface CommentPlace {
  readonly project: string;
  readonly reader: string;
  readonly round: string;
  /** Id of what is commented on. */
  readonly of: string;
}

const keyOf = ({ project, reader, round, of }: CommentPlace): string =>
  `readroom.draft.${JSON.stringify([project, reader, round, of])}`;

/** A comment that was begun there and not saved when the page was left; null for none. */
export const commentDraft = (place: CommentPlace): string | null => localStorage.getItem(keyOf(place));

/** Keeps a comment that is being written, so that it is there again after the page was left; null for none. */
export function keepCommentDraft(place: CommentPlace, text: string | null): void {
  if (text === null) localStorage.removeItem(keyOf(place));
  else
    try {
      localStorage.setItem(keyOf(place), text);
    } catch {
      // There is no room for it: leaving the page is asked about.
    }
}
