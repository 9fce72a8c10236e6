/** `headrace schedules …`: runs that start at times, after other runs, or for new objects. */
import { Argument, Option } from 'commander';
import { defineCommand } from '../command.ts';
import type {
  AddScheduleOptions,
  ApplySchedulesOptions,
  JsonOption,
  ListModelsOptions,
  ModelOptions,
  RunScheduleOptions,
} from '../option-types.ts';
import {
  argOption,
  jsonOption,
  noCacheOption,
  queueConcurrencyOption,
  repeatableOption,
  tagOption,
  targetOptions,
} from '../options.ts';

const nameArgument = (): Argument => new Argument('<schedule>', 'the name of the schedule');
const projectOption = (): Option =>
  new Option('--project <project>', 'the project of the schedule (default: the one that has it)');

export const schedulesList = defineCommand<[options: ListModelsOptions]>({
  name: 'schedules list',
  description: 'schedules, with their next and their last firing',
  options: [
    new Option('--project <project>', 'only of this project'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: ['headrace schedules list', 'headrace schedules list --json --profile team'],
  async local(options, output) {
    const [{ withSchedules }, { listSchedules }] = await localModules();
    return await withSchedules(options, (records) => listSchedules(records, options, output));
  },
  async remote(options, output) {
    const [{ withSchedules }, { listSchedules }] = await remoteModules();
    return await withSchedules(options, (records) => listSchedules(records, options, output));
  },
});

export const schedulesShow = defineCommand<[name: string, options: ModelOptions & JsonOption]>({
  name: 'schedules show',
  description: 'a schedule with its last firings: the runs that they started, or why they did not',
  arguments: [nameArgument()],
  options: [projectOption(), ...targetOptions(), jsonOption()],
  examples: ['headrace schedules show nightly'],
  async local(name, options, output) {
    const [{ withSchedules }, { showSchedule }] = await localModules();
    return await withSchedules(options, (records) => showSchedule(records, name, options, output));
  },
  async remote(name, options, output) {
    const [{ withSchedules }, { showSchedule }] = await remoteModules();
    return await withSchedules(options, (records) => showSchedule(records, name, options, output));
  },
});

export const schedulesAdd = defineCommand<
  [name: string, pipeline: string, options: AddScheduleOptions]
>({
  name: 'schedules add',
  description: 'start runs of a pipeline at times, after runs of another one, or for new objects',
  arguments: [
    new Argument('<schedule>', 'a name: letters, digits, ".", "_" and "-"'),
    new Argument(
      '<pipeline>',
      'project/pipeline, or the pipeline’s name if one project has it; with @version always that one, else the highest at each firing',
    ),
  ],
  options: [
    new Option(
      '--cron <expression>',
      'at these times: minute, hour, day of the month, month, day of the week',
    ),
    new Option('--time-zone <zone>', 'the time zone of --cron, as in Europe/Berlin (default: UTC)'),
    new Option('--every <interval>', 'at this interval: 15m, 6h or 1d'),
    new Option('--after <pipeline>', 'when a run of this pipeline (or project/pipeline) has ended'),
    new Option('--status <status>', 'how that run has ended (default: completed)').choices([
      'completed',
      'failed',
      'aborted',
    ]),
    new Option(
      '--on-object <address>',
      'when an object is new: s3://bucket/prefix*suffix in a deployment, ./folder/*.csv with `headrace dev`',
    ),
    repeatableOption(
      '--arg <name=value>',
      'an argument of the runs; {{due}}, {{run}} and {{object}} stand for the time of the firing, the run that ended and the address of the object (repeatable)',
    ),
    tagOption(),
    new Option(
      '--missed <policy>',
      'what happens to firings while `headrace dev` did not run (default: skip)',
    ).choices(['skip', 'once']),
    new Option('--paused', 'add it without starting runs until it is resumed'),
    new Option('--replace', 'replace the schedule of this name'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace schedules add nightly demo/iris --cron "0 3 * * *" --time-zone Europe/Berlin',
    'headrace schedules add hourly demo/iris --every 1h --arg since={{due}} --missed once',
    'headrace schedules add report demo/report --after demo/iris --arg run={{run}}',
    'headrace schedules add import demo/import --on-object "s3://team-uploads/in/*.csv" --arg file={{object}}',
  ],
  async local(name, pipeline, options, output) {
    const [{ withSchedules }, { addSchedule }] = await localModules();
    return await withSchedules(options, (records) =>
      addSchedule(records, name, pipeline, options, output),
    );
  },
  async remote(name, pipeline, options, output) {
    const [{ withSchedules }, { addSchedule }] = await remoteModules();
    return await withSchedules(options, (records) =>
      addSchedule(records, name, pipeline, options, output),
    );
  },
});

export const schedulesApply = defineCommand<[file: string, options: ApplySchedulesOptions]>({
  name: 'schedules apply',
  description: 'add, change and remove schedules to match the options of the pipelines of a file',
  arguments: [new Argument('<file>', 'the file that declares the pipelines')],
  options: [
    new Option('--pipeline <name>', 'only of this pipeline'),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace schedules apply pipeline.ts',
    'headrace schedules apply pipeline.ts --profile team',
  ],
  async local(file, options, output) {
    const [{ withNewSchedules }, { applySchedules }] = await Promise.all([
      import('../local/apply-schedules.ts'),
      import('../apply-schedules.ts'),
    ]);
    return await withNewSchedules(file, options, (target) =>
      applySchedules(target, file, options, output),
    );
  },
  async remote(file, options, output) {
    const [{ withNewSchedules }, { applySchedules }] = await Promise.all([
      import('../remote/apply-schedules.ts'),
      import('../apply-schedules.ts'),
    ]);
    return await withNewSchedules(file, options, (target) =>
      applySchedules(target, file, options, output),
    );
  },
});

const changeCommand = (
  change: 'pause' | 'resume' | 'remove',
  description: string,
  example: string,
) =>
  defineCommand<[name: string, options: ModelOptions]>({
    name: `schedules ${change}`,
    description,
    arguments: [nameArgument()],
    options: [projectOption(), ...targetOptions()],
    examples: [example],
    async local(name, options, output) {
      const [{ withSchedules }, { changeSchedule }] = await localModules();
      return await withSchedules(options, (records) =>
        changeSchedule(records, change, name, options, output),
      );
    },
    async remote(name, options, output) {
      const [{ withSchedules }, { changeSchedule }] = await remoteModules();
      return await withSchedules(options, (records) =>
        changeSchedule(records, change, name, options, output),
      );
    },
  });

export const schedulesPause = changeCommand(
  'pause',
  'start no runs until the schedule is resumed',
  'headrace schedules pause nightly',
);
export const schedulesResume = changeCommand(
  'resume',
  'start runs again; what was due during the pause is not missed',
  'headrace schedules resume nightly',
);
export const schedulesRemove = changeCommand(
  'remove',
  'remove a schedule with its firings; its runs stay',
  'headrace schedules remove nightly',
);

export const schedulesRun = defineCommand<[name: string, options: RunScheduleOptions]>({
  name: 'schedules run',
  description: 'start a run with the arguments of a schedule now, and watch it',
  arguments: [nameArgument()],
  options: [
    new Option(
      '--object <address>',
      'the object that the run is about, of a schedule with --on-object: s3://bucket/key, or a file',
    ),
    argOption(),
    tagOption(),
    noCacheOption(),
    queueConcurrencyOption(),
    projectOption(),
    ...targetOptions(),
    jsonOption(),
  ],
  examples: [
    'headrace schedules run nightly',
    'headrace schedules run report --arg run=latest',
    'headrace schedules run import --object s3://team-uploads/in/day-1.csv',
  ],
  async local(name, options, output) {
    const [{ withSchedules }, { requestOfSchedule }, { start }] = await Promise.all([
      import('../local/schedules.ts'),
      import('../schedules.ts'),
      import('../local/start.ts'),
    ]);
    const request = await withSchedules(options, (records) =>
      requestOfSchedule(records, name, options),
    );
    return await start(request.pipeline, { ...options, tag: request.tags }, output, request.args);
  },
  async remote(name, options, output) {
    const [{ withSchedules }, { requestOfSchedule }, { start }] = await Promise.all([
      import('../remote/schedules.ts'),
      import('../schedules.ts'),
      import('../remote/start.ts'),
    ]);
    const request = await withSchedules(options, (records) =>
      requestOfSchedule(records, name, options),
    );
    return await start(request.pipeline, { ...options, tag: request.tags }, output, request.args);
  },
});

const localModules = () =>
  Promise.all([import('../local/schedules.ts'), import('../schedules.ts')]);
const remoteModules = () =>
  Promise.all([import('../remote/schedules.ts'), import('../schedules.ts')]);
