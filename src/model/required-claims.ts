/**
 * The claims that a token must have, beside its issuer, audience and expiry.
 *
 * @module
 */
import { z } from 'zod';
import { recordOf } from './json.ts';

const claimValueSchema = z.union([z.string().min(1).max(1000), z.number(), z.boolean()]);

/** The accepted values of each claim, by the claim's name. */
export const requiredClaimsSchema = recordOf(
  z.string().min(1).max(256),
  z.union([
    claimValueSchema,
    z.array(claimValueSchema).min(1, 'name at least one value of the claim').max(100),
  ]),
);
export type RequiredClaims = z.infer<typeof requiredClaimsSchema>;
