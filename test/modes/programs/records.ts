/** What the document of a run has of its options, and of the outputs of its steps. */
import type { RunDocument } from '../../unit/cli/contract.ts';
import { completes, type Programs } from '../program.ts';

const namesOf = (records: readonly { readonly name: string }[]): readonly string[] =>
  records.map(({ name }) => name).sort();

/** Series of the run in the order of their titles, as title, series and points. */
const pointsOf = ({ metrics }: RunDocument): unknown =>
  metrics
    .map(({ title, series, points }) => [
      title,
      series,
      points.map(({ iteration, value }) => [iteration, value]),
    ])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));

const MODELS = ['another', 'model_1', 'model_2', 'model_3', 'only'];

export const RECORDS: Programs = {
  'metrics, artifacts and models of a step are on the run, by name, by another name and by pattern':
    {
      source: `import { writeFileSync } from 'node:fs'; import { join } from 'node:path';
  const train = component({
    monitorMetrics: [['loss', 'train'], [['accuracy', 'test'], ['best', 'test']]],
    monitorArtifacts: ['notes', ['raw', 'renamed']],
    monitorModels: ['model_*', ['*', 'last'], 'only'],
  }, async () => {
    const step = currentStep();
    for (const [iteration, loss] of [0.5, 0.25].entries()) step.logger.reportScalar('loss', 'train', loss, iteration);
    step.logger.reportScalar('accuracy', 'test', 1, 7);
    step.logger.reportScalar('not monitored', 'x', 1, 0);
    for (const name of ['notes', 'raw', 'own']) await step.uploadArtifact(name, name);
    const file = join(step.temporaryDirectory, 'weights.bin');
    writeFileSync(file, 'weights');
    for (const name of ['model_1', 'model_3', 'model_2', 'only', 'another']) await step.uploadModel(name, file);
  });
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => { await train(); });`,
      records: (document) => ({
        metrics: pointsOf(document),
        artifacts: namesOf(document.artifacts),
        models: namesOf(document.models),
        ofStep: namesOf(document.steps[0]?.models ?? []),
      }),
      outcome: completes(null, {
        metrics: [
          ['best', 'test', [[7, 1]]],
          [
            'loss',
            'train',
            [
              [0, 0.5],
              [1, 0.25],
            ],
          ],
        ],
        artifacts: ['notes', 'renamed'],
        models: ['last', 'model_3', 'only'],
        ofStep: MODELS,
      }),
      exceptions: {
        // Debug mode has no records of a run that outlive the command: it prints reports at once.
        debug: completes(null, { metrics: [], artifacts: [], models: [], ofStep: MODELS }),
      },
    },
  'returned values are artifacts, and a step and the logic upload artifacts and models to the run':
    {
      source: `import { writeFileSync } from 'node:fs'; import { join } from 'node:path';
  const train = component({ returnValues: ['text', 'score'] }, async () => {
    const file = join(currentStep().temporaryDirectory, 'weights.bin');
    writeFileSync(file, 'weights');
    await PipelineDecorator.uploadArtifact('from step', [1]);
    await PipelineDecorator.uploadModel('model', file);
    return ['trained', 1] as const;
  });
  export const main = pipeline({ name: 'main', project: 'modes', returnValue: 'final' }, async () => {
    const [result] = train();
    await PipelineDecorator.uploadArtifact('from logic', { a: 1 });
    return await result;
  });`,
      records: ({ artifacts, models, steps }) => [
        namesOf(artifacts),
        models.map(({ name, size }) => [name, size]),
        steps.map((step) => namesOf(step.artifacts)),
      ],
      outcome: completes('trained', [
        ['final', 'from logic', 'from step'],
        [['model', 7]],
        [['score', 'text']],
      ]),
      exceptions: {
        // Debug mode passes values on as they are, and stores no returned one.
        debug: completes('trained', [['from logic', 'from step'], [['model', 7]], [[]]]),
      },
    },
  'names, sections of arguments, tags, projects and queues are recorded': {
    source: `
  PipelineDecorator.setDefaultExecutionQueue('special');
  const load = component({ name: 'load data', returnValues: ['rows', 'labels'], taskType: 'data_processing', tags: ['own'], stage: 'input' }, (url: string) => [[url, url], [1, 2]] as const);
  const train = component({ executionQueue: 'default', taskType: 'training' }, (rows: readonly string[], labels: readonly number[], depth: number) => [rows.length, labels, depth]);
  export const iris = pipeline({ name: 'iris flowers', project: 'modes/deep', version: '0.1', tags: ['run'], argsMap: { General: ['url'], Mock: ['depth'] }, targetProject: 'modes/steps', addPipelineTags: true }, async (url: string, depth = 4, mode = 'fast') => {
    const [rows, labels] = load(url);
    return [await train(rows, labels, depth), mode];
  });`,
    args: ['General/url=a', 'Mock/depth=5'],
    records: ({ id, pipeline, project, version, args, argsMap, tags, steps }) => ({
      run: [pipeline, project, version, args, argsMap, tags],
      steps: steps.map((step) => ({
        name: step.name,
        project: step.project,
        taskType: step.taskType,
        stage: step.options.stage ?? null,
        tags: step.tags.map((tag) => tag.replace(id, 'ID')),
        queue: step.queue,
        parents: step.parents,
        arguments: step.arguments.map(({ name, value }) => `${name} = ${value}`),
      })),
    }),
    outcome: completes([[2, [1, 2], 5], 'fast'], {
      run: [
        'iris flowers',
        'modes/deep',
        '0.1.0',
        { url: 'a', depth: 5, mode: 'fast' },
        { General: ['url'], Mock: ['depth'] },
        ['run'],
      ],
      steps: [
        {
          name: 'load data',
          project: 'modes/steps',
          taskType: 'data_processing',
          stage: 'input',
          tags: ['own', 'pipe: ID'],
          queue: 'special',
          parents: [],
          arguments: ['url = "a"'],
        },
        {
          name: 'train',
          project: 'modes/steps',
          taskType: 'training',
          stage: null,
          tags: ['pipe: ID'],
          queue: 'default',
          parents: ['load data'],
          arguments: ['rows = load data.rows', 'labels = load data.labels', 'depth = 5'],
        },
      ],
    }),
  },
};
