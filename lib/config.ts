/**
 * The configuration of a deployment. It is checked once, and every mistake is reported with its
 * path.
 *
 * @module
 */
import type { z } from 'zod';
import { HeadraceError } from '../src/model/headrace-error.ts';
import { issueSentence } from '../src/model/issue-sentences.ts';
import { configSchema } from './config-schema.ts';

/** The configuration as users write it: every field that is left out has a default. */
export type HeadraceConfig = z.input<typeof configSchema>;
/** The configuration as the constructs read it, checked and complete. */
export type Configuration = z.output<typeof configSchema>;

/** A configuration that cannot be deployed. `issues` has one sentence for each mistake. */
export class ConfigError extends HeadraceError {
  constructor(readonly issues: readonly string[]) {
    super(
      `the configuration of Headrace cannot be deployed:\n${issues.map((issue) => `  - ${issue}`).join('\n')}`,
    );
  }

  override get name(): string {
    return 'ConfigError';
  }
}

/**
 * For `headrace.config.ts`: provides the types for the editor. `readConfig` checks the values.
 *
 * @example
 *     export default defineConfig({ queues: { default: { type: 'fargate', spot: true } }, alarms: { email: 'ml@example.org' } });
 */
export const defineConfig = (config: HeadraceConfig): HeadraceConfig => config;

/** @throws ConfigError */
export function readConfig(config: unknown): Configuration {
  const { success, data, error } = configSchema.safeParse(config);
  if (success) return data;
  throw new ConfigError(error.issues.flatMap((issue) => messagesOf(issue, [])));
}

function messagesOf(issue: z.core.$ZodIssue, parentPath: readonly PropertyKey[]): string[] {
  const path = [...parentPath, ...issue.path];
  if (issue.code !== 'invalid_union')
    return [`${path.map(String).join('.') || 'the configuration'}: ${issueSentence(issue)}`];
  // A union reports the issues of the alternative that matches best: the one that knows all given
  // keys, then the one with the fewest issues.
  const unknownKeys = (errors: readonly z.core.$ZodIssue[]) =>
    errors.filter(({ code }) => code === 'unrecognized_keys').length;
  const [nearest] = [...issue.errors]
    .filter((errors) => errors.length > 0)
    .sort((a, b) => unknownKeys(a) - unknownKeys(b) || a.length - b.length);
  return nearest === undefined
    ? [`${path.map(String).join('.')}: ${issueSentence(issue)}`]
    : nearest.flatMap((inner) => messagesOf(inner, path));
}
