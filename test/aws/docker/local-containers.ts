/**
 * `headrace run --containers` with a real Docker engine.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { runnerTag } from '../../../src/local/containers/runner-image.ts';
import { execute, ROOT } from '../../e2e/headrace.ts';
import { runDocumentSchema } from '../../unit/cli/contract.ts';
import { runnerFolder } from '../runner/program.ts';
import type { DockerEngine } from './engine.ts';
import { RUNNER_IMAGE } from './images.ts';

/** The engine of the tests has no bridge, and therefore only the network of the host. */
const CLIENT = `#!/bin/sh
case "$*" in *"--network none"*) exec "$REAL_DOCKER" "$@" ;; esac
if [ "$1" = run ]; then shift; exec "$REAL_DOCKER" run --network=host "$@"; fi
exec "$REAL_DOCKER" "$@"
`;

export interface LocalContainers {
  /** Runs a pipeline in a project of its own. Returns its document and what was printed. */
  run(
    source: string,
    options?: {
      readonly files?: Readonly<Record<string, string>>;
      readonly env?: Readonly<Record<string, string>>;
      /** Adds to the project before the run. */
      readonly prepare?: (project: string) => Promise<unknown>;
    },
  ): Promise<{
    readonly document: ReturnType<typeof runDocumentSchema.parse>;
    readonly stderr: string;
  }>;
  stop(): Promise<void>;
}

/** The images must have been built. */
export async function prepareLocalContainers(engine: DockerEngine): Promise<LocalContainers> {
  await engine.docker('tag', RUNNER_IMAGE, `headrace-runner:${runnerTag(runnerFolder())}`);
  const folder = await mkdtemp(join(tmpdir(), 'headrace-local-containers-'));
  const { stdout: client } = await execute('sh', ['-c', 'command -v docker'], { cwd: folder });
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/docker'), CLIENT, { mode: 0o755 });
  let projects = 0;
  return {
    async run(source, { files = {}, env = {}, prepare } = {}) {
      const project = join(folder, `project-${projects++}`);
      await mkdir(project);
      const texts = { 'package.json': '{ "type": "module" }', 'pipeline.ts': source, ...files };
      for (const [file, text] of Object.entries(texts)) await writeFile(join(project, file), text);
      await prepare?.(project);
      const { stdout, stderr } = await execute(
        process.execPath,
        [join(ROOT, 'dist/bin/headrace.js'), 'run', 'pipeline.ts', '--containers', '--json'],
        {
          cwd: project,
          env: {
            ...{ HEADRACE_HOME: '', HEADRACE_MODE: '', NO_COLOR: '1' },
            ...{ DOCKER_HOST: engine.host, REAL_DOCKER: client.trim() },
            PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
            ...env,
          },
        },
      );
      if (stdout === '') throw new Error(`the run did not start: ${stderr}`);
      return { document: runDocumentSchema.parse(JSON.parse(stdout)), stderr };
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
