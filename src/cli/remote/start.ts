/** `headrace start` behind an API. */
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { type Connection, connect } from '../../launch/remote/connection.ts';
import { inputPathsOfVersion, uploadInputsOf } from '../../launch/remote/inputs/run-inputs.ts';
import type { JsonObject } from '../../model/json.ts';
import { jsonArguments } from '../../submit/child-arguments.ts';
import type { Output } from '../../view/output.ts';
import { viewOptions } from '../command-view.ts';
import { requireNoContainers } from '../containers.ts';
import type { StartCommandOptions, TargetOptions } from '../option-types.ts';
import { findRunnableVersion } from '../pipeline-catalog.ts';
import { printPipelineHelp } from '../pipeline-help.ts';
import { startArguments } from '../start-request.ts';
import { RemoteCatalog } from './catalog.ts';
import { followRemoteRun } from './follow-run.ts';
import { selectRemoteRun } from './select.ts';

/** @param given arguments of parameters that the options do not name */
export async function start(
  text: string,
  options: StartCommandOptions,
  output: Output,
  given: JsonObject = {},
): Promise<ExitCode> {
  requireNoContainers(options, 'remote');
  const connection = connect(options, process.cwd());
  const { client } = connection;
  const version = await findRunnableVersion(new RemoteCatalog(client), text);
  const base =
    options.fromRun === undefined ? given : await argumentsOf(connection, options.fromRun);
  const args = await startArguments(version, options, base);
  if (args === undefined) return EXIT.interrupted;
  const evaluatesLocally = version.declaration.pipelineExecutionQueue === null;
  return await followRemoteRun(
    connection,
    async () => {
      const inputs = await uploadInputsOf(
        connection,
        inputPathsOfVersion(version, args),
        output.note,
      );
      const { id } = await client.createRun({
        project: version.project,
        pipeline: version.pipeline,
        version: version.version,
        args,
        tags: [...options.tag],
        noCache: !options.cache,
        ...(evaluatesLocally ? { evaluator: 'caller' as const } : {}),
        ...(inputs === undefined ? {} : { inputs }),
      });
      return { id, evaluatesLocally };
    },
    viewOptions(options),
    output,
  );
}

/** The parameters of the version, for `--help`. */
export async function describe(
  text: string,
  options: TargetOptions,
  output: Output,
): Promise<void> {
  const { client } = connect(options, process.cwd());
  await printPipelineHelp(await findRunnableVersion(new RemoteCatalog(client), text), output);
}

async function argumentsOf({ client }: Connection, text: string): Promise<JsonObject> {
  const { id } = await selectRemoteRun(client, text);
  const { args, encodedArgs } = await client.run(id);
  return jsonArguments(args, encodedArgs);
}
