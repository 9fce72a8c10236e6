/**
 * The environment of a step in its container, in this order: secrets, setup script, repository,
 * working directory, packages.
 *
 * @module
 */
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ContainerSpec } from '../../model/group-spec.ts';
import { TIME_ZONE } from '../../model/time-zone.ts';
import { messageOf } from '../../sdk/value-errors.ts';
import { checkOut } from './checkout.ts';
import { PreparationError } from './errors.ts';
import { createPackageStore, type PackageObjects } from './package-store.ts';
import { providePackages } from './packages.ts';
import type { ReadSecrets } from './secrets.ts';
import { runSetupScript } from './setup-script.ts';

export interface StepEnvironment {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The folder from which the step's packages can be imported. */
  readonly home: string;
}

export interface PreparationContext {
  readonly environment: NodeJS.ProcessEnv;
  /** The image's working directory. */
  readonly cwd: string;
  /** A folder of this job alone. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly readSecrets: ReadSecrets;
  readonly objects: PackageObjects;
}

/** @throws PreparationError, or the signal's reason */
export async function prepare(
  { spec, preparation }: ContainerSpec,
  { environment, cwd: imageFolder, folder, signal, readSecrets, objects }: PreparationContext,
): Promise<StepEnvironment> {
  const { dockerBashSetupScript, repo, secrets } = preparation;
  const own = {
    ...stepVariables(environment),
    ...(secrets === undefined ? {} : await readSecrets(secrets)),
  };
  const env =
    dockerBashSetupScript === undefined
      ? own
      : await runSetupScript(dockerBashSetupScript, join(folder, 'setup'), {
          cwd: imageFolder,
          env: own,
          signal,
        });
  let root = imageFolder;
  if (repo !== undefined) {
    root = join(folder, 'repository');
    await checkOut({ ...preparation, repo }, root, { cwd: folder, env, signal }, (key, maxBytes) =>
      objects.get(key, maxBytes),
    );
  }
  const cwd = resolve(root, spec.workingDir ?? '.');
  try {
    // An image does not contain the project's own folders.
    if (repo === undefined) await mkdir(cwd, { recursive: true });
    if (!(await stat(cwd)).isDirectory()) throw new Error('it is no folder');
  } catch (error) {
    const from = repo === undefined ? 'of the image' : 'of the repository';
    throw new PreparationError(
      'workingDir',
      `${spec.workingDir ?? '.'} ${from} cannot be entered: ${messageOf(error)}`,
      error,
    );
  }
  const cache = environment.HEADRACE_CACHE ?? join(folder, 'packages');
  const store = createPackageStore(objects, spec.outputPrefix, (line) => console.log(line));
  return {
    env,
    cwd,
    home: await providePackages(spec.packages, cache, { cwd: root, env, signal }, store),
  };
}

/** The container's variables, without those that Headrace sets for its runner. */
const stepVariables = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('HEADRACE_')),
  ),
  TZ: TIME_ZONE,
});
