/**
 * The schema of a configured project: the secrets and the permissions of its steps.
 *
 * @module
 */
import { z } from 'zod';

const policySchema = z.strictObject({
  actions: z
    .array(
      z
        .string()
        .regex(/^[a-z0-9-]+:[A-Za-z]+$/, 'an action reads service:Action, without wildcards'),
    )
    .min(1),
  resources: z.array(z.string().min(1)).min(1),
});

export const projectSchema = z.strictObject({
  /** Names of secrets in Secrets Manager that the project's steps may read. */
  secrets: z
    .array(z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'a secret is named without its ARN'))
    .default([]),
  /** Additional permissions of the project's steps. */
  policies: z.array(policySchema).default([]),
});

export const projectNameSchema = z
  .string()
  .max(256)
  .regex(
    /^[\p{L}\p{N} ._-]+(\/[\p{L}\p{N} ._-]+)*$/u,
    'a project is names of letters, digits, blanks, ".", "_" and "-", separated by "/"',
  );
