/**
 * The commands with their options and help. What a command does is loaded when it is called.
 *
 * @module
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { packageVersion } from '../submit/package-version.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';
import { isRemote } from './target.ts';

export interface HomeOption {
  readonly home?: string;
}

export interface JsonOption {
  readonly json?: boolean;
}

/** @param onExitCode is told the exit code of the command that was called. */
export function createProgram(output: Output, onExitCode: (code: ExitCode) => void): Command {
  const program = new Command('headrace')
    .description('Machine-learning pipelines from plain TypeScript functions.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void output.write(text),
      writeErr: (text) => output.note(text.trimEnd()),
      outputError: (text, write) => write(joinSuggestion(text)),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  headrace run pipeline.ts --arg url=https://example.org/iris.csv
  headrace runs list
  headrace runs logs latest --step train
  headrace runs resume latest

Exit codes: 0 completed, 1 the run failed, 2 wrong usage or invalid pipeline, 3 aborted, 130 interrupted (the run can be resumed).`,
    );
  addRun(program, output, onExitCode);
  addRuns(program, output, onExitCode);
  addArtifacts(program, output, onExitCode);
  addCache(program, output, onExitCode);
  addBundle(program, output, onExitCode);
  addProfile(program, output, onExitCode);
  addDev(program, output, onExitCode);
  return program;
}

/** Commander puts its suggestions on a line of their own. */
const joinSuggestion = (text: string): string => text.replace(/\n(?=\(Did you mean)/, ' ');

function addRun(program: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const run = program
    .command('run')
    .description('run the pipeline of a file to its end')
    .argument('<file>', 'the file that exports the pipeline')
    .option('--pipeline <export>', 'which of the file’s pipelines: its export or its name')
    .option(
      '--arg <name=value>',
      'an argument of the pipeline, also as Section/name=value; text for a string parameter, JSON for any other (repeatable)',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'local (the default): the engine, each step in a subprocess; debug: plain calls in this process; remote: all of it where --endpoint or --profile says',
      ).choices(['local', 'debug', 'remote']),
    )
    .option('--endpoint <url>', ENDPOINT_HELP)
    .option('--profile <name>', PROFILE_HELP)
    .option(
      '--queue-concurrency <queue=number>',
      'how many steps of a queue run at once (repeatable)',
      collectQueueConcurrency,
      {},
    )
    .option('--no-cache', 'execute every step, whatever the cache holds');
  withCommonOptions(run, [
    'headrace run pipeline.ts --arg url=https://example.org/iris.csv --arg General/testSize=0.3',
    'headrace run pipelines.ts --pipeline train --json > run.json',
    'headrace run pipeline.ts --mode remote --profile team',
    'headrace run pipeline.ts --queue-concurrency cpu=8 --no-cache',
    'node --inspect-brk $(which headrace) run pipeline.ts --mode debug',
  ]).action(async (file: string, options) =>
    onExitCode(await (await import('./commands/run.ts')).run(file, options, output)),
  );
}

function addRuns(program: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const runs = program
    .command('runs')
    .description('look at runs and move them')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  const list = runs
    .command('list')
    .description('the runs, newest first')
    .option('--project <project>', 'only of this project')
    .option('--pipeline <name>', 'only of this pipeline')
    .addOption(
      new Option('--status <status>', 'only in this status').choices([
        'queued',
        'running',
        'aborting',
        'completed',
        'failed',
        'aborted',
      ]),
    )
    .option('--limit <number>', 'at most so many', wholeNumber, 20);
  withTargetOptions(list, [
    'headrace runs list',
    'headrace runs list --status failed --json',
  ]).action(async (options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/list.ts'))
      ).list(options, output),
    ),
  );

  const show = runs
    .command('show')
    .description('one run: its steps, result, error')
    .argument('[run]', RUN_HELP, 'latest');
  withTargetOptions(show, ['headrace runs show', 'headrace runs show 01k9 --json']).action(
    async (run: string, options) =>
      onExitCode(
        await (
          await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/show.ts'))
        ).show(run, options, output),
      ),
  );

  const logs = runs
    .command('logs')
    .description('what steps printed and reported')
    .argument('[run]', RUN_HELP, 'latest')
    .option('--step <step>', 'only this step, or all calls of this component')
    .option('--attempt <number>', 'only this attempt', wholeNumber)
    .option('--follow', 'go on until the run ends');
  withTargetOptions(
    logs,
    [
      'headrace runs logs',
      'headrace runs logs 01k9 --step train --attempt 1',
      'headrace runs logs latest --follow',
    ],
    { json: false },
  ).action(async (run: string, options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/logs.ts') : import('./commands/logs.ts'))
      ).logs(run, options, output),
    ),
  );

  const abort = runs
    .command('abort')
    .description('end a run and the steps that it runs')
    .argument('<run>', RUN_HELP)
    .option('--reason <text>', 'kept with the run', 'aborted on request');
  withTargetOptions(
    abort,
    ['headrace runs abort latest', 'headrace runs abort 01k9 --reason "wrong data"'],
    {
      json: false,
    },
  ).action(async (run: string, options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/abort.ts'))
      ).abort(run, options, output),
    ),
  );

  const resume = runs
    .command('resume')
    .description('go on with a failed, aborted or interrupted run: what completed is kept')
    .argument('<run>', RUN_HELP)
    .option(
      '--queue-concurrency <queue=number>',
      'how many steps of a queue run at once (repeatable)',
      collectQueueConcurrency,
      {},
    );
  withTargetOptions(resume, [
    'headrace runs resume latest',
    'headrace runs resume 01k9 --json',
  ]).action(async (run: string, options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/resume.ts'))
      ).resume(run, options, output),
    ),
  );

  const rerun = runs
    .command('rerun')
    .description(
      'a new run like an earlier one; with --from it takes over the calls that finished before that step',
    )
    .argument('<run>', RUN_HELP)
    .option(
      '--from <step>',
      'take over what finished before this step, and run it and the rest again; without, all of it',
    )
    .option(
      '--file <file>',
      'with the source as it is now; without, with the code of the earlier run',
    )
    .option(
      '--queue-concurrency <queue=number>',
      'how many steps of a queue run at once (repeatable)',
      collectQueueConcurrency,
      {},
    );
  withTargetOptions(rerun, [
    'headrace runs rerun latest --from train',
    'headrace runs rerun 01k9 --from train --file pipeline.ts',
  ]).action(async (run: string, options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/resume.ts'))
      ).rerun(run, options, output),
    ),
  );

  addRunChanges(runs, output, onExitCode);
}

function addRunChanges(runs: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const attach = runs
    .command('attach')
    .description(
      'evaluate the logic of a run elsewhere whose own process is gone (pipelineExecutionQueue: null), and see it to its end',
    )
    .argument('<run>', RUN_HELP);
  withTargetOptions(attach, ['headrace runs attach latest --profile team']).action(
    async (run: string, options) =>
      onExitCode(await (await import('./remote/runs.ts')).attach(run, options, output)),
  );

  const watch = runs
    .command('watch')
    .description('see a run elsewhere to its end')
    .argument('[run]', RUN_HELP, 'latest');
  withTargetOptions(watch, ['headrace runs watch latest --profile team']).action(
    async (run: string, options) =>
      onExitCode(await (await import('./remote/runs.ts')).watch(run, options, output)),
  );

  const tag = runs
    .command('tag')
    .description('add and remove tags')
    .argument('<run>', RUN_HELP)
    .option('--add <tag>', 'add this tag (repeatable)', collect, [])
    .option('--remove <tag>', 'remove this tag (repeatable)', collect, []);
  withTargetOptions(tag, ['headrace runs tag latest --add best --remove candidate'], {
    json: false,
  }).action(async (run: string, options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/tag.ts'))
      ).tag(run, options, output),
    ),
  );

  const remove = runs
    .command('remove')
    .description('remove a run that is over, with all that it and its steps wrote')
    .argument('<run>', RUN_HELP);
  withTargetOptions(remove, ['headrace runs remove 01k9'], { json: false }).action(
    async (run: string, options) =>
      onExitCode(
        await (
          await (isRemote(options) ? import('./remote/runs.ts') : import('./commands/tag.ts'))
        ).remove(run, options, output),
      ),
  );
}

function addArtifacts(
  program: Command,
  output: Output,
  onExitCode: (code: ExitCode) => void,
): void {
  const artifacts = program
    .command('artifacts')
    .description('what steps and runs left behind')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  const list = artifacts
    .command('list')
    .description('the artifacts and models of a run')
    .argument('[run]', RUN_HELP, 'latest')
    .argument('[step]', 'only of this step');
  withTargetOptions(list, [
    'headrace artifacts list',
    'headrace artifacts list 01k9 train --json',
  ]).action(async (run: string, step: string | undefined, options) =>
    onExitCode(
      await (
        await (isRemote(options)
          ? import('./remote/artifacts.ts')
          : import('./commands/artifacts.ts'))
      ).list(run, step, options, output),
    ),
  );
  const get = artifacts
    .command('get')
    .description('the content of an artifact or model')
    .argument('<run>', RUN_HELP)
    .argument('<step>', 'the step; leave it out for an artifact of the run itself')
    .argument('[name]', 'the artifact’s or model’s name')
    .option('-o, --output <path>', 'write it there, as it is stored; a folder is unpacked');
  withTargetOptions(
    get,
    [
      'headrace artifacts get latest train model -o model.json',
      'headrace artifacts get latest accuracy',
    ],
    { json: false },
  ).action(async (run: string, step: string, name: string | undefined, options) =>
    onExitCode(
      await (
        await (isRemote(options)
          ? import('./remote/artifacts.ts')
          : import('./commands/artifacts.ts'))
      ).get(run, name === undefined ? undefined : step, name ?? step, options, output),
    ),
  );
}

function addCache(program: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const cache = program
    .command('cache')
    .description('results that steps need not compute again')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  const filters = (command: Command) =>
    command
      .option('--project <project>', 'only of this project')
      .option('--component <name>', 'only of this component');
  withTargetOptions(filters(cache.command('list').description('the entries, newest first')), [
    'headrace cache list --component train',
  ]).action(async (options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/cache.ts') : import('./commands/cache.ts'))
      ).list(options, output),
    ),
  );
  const clear = filters(
    cache
      .command('clear')
      .description('forget entries (all, without a filter); artifacts of runs stay'),
  ).option('--key <key>', 'only the entry whose key begins so');
  withTargetOptions(clear, [
    'headrace cache clear',
    'headrace cache clear --component train',
  ]).action(async (options) =>
    onExitCode(
      await (
        await (isRemote(options) ? import('./remote/cache.ts') : import('./commands/cache.ts'))
      ).clear(options, output),
    ),
  );
}

function addBundle(program: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const bundle = program
    .command('bundle')
    .description('what each component’s code consists of, and its hash: why was this not cached?')
    .argument('<file>', 'the file that exports the pipeline')
    .option('--pipeline <export>', 'which of the file’s pipelines: its export or its name')
    .option('--json', 'print one JSON document');
  bundle
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      examples(['headrace bundle pipeline.ts', 'headrace bundle pipeline.ts --json']),
    );
  bundle.action(async (file: string, options) =>
    onExitCode(await (await import('./commands/bundle.ts')).bundle(file, options, output)),
  );
}

function addDev(program: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const dev = program
    .command('dev')
    .description('serve the API on this machine: runs that it is given are moved here')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'where to listen; 0: any port that is free', portNumber, 4750)
    .option(
      '--queue-concurrency <queue=number>',
      'how many steps of a queue run at once (repeatable)',
      collectQueueConcurrency,
      {},
    );
  withCommonOptions(dev, ['headrace dev', 'headrace dev --port 0 --home /tmp/runs'], {
    json: false,
  }).action(async (options) =>
    onExitCode(await (await import('./commands/dev.ts')).dev(options, output)),
  );
}

function addProfile(program: Command, output: Output, onExitCode: (code: ExitCode) => void): void {
  const profile = program
    .command('profile')
    .description('which Headrace to talk to, and as whom')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  const withExamples = (command: Command, ...exampleLines: readonly string[]) =>
    command
      .helpOption('-h, --help', 'print this help')
      .addHelpText('after', examples(exampleLines));
  const add = profile
    .command('add')
    .description('keep an endpoint under a name; the first one is the default')
    .argument('<name>')
    .requiredOption('--endpoint <url>', 'where its API is')
    .addOption(
      new Option('--auth <kind>', 'aws: sign with AWS credentials; token: send a bearer token')
        .choices(['aws', 'token'] as const)
        .default('aws' as const),
    )
    .option('--region <region>', 'the AWS region, where the endpoint does not tell')
    .option('--aws-profile <name>', 'a profile of the AWS configuration')
    .option(
      '--token <token>',
      'the token, if it is to be kept; else it is read from HEADRACE_TOKEN',
    );
  withExamples(
    add,
    'headrace profile add team --endpoint https://abc.execute-api.eu-west-1.amazonaws.com/prod',
  ).action(async (name: string, options) =>
    onExitCode(await (await import('./commands/profile.ts')).add(name, options, output)),
  );
  withExamples(
    profile.command('list').description('the profiles').option('--json', 'print one JSON document'),
    'headrace profile list',
  ).action(async (options) =>
    onExitCode(await (await import('./commands/profile.ts')).list(options, output)),
  );
  withExamples(
    profile.command('use').description('make a profile the default').argument('<name>'),
    'headrace profile use team',
  ).action(async (name: string) =>
    onExitCode(await (await import('./commands/profile.ts')).use(name, output)),
  );
  withExamples(
    profile.command('remove').description('forget a profile').argument('<name>'),
    'headrace profile remove team',
  ).action(async (name: string) =>
    onExitCode(await (await import('./commands/profile.ts')).remove(name, output)),
  );
}

const ENDPOINT_HELP = 'the URL of a Headrace API (default: HEADRACE_ENDPOINT, else the profile’s)';
const PROFILE_HELP = 'the profile to take (default: HEADRACE_PROFILE, else the default one)';

/** Options of commands that look at runs here or elsewhere. */
function withTargetOptions(
  command: Command,
  exampleLines: readonly string[],
  options?: { readonly json?: boolean },
): Command {
  command
    .addOption(
      new Option(
        '--mode <mode>',
        'local: on this machine; remote: where --endpoint or --profile says',
      ).choices(['local', 'remote']),
    )
    .option('--endpoint <url>', ENDPOINT_HELP)
    .option('--profile <name>', PROFILE_HELP);
  return withCommonOptions(command, exampleLines, options);
}

const RUN_HELP = 'the id of a run, its beginning, or `latest`';

/** Options and help that nearly all commands have. */
function withCommonOptions(
  command: Command,
  exampleLines: readonly string[],
  { json = true } = {},
): Command {
  command.option(
    '--home <dir>',
    'where runs are kept (default: HEADRACE_HOME, else .headrace in the project’s root)',
  );
  if (json) command.option('--json', 'print one JSON document');
  return command
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', examples(exampleLines));
}

const examples = (exampleLines: readonly string[]): string =>
  `\n${exampleLines.length === 1 ? 'Example' : 'Examples'}:\n${exampleLines.map((line) => `  ${line}`).join('\n')}`;

const collect = (value: string, previous: readonly string[]): readonly string[] => [
  ...previous,
  value,
];

function collectQueueConcurrency(
  value: string,
  previous: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const equals = value.lastIndexOf('=');
  const number = value.slice(equals + 1).trim();
  if (equals < 1 || !/^[1-9]\d{0,5}$/.test(number))
    throw new InvalidArgumentError('It is of the form queue=number, with a number from 1 on.');
  return { ...previous, [value.slice(0, equals).trim()]: Number(number) };
}

function portNumber(value: string): number {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new InvalidArgumentError('It is a number from 0 to 65535.');
  return Number(value);
}

function wholeNumber(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value))
    throw new InvalidArgumentError('It is a whole number from 1 on.');
  return Number(value);
}
