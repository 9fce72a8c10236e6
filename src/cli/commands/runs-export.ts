/** `headrace runs export` */
import { Option } from 'commander';
import { defineCommand } from '../command.ts';
import type { ExportCommandOptions } from '../option-types.ts';
import { runArgument, targetOptions } from '../options.ts';

export const runsExport = defineCommand<[run: string, options: ExportCommandOptions]>({
  name: 'runs export',
  description:
    'write a run as data: record, steps, arguments, metrics and log, and its artifacts on request',
  arguments: [runArgument()],
  options: [
    new Option(
      '-o, --output <path>',
      'a folder, a file whose name ends with .json, or - for stdout',
    ).default('-'),
    new Option('--artifacts', 'write the artifacts and models into the folder, too'),
    ...targetOptions(),
  ],
  examples: [
    'headrace runs export iris#7 > iris-7.json',
    'headrace runs export iris#7 --output iris-7 --artifacts',
  ],
  async local(text, options, output) {
    const [{ exportRun }, { textOf }, { withSelectedRun }, { logs }, { get }] = await Promise.all([
      import('../export-run.ts'),
      import('../../program-client/text-output.ts'),
      import('../select.ts'),
      import('../local/logs.ts'),
      import('../local/artifacts.ts'),
    ]);
    return await withSelectedRun(text, options, async ({ home, records, run }) => {
      const { id } = run.info;
      return await exportRun(
        {
          run,
          source: records,
          printLog: (sink) => logs(id, undefined, { home }, sink),
          save: (step, name, path) =>
            textOf((sink) => get(id, { step, name }, { home, output: path }, sink)),
        },
        options,
        output,
      );
    });
  },
  async remote(text, options, output) {
    const [{ exportRun }, { textOf }, { connectToRun }, { RemoteSource }, { logs }, { get }] =
      await Promise.all([
        import('../export-run.ts'),
        import('../../program-client/text-output.ts'),
        import('../remote/select.ts'),
        import('../../launch/remote/remote-source.ts'),
        import('../remote/logs.ts'),
        import('../remote/artifacts.ts'),
      ]);
    const { connection, run } = await connectToRun(text, options);
    const { client, hintTarget } = connection;
    const source = new RemoteSource(client, { metrics: true, hintTarget });
    return await exportRun(
      {
        run: await source.run(run.id),
        source,
        printLog: (sink) => logs(run.id, undefined, options, sink),
        save: (step, name, path) =>
          textOf((sink) => get(run.id, { step, name }, { ...options, output: path }, sink)),
      },
      options,
      output,
    );
  },
});
