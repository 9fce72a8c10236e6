/**
 * Checks the tags that options name.
 *
 * @module
 */
import { CommandLineError } from '../launch/errors.ts';
import { tagsSchema } from '../model/ids.ts';
import { issueSentence } from '../model/issue-sentences.ts';

/** @throws CommandLineError that names the option */
export function requireTags(option: string, tags: readonly string[]): void {
  const invalid = tagsSchema.safeParse(tags).error?.issues[0];
  if (invalid !== undefined) throw new CommandLineError(`${option}: ${issueSentence(invalid)}`);
}
