/**
 * The package manager of a folder, and how its commands are written.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn';
  readonly install: string;
  /** What comes before the name of an installed command. */
  readonly execute: string;
  readonly test: string;
}

const MANAGERS: readonly PackageManager[] = [
  { name: 'npm', install: 'npm install', execute: 'npx', test: 'npm test' },
  { name: 'pnpm', install: 'pnpm install', execute: 'pnpm exec', test: 'pnpm test' },
  { name: 'yarn', install: 'yarn install', execute: 'yarn', test: 'yarn test' },
];

const LOCK_FILES: Readonly<Record<PackageManager['name'], readonly string[]>> = {
  npm: ['package-lock.json', 'npm-shrinkwrap.json'],
  pnpm: ['pnpm-lock.yaml', 'pnpm-workspace.yaml'],
  yarn: ['yarn.lock', '.yarnrc.yml'],
};

/**
 * The package manager whose lock file is nearest at or above the folder, or that a `package.json`
 * on the way names. Without one, the package manager that started this process; else npm.
 */
export function packageManagerOf(
  from: string,
  env: NodeJS.ProcessEnv = process.env,
): PackageManager {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = MANAGERS.find(
      ({ name }) =>
        LOCK_FILES[name].some((file) => existsSync(join(folder, file))) ||
        declaredIn(folder) === name,
    );
    if (found !== undefined) return found;
    if (dirname(folder) === folder) break;
  }
  return MANAGERS.find(({ name }) => env.npm_config_user_agent?.startsWith(`${name}/`)) ?? npm();
}

function npm(): PackageManager {
  const [first] = MANAGERS;
  if (first === undefined) throw new Error('no package manager is declared');
  return first;
}

/** The name in the field `packageManager`, as in `pnpm@10.0.0`. */
function declaredIn(folder: string): string | undefined {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    return /"packageManager"\s*:\s*"([a-z]+)@/.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
