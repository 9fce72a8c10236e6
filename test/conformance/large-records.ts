/**
 * Conformance tests of records of 1 MB, which is more than one item of DynamoDB holds.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Artifact } from '../../src/model/artifacts.ts';
import { componentDeclarationSchema } from '../../src/model/options.ts';
import { freshPorts, type MakePorts } from './ports.ts';
import {
  aCommit,
  aComponent,
  aHead,
  anArtifact,
  anEntry,
  anInfo,
  aReport,
  aStep,
  runId,
  runWith,
  sleepEnded,
} from './records.ts';

const id = runId(1);

/** Text that does not compress, of 1 MB unless `length` says otherwise. */
function randomText(seed: string, length = 1_000_000): string {
  const parts: string[] = [];
  for (let n = 0; n * 86 < length; n += 1)
    parts.push(createHash('sha512').update(`${seed} ${n}`).digest('base64url'));
  return parts.join('').slice(0, length);
}

/** 2,400 artifacts with 300 random characters each. */
const manyArtifacts = (seed: string): readonly Artifact[] =>
  Array.from({ length: 2400 }, (_, n) =>
    anArtifact(`artifact ${n}`, { preview: randomText(`${seed} ${n}`, 300) }),
  );

export function largeRecordsConformance(makePorts: MakePorts): void {
  describe('records of 1 MB', () => {
    const ports = freshPorts(makePorts);

    test('a step is read as it was written, and changed', async () => {
      const { tasks, queries } = ports();
      const step = aStep(0, { artifacts: manyArtifacts('first') });
      const head = await runWith(tasks, id, { created: [step, aStep(1)] });
      expect(await tasks.steps(id, [0, 1])).toEqual([step, aStep(1)]);
      const changed = aStep(0, { artifacts: manyArtifacts('second') });
      await tasks.commit(id, aCommit(head, { changed: [changed] }));
      expect(await tasks.steps(id, [0])).toEqual([changed]);
      expect(await queries.allSteps(id)).toEqual([changed, aStep(1)]);
      const small = { ...changed, artifacts: [] };
      await tasks.commit(
        id,
        aCommit({ ...head, revision: head.revision + 1 }, { changed: [small] }),
      );
      expect(await tasks.steps(id, [0])).toEqual([small]);
    });

    test('the large parts of the arguments of a step are read as they were written', async () => {
      const { tasks } = ports();
      const value = { format: 'json', key: 'p/x/spec/run/hash', size: 20_000, hash: 'h' } as const;
      const args = {
        data: { format: 'json', text: '[1,{"rows":null}]' } as const,
        refs: [{ path: [2], call: 0, value: null }],
        parts: [{ path: [1, 'rows'], value }],
      };
      const step = aStep(0, { args });
      const head = await runWith(tasks, id, { created: [step] });
      expect(await tasks.steps(id, [0])).toEqual([step]);
      const without = aStep(0, { args: { data: args.data, refs: args.refs } });
      await tasks.commit(id, aCommit(head, { changed: [without] }));
      expect(await tasks.steps(id, [0])).toEqual([without]);
    });

    test('a step is archived by a rewind and adopted', async () => {
      const { tasks } = ports();
      const step = aStep(0, { artifacts: manyArtifacts('archived') });
      const head = await runWith(tasks, id, { created: [step] });
      await tasks.rewind(
        id,
        { eventCount: 0, commandCount: 0, callCount: 0 },
        {
          ...aCommit(head, {}, { callCount: 0 }),
        },
      );
      const found = await tasks.findArchivedStep(id, step.component, step.digest, []);
      expect(found?.step).toEqual(step);
    });

    test('the head of a run is read as it was written', async () => {
      const { tasks } = ports();
      const head = await runWith(tasks, id);
      const error = { name: 'Error', message: randomText('head') };
      await tasks.commit(id, aCommit(head, {}, { status: 'failed', error }));
      expect((await tasks.run(id))?.head.error).toEqual(error);
    });

    test('the info of a run is read as it was written', async () => {
      const { tasks } = ports();
      const args = { table: randomText('info') };
      const { info } = await tasks.createRun(anInfo(id, { args }), aHead(id));
      expect(info.args).toEqual(args);
      expect((await tasks.run(id))?.info.args).toEqual(args);
    });

    test('a component, an event, a signature and reports are read as they were written', async () => {
      const { tasks, queries } = ports();
      const component = {
        ...aComponent('step', 1),
        declaration: componentDeclarationSchema.parse({
          id: 'main.ts#step',
          name: 'step',
          returnValues: ['value'],
          dockerBashSetupScript: randomText('component'),
        }),
      };
      const text = randomText('event');
      const event = {
        kind: 'failed' as const,
        call: 0,
        step: 'step',
        error: { name: 'Error', message: text },
        attempts: 1,
        at: 1,
      };
      const report = { ...aReport(0, 1, 0, [1]), texts: [{ text, at: 1 }] };
      await runWith(tasks, id, {
        created: [aStep(0)],
        components: [component],
        events: [sleepEnded(0), event, sleepEnded(1)],
        signatures: ['first', text],
        reports: [report],
        runReports: [{ id: 'r', points: [{ ...report.points[0], title: text } as never] }],
      });
      expect(await tasks.component(id, 'step')).toEqual(component);
      expect(await tasks.events(id, 0, 10)).toEqual([sleepEnded(0), event, sleepEnded(1)]);
      expect(await tasks.signatures(id, 0, 10)).toEqual(['first', text]);
      expect(await queries.texts(id, 0)).toEqual(
        report.texts.map((line) => ({ ...line, attempt: 1 })),
      );
      expect((await queries.runPoints(id)).points[0]?.title).toBe(text);
    });

    test('an artifact of the run is read as it was written', async () => {
      const { tasks, queries } = ports();
      const artifact = anArtifact('table', { metadata: { notes: randomText('metadata') } });
      await runWith(tasks, id, { runOutputs: { artifacts: [artifact], models: [] } });
      expect(await queries.runArtifacts(id, { limit: 1 })).toEqual([artifact]);
    });

    test('a cache entry is read as it was written, and replaced', async () => {
      const { cache } = ports();
      const holder = { run: id, call: 0 };
      const entry = anEntry('k', { artifacts: manyArtifacts('entry') });
      await cache.publish(entry, holder);
      expect(await cache.entry('k')).toEqual(entry);
      expect(await cache.entries({})).toEqual([entry]);
      await cache.publish(anEntry('k'), holder);
      expect(await cache.entry('k')).toEqual(anEntry('k'));
    });
  });
}
