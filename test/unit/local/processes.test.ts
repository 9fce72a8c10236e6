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
  test('three writers make the store at once and write without an error, while it is read', {
    timeout: 60_000,
  }, async () => {
    const there = home();
    const writers = [1, 2, 3].map((run) => resultOf(startWriter(there, run, 150)));
    const reader = open(there);
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

  test('a writer that is killed leaves whole commits, each of which it was told of', {
    timeout: 60_000,
  }, async () => {
    const there = home();
    const child = startWriter(there, 1, 1_000_000);
    let told = 0;
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      told = Number(line);
      if (told === 100) child.kill('SIGKILL');
    }
    const store = open(there);
    const head = (await store.tasks.run(id))?.head;
    expect(head?.revision).toBeGreaterThanOrEqual(told);
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
  test('a run is claimed once, by whoever comes first, until it is released', async () => {
    const there = home();
    const [first, second] = [open(there).owners, open(there).owners];
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

  test('a dead process owns nothing; one that lives does, and a later one with its id is not it', async () => {
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
  test('what one process posts, the owner of the run takes once, in order', () => {
    const there = home();
    const [sender, owner] = [open(there).inbox, open(there).inbox];
    expect(owner.drain([id])).toEqual([]);
    sender.post([abort(1, 'a'), abort(2, 'b'), abort(1, 'c')]);
    sender.post([abort(1, 'd')]);
    expect(owner.drain([id])).toEqual([abort(1, 'a'), abort(1, 'c'), abort(1, 'd')]);
    expect(owner.drain([id])).toEqual([]);
    expect(owner.drain([])).toEqual([]);
    expect(owner.drain([id, runId(2)])).toEqual([abort(2, 'b')]);
  });
});
