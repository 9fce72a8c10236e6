import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { newRunOwner, type RunOwner } from '../../../src/local/store/owner-identity.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { runId } from '../../conformance/records.ts';
import { resultOf, startWriter, temporaryHomes } from './home.ts';

const { home, open } = temporaryHomes();
const id = runId(1);
const abort = (run: number, reason: string): Transition => ({
  kind: 'run.abort',
  run: runId(run),
  reason,
});

describe('several processes on one store', () => {
  test('three processes create and write one store without an error, while it is read', {
    timeout: 60_000,
  }, async () => {
    const folder = home();
    const writers = [1, 2, 3].map((run) => resultOf(startWriter(folder, run, 150)));
    const reader = open(folder);
    const torn: string[] = [];
    let done = false;
    const reading = (async () => {
      while (!done) {
        for (const run of await reader.queries.runs({ limit: 10 })) {
          const { length } = await reader.tasks.events(run.info.id, 0, 1000);
          if (length < run.head.eventCount) torn.push(run.info.id);
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const results = await Promise.all(writers);
    done = true;
    await reading;
    expect(torn).toEqual([]);
    expect(results.map(({ code, errors }) => ({ code, errors }))).toEqual(
      new Array(3).fill({ code: 0, errors: '' }),
    );
    const runs = await reader.queries.runs({ limit: 10 });
    expect(runs.map((run) => run.info.number).sort()).toEqual([1, 2, 3]);
    expect(runs.map((run) => [run.head.revision, run.head.eventCount, run.head.callCount])).toEqual(
      new Array(3).fill([150, 150, 150]),
    );
  });

  test('a writer that is killed leaves only complete commits, including all that were acknowledged', {
    timeout: 60_000,
  }, async () => {
    const folder = home();
    const child = startWriter(folder, 1, 1_000_000);
    let acknowledged = 0;
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      acknowledged = Number(line);
      if (acknowledged === 100) child.kill('SIGKILL');
    }
    const store = open(folder);
    const head = (await store.tasks.run(id))?.head;
    expect(head?.revision).toBeGreaterThanOrEqual(acknowledged);
    expect(head?.revision).toBe(head?.eventCount);
    const numbers = {
      events: (await store.tasks.events(id, 0, 1e6)).length,
      signatures: (await store.tasks.signatures(id, 0, 1e6)).length,
    };
    expect(numbers).toEqual({ events: head?.eventCount, signatures: head?.commandCount });
    expect(await store.tasks.calls(id, -1, 1e6)).toHaveLength(head?.callCount ?? -1);
  });
});

describe('owners of runs', () => {
  test('the first claim of a run succeeds, and others fail until it is released', async () => {
    const folder = home();
    const [first, second] = [open(folder).owners, open(folder).owners];
    const [me, other] = [newRunOwner(), newRunOwner()];
    expect(first.ownerOf(id)).toBeUndefined();
    expect(await first.isAlive(id)).toBe(false);
    expect(first.claim(id, me)).toBe(true);
    expect(first.claim(id, me)).toBe(true);
    expect(second.claim(id, other)).toBe(false);
    expect(second.ownerOf(id)).toEqual(me);
    expect(await second.isAlive(id)).toBe(true);
    second.release(id, other);
    expect(second.ownerOf(id)).toEqual(me);
    first.release(id, me);
    expect(second.claim(id, other)).toBe(true);
  });

  test('a run of an exited process can be claimed, also if a later process has the same id; a run of a live process cannot', async () => {
    const { owners } = open(home());
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const exited = once(child, 'exit');
    await once(child, 'spawn');
    const { ownerOfProcess } = await import('./owner.ts');
    const theirs = ownerOfProcess(child.pid ?? 0);
    expect(owners.claim(id, theirs)).toBe(true);
    expect(owners.claim(id, newRunOwner())).toBe(false);
    const later: RunOwner = {
      ...theirs,
      startTime: 'another time',
      engineId: 'engine of an earlier process',
    };
    expect(owners.claim(runId(2), later)).toBe(true);
    expect(await owners.isAlive(runId(2))).toBe(false);
    expect(owners.claim(runId(2), newRunOwner())).toBe(true);
    child.kill('SIGKILL');
    await exited;
    expect(await owners.isAlive(id)).toBe(false);
    const me = newRunOwner();
    expect(owners.claim(id, me)).toBe(true);
    expect(owners.ownerOf(id)).toEqual(me);
  });
});

describe('the inbox', () => {
  test('the owner of a run drains each posted transition once, in order', () => {
    const folder = home();
    const [sender, owner] = [open(folder).inbox, open(folder).inbox];
    expect(owner.drain([id])).toEqual([]);
    sender.post([abort(1, 'a'), abort(2, 'b'), abort(1, 'c')]);
    sender.post([abort(1, 'd')]);
    expect(owner.drain([id])).toEqual([abort(1, 'a'), abort(1, 'c'), abort(1, 'd')]);
    expect(owner.drain([id])).toEqual([]);
    expect(owner.drain([])).toEqual([]);
    expect(owner.drain([id, runId(2)])).toEqual([abort(2, 'b')]);
  });
});
