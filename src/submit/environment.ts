/**
 * Checks the options of the environment of steps (image, packages, repository, working directory)
 * before a run starts, because a container that uses them reports a mistake late.
 *
 * @module
 */
import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, normalize, resolve } from 'node:path';
import { InstalledPackages } from '../bundle/index.ts';
import { parseDockerArgs } from '../model/docker-args.ts';
import type { ComponentDeclaration, PipelineDeclaration } from '../model/options.ts';
import { RESOURCE_ARGUMENTS } from '../model/resources-option.ts';
import { OptionError } from '../sdk/errors.ts';

type ContainerOptions = Pick<
  ComponentDeclaration,
  | 'packages'
  | 'docker'
  | 'dockerArgs'
  | 'repo'
  | 'workingDir'
  | 'resources'
  | 'environment'
  | 'secrets'
>;

/** `csv-parse`, `csv-parse@^5`, `@scope/name@latest`. */
const PACKAGE_PATTERN =
  /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:@\S(?:.*\S)?)?$/i;
/** `node:20`, `registry.example:5000/team/image@sha256:…`. */
const IMAGE_PATTERN = /^[a-z0-9][\w.:/@-]*$/i;
/** `https://…`, `ssh://…`, `git@host:path`. */
const REPOSITORY_URL = /^(?:[a-z][a-z0-9+.-]*:\/\/\S+|[\w.-]+@[\w.-]+:\S+)$/i;

/**
 * @param root the root of the project; paths are relative to it
 * @throws OptionError
 */
export function checkEnvironments(
  pipeline: PipelineDeclaration,
  components: readonly ComponentDeclaration[],
  root: string,
): void {
  checkEnvironment(`pipeline ${pipeline.name}`, pipeline, root);
  for (const component of components)
    checkEnvironment(`component ${component.name}`, component, root);
}

function checkEnvironment(owner: string, options: ContainerOptions, root: string): void {
  const { packages, docker, repo, workingDir } = options;
  const refuse = (option: string, reason: string): never => {
    throw new OptionError(option, owner, reason);
  };
  if (typeof packages === 'string') {
    const problem = manifestProblem(resolve(root, packages));
    if (problem !== undefined)
      refuse(
        'packages',
        `${JSON.stringify(packages)} ${problem}; give the path of a package.json, or a list of packages`,
      );
  } else {
    const wrong = packages?.find((each) => !PACKAGE_PATTERN.test(each));
    if (wrong !== undefined)
      refuse(
        'packages',
        `${JSON.stringify(wrong)} is no package: write a name, with a version range if need be, as in "csv-parse@^5"`,
      );
    const installed = new InstalledPackages(root);
    for (const request of packages ?? []) {
      const name = /^@?[^@]+/.exec(request)?.[0] ?? request;
      const found = installed.find(root, name);
      if (found !== undefined && !installed.isInstalled(found.folder))
        refuse(
          'packages',
          `${JSON.stringify(name)} is a package of this workspace, in ${found.folder}, and no registry has it; remove it from the list: the code of it that a step imports is part of the step's bundle`,
        );
    }
  }
  const conflict = conflictOf(options);
  if (conflict !== undefined) refuse(...conflict);
  if (docker !== undefined && !IMAGE_PATTERN.test(docker))
    refuse(
      'docker',
      `${JSON.stringify(docker)} is no image: write it as in "node:20-slim"; arguments belong into dockerArgs`,
    );
  if (repo !== undefined && !REPOSITORY_URL.test(repo) && !isFolder(resolve(root, repo)))
    refuse('repo', `${JSON.stringify(repo)} is neither the URL of a repository nor a folder`);
  if (
    workingDir !== undefined &&
    (workingDir === '' || isAbsolute(workingDir) || /^\.\.(?:[\\/]|$)/.test(normalize(workingDir)))
  )
    refuse(
      'workingDir',
      `${JSON.stringify(workingDir)} must be a path inside the project or repository, relative to its root`,
    );
}

/** Two options that set the same; undefined if there are none. */
function conflictOf({
  dockerArgs = '',
  resources = {},
  environment = {},
  secrets = {},
}: ContainerOptions): readonly [option: string, reason: string] | undefined {
  const { vcpus, memoryMiB, gpus, diskGiB, environment: variables } = parseDockerArgs(dockerArgs);
  const requested = { cpu: vcpus, memory: memoryMiB, gpu: gpus, disk: diskGiB };
  for (const field of ['cpu', 'memory', 'gpu', 'disk'] as const)
    if (resources[field] !== undefined && requested[field] !== undefined)
      return [
        `resources.${field}`,
        `dockerArgs has ${RESOURCE_ARGUMENTS[field]}, too: set it once`,
      ];
  for (const name of Object.keys(environment)) {
    if (name in secrets) return [`environment.${name}`, 'secrets has it, too: set it once'];
    if (name in variables) return [`environment.${name}`, 'dockerArgs has it, too: set it once'];
  }
  return undefined;
}

/** The reason why a file is not a `package.json`; undefined if it is one. */
function manifestProblem(file: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof manifest === 'object' && manifest !== null && !Array.isArray(manifest)
      ? undefined
      : 'holds no package.json';
  } catch (error) {
    return error instanceof SyntaxError ? 'holds no JSON' : 'cannot be read';
  }
}

/** Whether `repo` is the URL of a repository. Otherwise it is a folder of this machine. */
export const isRepositoryUrl = (repo: string): boolean => REPOSITORY_URL.test(repo);

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
