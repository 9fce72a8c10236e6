/**
 * The message that starts one attempt in a function: the members of a group are one message each.
 *
 * @module
 */
import { z } from 'zod';
import { preparationOf } from '../../model/container-settings.ts';
import { encodeGroupSpec, packSpec } from '../../model/group-spec.ts';
import { MAX_NAME_LENGTH } from '../../model/limits.ts';
import { groupSpecKey } from '../../model/object-layout.ts';
import type { JobGroup } from '../../ports/jobs.ts';
import { withoutLocalPaths } from './submission.ts';

export const stepInvocationSchema = z.object({
  v: z.literal(1),
  job: z.strictObject({
    name: z.string().max(MAX_NAME_LENGTH),
    index: z.int().nonnegative(),
  }),
  /** The project whose role the function has: it owns the objects of the step. */
  project: z.string(),
  /** The token of the group's attempts. */
  token: z.string(),
  /** The spec itself (`packSpec`), or the object of the group's specs and the member's index. */
  spec: z.union([
    z.strictObject({ text: z.string() }),
    z.strictObject({ key: z.string(), index: z.int().nonnegative() }),
  ]),
});
export type StepInvocation = z.infer<typeof stepInvocationSchema>;

/** In characters of ASCII: ten such messages are one request. */
const MAX_INLINE_SPEC_LENGTH = 20_000;

export interface GroupInvocations {
  readonly messages: readonly StepInvocation[];
  /** The object to store before the messages are sent; undefined if each has its spec. */
  readonly spec: { readonly key: string; readonly content: Uint8Array } | undefined;
}

/** The messages of a group, in the order of its members. Pure. */
export function invocationsOf({ name, specs, container }: JobGroup): GroupInvocations {
  const members = specs.map(withoutLocalPaths);
  const preparation = preparationOf(container);
  const texts = members.map((spec) => packSpec(encodeGroupSpec([spec], preparation)));
  const [first] = specs;
  const key = first === undefined ? '' : groupSpecKey(first.project, first.run, name);
  return {
    messages: specs.map(({ project, token }, index) => {
      const text = texts[index] ?? '';
      return {
        v: 1,
        job: { name, index },
        project,
        token,
        spec: text.length <= MAX_INLINE_SPEC_LENGTH ? { text } : { key, index },
      };
    }),
    spec: texts.every((text) => text.length <= MAX_INLINE_SPEC_LENGTH)
      ? undefined
      : { key, content: encodeGroupSpec(members, preparation) },
  };
}
