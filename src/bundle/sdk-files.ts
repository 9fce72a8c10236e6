/**
 * The files that replace `headrace` in bundles.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { dirname, extname, join, parse } from 'node:path';

export interface SdkFiles {
  /**
   * For the logic: the replay SDK. Beside it, in `builtins` (or `replay/builtins`, if it is a
   * single file), is a file for each builtin that logic may import.
   */
  readonly replay: string;
  /** For steps: the stub. */
  readonly step: string;
}

/** By the builtin's name, without `node:`. */
export function builtinFiles({ replay }: SdkFiles): ReadonlyMap<string, string> {
  const { name } = parse(replay);
  const folder = join(dirname(replay), name === 'index' ? 'builtins' : join(name, 'builtins'));
  const files = new Map<string, string>();
  for (const file of filesIn(folder)) {
    const extension = extname(file);
    if (extension === '.ts' || extension === '.js')
      files.set(file.slice(0, -extension.length), join(folder, file));
  }
  return files;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
