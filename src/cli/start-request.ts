/**
 * The arguments and tags of a run that is started from a registered version.
 *
 * @module
 */
import type { JsonObject } from '../model/json.ts';
import { parseArguments } from '../submit/arguments.ts';
import type { StartCommandOptions } from './option-types.ts';
import type { RunnableVersionDocument } from './pipeline-catalog.ts';
import { promptArguments } from './prompt-arguments.ts';
import { requireTags } from './tags.ts';

/**
 * The arguments of `--arg`, and of the terminal with `--interactive`; others are those of the
 * earlier run, else defaults. Undefined if the input of the terminal ended.
 *
 * @param base the arguments of the run of `--from-run`
 * @throws UsageError
 */
export async function startArguments(
  { signature, declaration }: RunnableVersionDocument,
  { arg, tag, interactive }: StartCommandOptions,
  base: JsonObject,
): Promise<JsonObject | undefined> {
  requireTags('--tag', tag);
  const { argsMap } = declaration;
  const texts =
    interactive === true ? await promptArguments({ signature, argsMap, texts: arg, base }) : arg;
  return texts === undefined ? undefined : parseArguments(texts, signature, argsMap, base);
}
