/**
 * Names as long as they may be, and texts of 256 characters, without a place where a line could end.
 *
 * @module
 */
import { MAX_NAME_LENGTH } from '../../../src/model/limits.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { aVersion } from '../../conformance/model-registry.ts';
import { anInfo, runId } from '../../conformance/records.ts';
import { aSchedule } from '../../conformance/schedules.ts';
import { SEED_TIME, seedHome } from './seed-run.ts';

/** A name of the largest length that starts with its own word. */
export const longName = (word: string): string => word.padEnd(MAX_NAME_LENGTH, `${word}_`);

const longText = (word: string): string => word.padEnd(256, `${word}_`);

export const LONG_RUN = runId(401);
export const OTHER_LONG_RUN = runId(402);
export const LONG_PIPELINE = { project: longName('project'), name: longName('pipeline') } as const;

const PARAMETERS = ['parameter', 'other'].map(longText);

/** Runs, a version, a model, a cache entry and a schedule whose names are all long. */
export const seedLongNames = (home: string): Promise<void> =>
  seedHome(home, async (seed, store) => {
    const { project, name } = LONG_PIPELINE;
    const { code, ...info } = anInfo(LONG_RUN);
    const declaration = pipelineDeclarationSchema.parse({ name: 'iris' });
    const version = '999999999.999999999.999999999';
    for (const id of [LONG_RUN, OTHER_LONG_RUN])
      await seed({
        id,
        project,
        pipeline: name,
        version,
        status: id === LONG_RUN ? 'failed' : 'completed',
        tags: [longName('tag'), longName('label')],
        info: {
          createdBy: longText('user'),
          args: Object.fromEntries(PARAMETERS.map((each) => [each, longText(`value ${id}`)])),
        },
        head: {
          note: longText('note'),
          error: {
            name: longText('Error'),
            message: longText('message'),
            stack: longText('stack'),
          },
          failedStep: 1,
        },
        calls: ['load', 'train', 'train', 'report'].map((word, call) => ({
          component: longName(word),
          parents: call === 0 ? [] : [call - 1],
          status: call === 1 && id === LONG_RUN ? 'failed' : 'completed',
          log: `${longText('line')}\n`,
          attempts: [{ reason: longText('reason') }],
          points: [0, 1, 2].map((iteration) => ({
            title: longText('metric'),
            series: longText('series'),
            iteration,
            value: iteration / 3,
            at: SEED_TIME + iteration,
          })),
          step: {
            queue: longName('queue'),
            tags: [longName('tag')],
            artifacts: ['artifact', 'table.csv'].map((artifact) => ({
              name: longName(artifact),
              type: 'json',
              size: 9,
              hash: 'a'.repeat(64),
              preview: longText('preview'),
              value: {
                format: 'json' as const,
                text: JSON.stringify([{ [longText('column')]: longText('cell') }]),
              },
              createdAt: SEED_TIME,
            })),
          },
        })),
      });
    await store.registry.register(LONG_PIPELINE, version, 'hash', false, {
      code: {
        ...code,
        signature: {
          style: 'positional',
          rest: false,
          parameters: PARAMETERS.map((each) => ({
            name: each,
            optional: true,
            type: { kind: 'string' },
            default: longText('default'),
            description: longText('description'),
          })),
        },
      },
      declaration,
      defaultQueue: longName('queue'),
      createdAt: info.createdAt,
    });
    await store.models.register(
      aVersion(1, {
        project,
        name: longName('model'),
        tags: [longName('tag')],
        framework: longName('framework'),
        metadata: { [longText('key')]: longText('value') },
        metrics: [
          { title: longText('metric'), series: longText('series'), iteration: 0, value: 0.5 },
        ],
      }),
    );
    const key = 'a'.repeat(64);
    const holder = { run: LONG_RUN, call: 0 };
    await store.cache.acquire(key, holder);
    await store.cache.publish(
      {
        key,
        project,
        component: longName('load'),
        run: LONG_RUN,
        step: longName('load'),
        values: [],
        artifacts: [],
        models: [],
        createdAt: SEED_TIME,
      },
      holder,
    );
    await store.schedules.write(
      aSchedule({ project, pipeline: name, name: longName('schedule'), tags: [longName('tag')] }),
      null,
    );
  });
