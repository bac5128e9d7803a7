import { oc } from '@orpc/contract';
import { z } from 'zod';

/** What a person may do in a project that several share: read, decide where readers disagree, everything. */
export const roleSchema = z.enum(['reader', 'adjudicator', 'owner']);
export type Role = z.infer<typeof roleSchema>;

/**
 * Who calls. Without an identity it is whoever uses the machine itself or holds its token, and may do everything;
 * with one a person who signed in, who is a member of projects by this name.
 */
export interface CallContext {
  readonly identity?: { readonly name: string };
}

/** A person of this machine who can sign in to its server. */
export const profileSchema = z.object({ name: z.string(), createdAt: z.string() });
export type Profile = z.infer<typeof profileSchema>;

/** Who it takes to call a procedure: at least a role in the project, or somebody at the machine itself. */
export const neededSchema = z.enum([...roleSchema.options, 'machine']);
export type Needed = z.infer<typeof neededSchema>;

/** How far a person reaches: what is refused by `domain.procedure`, with who may call it. */
export const reachSchema = z.object({
  /** In the project; null for who takes no part in it, and for who works at the machine. */
  role: roleSchema.nullable(),
  refused: z.record(z.string(), neededSchema),
});
export type Reach = z.infer<typeof reachSchema>;

const profileName = z.string().trim().min(1).max(100);

/** `secret` is told this once: only a hash of it is kept. */
const withSecret = z.object({ profiles: z.array(profileSchema), secret: z.string() });

export const profileContract = {
  list: oc.output(z.array(profileSchema)),
  /** @throws `usage` where there is one of that name, in any case */
  add: oc.input(z.object({ name: profileName })).output(withSecret),
  /** A new secret in place of the old one, with which nobody stays signed in. @throws `unknownReader` */
  reset: oc.input(z.object({ name: profileName })).output(withSecret),
  /** Ends what the person has open; labels stay. @throws `unknownReader` */
  remove: oc.input(z.object({ name: profileName })).output(z.array(profileSchema)),
  /**
   * What the caller may not do in a project, or outside of any; of somebody else by `reader`. Screens offer nothing
   * else. A project that is not open has no members.
   */
  reach: oc
    .input(z.object({ project: z.string().optional(), reader: profileName.optional() }))
    .output(reachSchema),
};
