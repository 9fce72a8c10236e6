/** `headrace runs show` */
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions } from '../options.ts';
import { withSelectedRun } from '../select.ts';

export const runsShow = defineCommand<[run: string, options: TargetOptions & JsonOption]>({
  name: 'runs show',
  description: 'one run: its steps, result, error',
  arguments: [runOrLatestArgument()],
  options: [...targetOptions(), jsonOption()],
  examples: ['headrace runs show', 'headrace runs show 01k9 --json'],
  async local(text, options, output) {
    const { printRun } = await import('../print-run.ts');
    return await withSelectedRun(text, options, ({ records, run }) =>
      printRun(records, run, options.json, output),
    );
  },
  async remote(text, options, output) {
    const [{ connectToRun }, { RemoteSource }, { printRun }] = await Promise.all([
      import('../remote/select.ts'),
      import('../../launch/remote/remote-source.ts'),
      import('../print-run.ts'),
    ]);
    const { connection, run } = await connectToRun(text, options);
    const source = new RemoteSource(connection.client, {
      metrics: options.json === true,
      hintTarget: connection.hintTarget,
    });
    return await printRun(source, await source.run(run.id), options.json, output);
  },
});
