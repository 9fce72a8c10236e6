/**
 * A program `docker` for tests: `run` executes the container's program on this machine, with the
 * folders and only the environment that its arguments name. Scenarios replace single commands.
 *
 * @module
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface DockerStandIn {
  /** An environment whose PATH has the program before all others. */
  readonly environment: NodeJS.ProcessEnv;
  /** The arguments of each call, one line a call. */
  calls(): Promise<readonly string[]>;
}

/** What `docker run` does in place of the container's program, as lines of a shell script. */
export type Scenario = string;

/** @param program the container's program. @param scenario see `Scenario` */
export async function dockerStandIn(
  program: string,
  scenario: Scenario = '',
): Promise<DockerStandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-docker-stand-in-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const calls = join(folder, 'calls');
  await writeFile(calls, '');
  await writeFile(
    join(folder, 'docker'),
    `#!/bin/bash
echo "$*" >> ${calls}
command=$1
if [ "$command" = kill ]; then kill -KILL -- -$(cat ${folder}/$2.pid); exit; fi
if [ "$command" != run ]; then exit 1; fi
shift
variables=()
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=$2; shift ;;
    --mount) case $2 in type=bind,source=*) source=\${2#type=bind,source=}; home=\${source%/objects,*} ;; esac; shift ;;
    --env) case $2 in
      HEADRACE_HOME=*) ;;
      *=*) variables+=("$2") ;;
      *) [ -v "$2" ] && variables+=("$2=\${!2}") ;;
    esac; shift ;;
  esac
  shift
done
echo $$ > ${folder}/$name.pid
${scenario}
exec 3>&1 1>&2
cd ${folder}
exec env -i "PATH=$PATH" "HEADRACE_HOME=$home" "\${variables[@]}" ${process.execPath} ${program}
`,
    { mode: 0o755 },
  );
  return {
    environment: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
    calls: async () => (await readFile(calls, 'utf8')).trimEnd().split('\n'),
  };
}
