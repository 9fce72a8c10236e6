/** Options of daily use, and what callbacks learn of a failure. */
import { completes, type Programs } from '../program.ts';

const FRESH_CALLS = [[1, null], [1, null], [1, null], 'three', [1, null]];
const SHARED = ['shared', 'shared', 'shared', 'shared', 'shared'];

const INPUT_ROWS = [
  ['a.csv', '1', false],
  ['b.csv', '2', false],
  ['a.csv', 'b.csv', 'deep', 'deep/c.csv'],
  ['a.csv', '4', false],
  ['b.csv', '5', false],
  ['c.csv', '3', false],
  ['b.csv', '2', false],
];

export const OPTIONS: Programs = {
  'calls that share a process have fresh modules and the results of calls with their own processes':
    {
      source: `
  let calls = 0;
  const count = (n: number) => {
    calls += 1;
    const left = process.env.LEFT ?? null;
    process.env.LEFT = 'left';
    if (n === 3) throw new Error('three');
    return [calls, left];
  };
  const own = component({}, (n: number) => count(n));
  const shared = component({ isolation: 'shared' }, (n: number) => count(n));
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
    const all: unknown[] = [];
    for (const step of [own, shared]) for (const n of [0, 1, 2, 3, 4]) all.push(await step(n).then((value) => value, (error: any) => error.cause.message));
    return all;
  });`,
      records: ({ steps }) => steps.map(({ options }) => options.isolation ?? 'process'),
      outcome: completes(
        [...FRESH_CALLS, ...FRESH_CALLS],
        ['process', 'process', 'process', 'process', 'process', ...SHARED],
      ),
      exceptions: {
        // A step is a plain call in one process.
        debug: completes(
          [
            [1, null],
            [2, 'left'],
            [3, 'left'],
            'three',
            [5, 'left'],
            [6, 'left'],
            [7, 'left'],
            [8, 'left'],
            'three',
            [10, 'left'],
          ],
          ['process', 'process', 'process', 'process', 'process', ...SHARED],
        ),
      },
    },
  'variables of the option environment, of the pipeline and of the component': {
    source: `
  const read = component({ environment: { B: 'component' } }, () => [process.env.A, process.env.B, new Date('2026-01-15T12:00:00Z').getHours()]);
  const plain = component({}, () => [process.env.A, process.env.B]);
  export const main = pipeline({ name: 'main', project: 'modes', environment: { A: 'a', B: 'pipeline', TZ: 'Pacific/Auckland' } }, async () => [await read(), await plain()]);`,
    outcome: completes([
      ['a', 'component', 1],
      ['a', 'pipeline'],
    ]),
  },
  'a function of the pipeline decides on retries, and receives the error': {
    source: `
  const seen: unknown[] = [];
  const flaky = component({ retryBackoff: { initialSeconds: 0 } }, () => {
    if (currentStep().attempt < 3) throw Object.assign(new RangeError('again'), { code: 'EAGAIN' });
    return currentStep().attempt;
  });
  const strict = component({ retryOnFailure: 0 }, (): number => { throw new Error('no'); });
  export const main = pipeline({ name: 'main', project: 'modes', retryOnFailure: (run, node, retries) => { seen.push([node.name, retries, node.error]); return node.error?.code === 'EAGAIN'; } }, async () => {
    const attempt = await flaky();
    const attempts = await strict().then(() => 0, (error: any) => error.attempts);
    return [attempt, attempts, seen];
  });`,
    outcome: completes([
      3,
      1,
      [
        ['flaky', 0, { name: 'RangeError', message: 'again', code: 'EAGAIN' }],
        ['flaky', 1, { name: 'RangeError', message: 'again', code: 'EAGAIN' }],
      ],
    ]),
  },
  'callbacks receive the error of a failed step, and none of a completed one': {
    source: `
  const seen: unknown[] = [];
  const options = {
    statusChangeCallback: (run: any, node: any) => void seen.push([node.name, node.status, node.error?.message ?? null]),
    postExecuteCallback: (run: any, node: any) => void seen.push([node.name, 'post', node.error?.message ?? null]),
  };
  const bad = component(options, (): number => { throw new Error('bad data'); });
  const good = component(options, () => 1);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
    await Promise.resolve(bad()).catch(() => 0);
    await good();
    return seen.filter((each: any) => ['failed', 'completed', 'post'].includes(each[1]));
  });`,
    outcome: completes([
      ['bad', 'failed', 'bad data'],
      ['bad', 'post', 'bad data'],
      ['good', 'completed', null],
      ['good', 'post', null],
    ]),
  },
  'the run of the pipeline that calls getCurrentPipeline': {
    source: `
  const inStep = component({}, () => { try { PipelineDecorator.getCurrentPipeline(); } catch (error: any) { return error.name; } });
  export const main = pipeline({ name: 'main', project: 'modes', version: '2.0' }, async (n = 7) => {
    const { name, project, version, args } = PipelineDecorator.getCurrentPipeline();
    return [name, project, version, args, await inStep()];
  });`,
    args: ['n=8'],
    outcome: completes(['main', 'modes', '2.0.0', { n: 8 }, 'OutsideLogicError']),
  },
  'the variables and the stage of a step are in its document, and the pipeline has defaults': {
    source: `
  const own = component({ stage: 'train', environment: { B: 'own' } }, () => 1);
  const plain = component({ draft: true }, () => 2);
  export const main = pipeline({ name: 'main', project: 'modes', environment: { A: 'all', B: 'all' } }, async () => [await own(), await plain()]);`,
    records: ({ steps }) => steps.map(({ name, options }) => [name, options]),
    outcome: completes(
      [1, 2],
      [
        ['own', { stage: 'train', environment: { A: 'all', B: 'own' } }],
        ['plain', { draft: true, environment: { A: 'all', B: 'all' } }],
      ],
    ),
  },
  'the options of the container of a step are in its document': {
    source: `
  const trained = component({ docker: 'node:24-slim', dockerArgs: '--env MODE=fast', dockerBashSetupScript: 'true', resources: { cpu: 1, memory: '1 GiB' }, repo: 'https://ada:word@git.example/a.git', repoCommit: 'abc' }, () => 1);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => await trained());`,
    records: ({ steps }) => steps.map(({ options }) => options),
    outcome: completes(1, [
      {
        docker: 'node:24-slim',
        dockerArgs: '--env MODE=fast',
        dockerBashSetupScript: 'true',
        resources: { cpu: 1, memory: '1 GiB' },
        repo: 'https://ada:…@git.example/a.git',
        repoCommit: 'abc',
      },
    ]),
    exceptions: {
      // The deployment of the suite has queues on Lambda only.
      aws: {
        code: 2,
        status: 'failed',
        error:
          'error: components[0].docker: the queue default runs steps in Lambda functions, which have no docker: use a queue on Fargate or EC2\nsee headrace/docs/errors.md#apierror\n',
      },
    },
  },
  'a model that is not registered, and useModel in a step': {
    source: `import { useModel, UseModelError } from 'headrace';
  const inStep = component({}, () => { try { useModel('iris@published'); } catch (error: any) { return [error.name, error instanceof UseModelError]; } });
  const used = component({}, (model: any) => model.info.version);
  const reason = (error: any) => [error.name, error.cause?.name, error.cause?.reason?.split('.')[0]];
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [
    await inStep(),
    await used(useModel('iris')).then((version: any) => version, (error: any) => error.because),
    await useModel('iris@newest').info.then(() => 'found', reason),
    await useModel('other/iris@3').file.then(() => 'found', (error: any) => error.cause.name),
  ]);`,
    outcome: completes([
      ['UseModelError', true],
      'useModel',
      [
        'StepFailedError',
        'UseModelError',
        'the version of a model is a number from 1 on, "published" or "latest"',
      ],
      'UseModelError',
    ]),
  },
  'a file of the project as an input file': {
    source: `import { inputFile } from 'headrace'; import { readFile } from 'node:fs/promises';
  const lines = component({}, async (file: ArtifactFile) => (await readFile(file.path, 'utf8')).split(','));
  const missing = (error: any) => error.cause.name;
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [await lines(inputFile('data/x.csv')).then((found) => found, (error: any) => error.name), await inputFile('data/none.csv').then(() => 'found', missing)]);`,
    files: { 'data/x.csv': 'a,b' },
    outcome: completes([['a', 'b'], 'InputFileError']),
  },
  'a step reads a file by StorageManager.getLocalCopy': {
    source: `import { StorageManager } from 'headrace'; import { readFile, writeFile } from 'node:fs/promises'; import { join } from 'node:path'; import { pathToFileURL } from 'node:url';
  const read = component({}, async () => {
    const path = join(currentStep().temporaryDirectory, 'a b.csv');
    await writeFile(path, '1,2');
    const [copy, byUrl] = [await StorageManager.getLocalCopy(path), await StorageManager.getLocalCopy(pathToFileURL(path))];
    const error = await StorageManager.getLocalCopy('none.csv').catch((error: any) => error.name);
    return [await readFile(copy, 'utf8'), copy === byUrl, error];
  });
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => await read());`,
    outcome: completes(['1,2', true, 'LocalCopyError']),
  },
  'methods in the spelling of ClearML': {
    source: `import { StorageManager } from 'headrace';
  const explained = (use: () => unknown) => { try { return use() === undefined; } catch (error: any) { return error.message; } };
  const inStep = component({}, () => [explained(() => (StorageManager as any).get_local_copy), explained(() => (PipelineDecorator as any).upload_artifact)]);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [...(await inStep()), explained(() => (PipelineDecorator as any).upload_model), explained(() => (PipelineDecorator as any).unknown_name)]);`,
    outcome: completes([
      'there is no StorageManager.get_local_copy: write StorageManager.getLocalCopy',
      'there is no PipelineDecorator.upload_artifact: write PipelineDecorator.uploadArtifact',
      'there is no PipelineDecorator.upload_model: write PipelineDecorator.uploadModel',
      true,
    ]),
  },
  'paths, folders, patterns and parameters as input files': {
    source: `import { inputFile } from 'headrace'; import { readdir, readFile, stat } from 'node:fs/promises'; import { basename } from 'node:path';
  const read = component({ cache: true }, async (file: ArtifactFile) => [basename(file.path), await readFile(file.path, 'utf8'), ((await stat(file.path)).mode & 0o100) !== 0]);
  const list = component({ cache: true }, async (folder: ArtifactFile) => (await readdir(folder.path, { recursive: true })).sort());
  export const main = pipeline({ name: 'main', project: 'modes', inputs: ['rows/*.csv'] }, async (path: string, other = './data/b.csv') => {
    const rows = [await read(inputFile(path)), await read(inputFile(other)), await list(inputFile('data'))];
    for (const name of ['a', 'b']) rows.push(await read(inputFile('rows/' + name + '.csv')));
    return [...rows, await read(inputFile('data/deep/c.csv')), await read(inputFile('data/again/../b.csv'))];
  });`,
    files: {
      'data/a.csv': '1',
      'data/b.csv': '2',
      'data/deep/c.csv': '3',
      'rows/a.csv': '4',
      'rows/b.csv': '5',
      'rows/.hidden.csv': '6',
      'rows/c.txt': '7',
    },
    args: ['path=data/a.csv'],
    // An uploaded folder has the archive of a local one.
    records: ({ steps }) =>
      steps
        .filter(({ component }) => component === 'inputFile')
        .map(({ artifacts }) => artifacts.map(({ hash }) => hash.slice(0, 8))),
    outcome: completes(INPUT_ROWS, [
      ['6b86b273'],
      ['d4735e3a'],
      ['e3d495ef'],
      ['4b227777'],
      ['ef2d127d'],
      ['4e074085'],
      ['d4735e3a'],
    ]),
    // Debug mode stores no artifacts.
    exceptions: { debug: completes(INPUT_ROWS, [[], [], [], [], [], [], []]) },
  },
};
