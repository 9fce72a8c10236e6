/**
 * `dockerBashSetupScript`: runs first, under `bash -e`. The step gets the variables that it
 * exports.
 *
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../sdk/value-errors.ts';
import { type CommandOptions, runCommand } from './command.ts';
import { PreparationError } from './errors.ts';

/** Sources the script, so that its exports are visible after any kind of exit. */
const WRAPPER = `trap 'status=$?; if [ "$status" -eq 0 ]; then env -0 > "$HEADRACE_EXPORTS"; fi; exit "$status"' EXIT; . "$0"`;

/** The variables of the shell itself. */
const NOT_EXPORTS = new Set(['_', 'SHLVL', 'PWD', 'OLDPWD', 'HEADRACE_EXPORTS']);

/**
 * The environment after the script.
 *
 * @param folder a folder of this job alone
 * @throws PreparationError
 */
export async function runSetupScript(
  script: string,
  folder: string,
  options: CommandOptions,
): Promise<NodeJS.ProcessEnv> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'setup.sh');
  const exports = join(folder, 'exports');
  await writeFile(file, script, { mode: 0o600 });
  try {
    await runCommand('the script', 'bash', ['-e', '-c', WRAPPER, file], {
      ...options,
      env: { ...options.env, HEADRACE_EXPORTS: exports },
    });
  } catch (error) {
    if (options.signal.aborted) throw error;
    throw new PreparationError('dockerBashSetupScript', messageOf(error), error);
  }
  const text = await readFile(exports, 'utf8').catch(() => undefined);
  // The variables of a script that sets its own EXIT trap are not read.
  if (text === undefined) return options.env;
  const variables = text.split('\0').flatMap((entry): [string, string][] => {
    const sign = entry.indexOf('=');
    return sign < 1 ? [] : [[entry.slice(0, sign), entry.slice(sign + 1)]];
  });
  return Object.fromEntries(variables.filter(([name]) => !NOT_EXPORTS.has(name)));
}
