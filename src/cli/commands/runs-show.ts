/** `headrace runs show` */
import { Argument } from 'commander';
import { defineCommand } from '../command.ts';
import type { JsonOption, TargetOptions } from '../option-types.ts';
import { jsonOption, runOrLatestArgument, targetOptions } from '../options.ts';
import { selectSteps, withSelectedRun } from '../select.ts';

export const runsShow = defineCommand<
  [run: string, step: string | undefined, options: TargetOptions & JsonOption]
>({
  name: 'runs show',
  description:
    'one run: its steps, result, error; or one step: its arguments, attempts and outputs',
  arguments: [
    runOrLatestArgument(),
    new Argument('[step]', 'only this step, or all calls of this component'),
  ],
  options: [...targetOptions(), jsonOption()],
  examples: [
    'headrace runs show',
    'headrace runs show latest train_1',
    'headrace runs show iris#7 --json',
  ],
  async local(text, step, options, output) {
    const { printRun, printSteps } = await import('../print-run.ts');
    return await withSelectedRun(text, options, async ({ records, run }) =>
      step === undefined
        ? await printRun(records, run, options.json, output)
        : await printSteps(
            records,
            run.info.id,
            await selectSteps(records, run.info.id, step),
            options.json,
            output,
          ),
    );
  },
  async remote(text, step, options, output) {
    const [{ connectToRun, selectRemoteSteps }, remoteSource, { printRun, printSteps }] =
      await Promise.all([
        import('../remote/select.ts'),
        import('../../launch/remote/remote-source.ts'),
        import('../print-run.ts'),
      ]);
    const { connection, run } = await connectToRun(text, options);
    const { RemoteSource, toStepViewModel, withAllOutputs } = remoteSource;
    const { client, hintTarget } = connection;
    const source = new RemoteSource(client, { metrics: options.json === true, hintTarget });
    if (step !== undefined) {
      const steps = await Promise.all(
        (await selectRemoteSteps(client, run.id, step)).map(async (document) =>
          toStepViewModel(await withAllOutputs(client, run.id, document)),
        ),
      );
      return await printSteps(source, run.id, steps, options.json, output);
    }
    return await printRun(source, await source.run(run.id), options.json, output);
  },
});
