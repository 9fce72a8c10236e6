import { expect, it } from 'vitest';
import { followedText } from '../../../../src/launch/watch/log-follower.ts';
import { watchRun } from '../../../../src/launch/watch/watch-run.ts';
import { aFeed, aView, type State, stepWith } from './feed.ts';

const never = new Promise<never>(() => undefined);

/** Watches a run whose state each poll changes. The output of steps is shown if `follow` is set. */
async function watch(
  onPoll: (state: State, poll: number) => void,
  { follow = false, until = never }: { follow?: boolean; until?: Promise<unknown> } = {},
) {
  const feed = aFeed(onPoll);
  const view = aView();
  const outcome = await watchRun(feed, view, {
    until,
    follow: follow
      ? (lines) => {
          for (const line of lines) view.printLine(followedText(line));
        }
      : undefined,
  });
  return { outcome, shown: view.shown, feed };
}

it('a run is watched until it is finished, with the steps and lines that appear between two polls', async () => {
  const { outcome, shown } = await watch((state, poll) => {
    if (poll === 2) {
      state.steps = [stepWith(0, 'running')];
      state.texts = ['one', 'two', 'three'];
    }
    if (poll === 3) {
      state.steps = [stepWith(0, 'completed')];
      state.texts = ['one', 'two', 'three', 'four'];
      state.status = 'completed';
    }
  });
  expect(outcome).toBe('finished');
  expect(shown).toEqual([
    'one',
    'two',
    'three',
    'step_0 pending',
    'step_0 queued',
    'step_0 running',
    'four',
    'step_0 completed',
  ]);
});

it('a run whose process has exited is abandoned, and one that ended just before is finished', async () => {
  const abandoned = await watch((state, poll) => {
    if (poll === 3) state.isAlive = false;
  });
  expect(abandoned.outcome).toBe('abandoned');
  const finished = await watch((state, poll) => {
    if (poll === 3) {
      state.isAlive = false;
      state.status = 'completed';
    }
  });
  expect(finished.outcome).toBe('finished');
});

it('watching stops when it is interrupted, and the run is unchanged', async () => {
  let interrupt: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  const { outcome, feed } = await watch((_, poll) => poll === 3 && interrupt(), { until });
  expect(outcome).toBe('interrupted');
  expect(feed.state.status).toBe('running');
});

it('a poll costs one request while nothing changes', async () => {
  const { feed } = await watch((state, poll) => {
    if (poll === 1) state.steps = [stepWith(0, 'running')];
    if (poll === 20) state.status = 'completed';
  });
  expect(feed.requests.filter((name) => name === 'run')).toHaveLength(20);
  expect(feed.requests.filter((name) => name !== 'run').length).toBeLessThan(6);
});

it('pages whose steps are finished are not read again', async () => {
  const { feed } = await watch((state, poll) => {
    if (poll === 1)
      state.steps = [stepWith(0, 'completed'), stepWith(1, 'completed'), stepWith(2, 'running')];
    if (poll > 1 && poll < 5) state.texts = [...state.texts, 'more'];
    if (poll === 5) state.status = 'completed';
  });
  expect(feed.requests.filter((name) => name === 'steps')).toHaveLength(1);
  expect(feed.requests.filter((name) => name === 'steps 2').length).toBeGreaterThan(3);
});

it('what an attempt printed is shown before its end, although both came between two polls', async () => {
  const { shown } = await watch(
    (state, poll) => {
      if (poll === 2) {
        state.steps = [stepWith(0, 'completed', 2)];
        state.logs = { '0 1': ['first'], '0 2': ['second'] };
        state.complete.add('0 1').add('0 2');
        state.status = 'completed';
      }
    },
    { follow: true },
  );
  expect(shown.slice(0, 2)).toEqual(['step_0 | first', 'step_0 (attempt 2) | second']);
  expect(shown.at(-1)).toBe('step_0 completed');
});

it('the output of a running step is shown from its start, and none of steps that ended before', async () => {
  const { shown, feed } = await watch(
    (state, poll) => {
      if (poll === 1) {
        state.steps = [stepWith(0, 'completed'), stepWith(1, 'running')];
        state.logs = { '0 1': ['old'], '1 1': ['start'] };
      }
      if (poll === 3) state.logs = { '1 1': ['start', 'rest'] };
      if (poll === 4) {
        state.steps = [stepWith(0, 'completed'), stepWith(1, 'completed')];
        state.complete.add('1 1');
        state.status = 'completed';
      }
    },
    { follow: true },
  );
  expect(shown).toEqual([
    'existing step_0 completed',
    'existing step_1 running',
    'step_1 | start',
    'step_1 | rest',
    'step_1 completed',
  ]);
  expect(feed.requests).not.toContain('log 0 1');
});

it('the output of a run whose process has exited is shown to its end', async () => {
  const { outcome, shown } = await watch(
    (state, poll) => {
      if (poll === 1) state.steps = [stepWith(0, 'running')];
      if (poll === 3) {
        state.isAlive = false;
        state.logs = { '0 1': ['last words'] };
        state.complete.add('0 1');
      }
    },
    { follow: true },
  );
  expect(outcome).toBe('abandoned');
  expect(shown).toContain('step_0 | last words');
});

it('steps that a rerun took over are one event, with the step and the run that executed them', async () => {
  const adopted = { ...stepWith(0, 'completed'), adoptedFrom: { run: 'r', step: 'load' } };
  const { shown, feed } = await watch(
    (state, poll) => {
      if (poll === 1) state.steps = [adopted];
      if (poll === 2) state.steps = [adopted, { ...adopted, call: 1, name: 'step_1' }];
      if (poll === 3) state.status = 'completed';
    },
    { follow: true },
  );
  expect(shown).toEqual([
    'existing step_0 completed taken over from load of iris#3',
    'step_1 completed taken over from load of iris#3',
  ]);
  // The output of that run was shown when it ran.
  expect(feed.requests.some((name) => name.startsWith('log'))).toBe(false);
});

it('while a child run is active, each poll reads it in addition, and its progress is shown', async () => {
  const childRun = { run: '01', pipeline: 'score', number: 7 };
  const { shown, feed } = await watch((state, poll) => {
    if (poll === 1) state.steps = [{ ...stepWith(0, 'running'), childRun }];
    state.childProgress = { status: 'running', steps: 3, endedSteps: poll };
    if (poll === 3) {
      state.steps = [{ ...stepWith(0, 'completed'), childRun }];
      state.status = 'completed';
    }
  });
  expect(shown).toEqual([
    'existing step_0 running',
    'child run of step_0 1 of 3',
    'child run of step_0 2 of 3',
    'step_0 completed',
  ]);
  expect(feed.requests.filter((name) => name.startsWith('child'))).toEqual([
    'child 01',
    'child 01',
  ]);
});

it('of many child runs, a few are read in each poll, and none that was removed is shown', async () => {
  const { shown, feed } = await watch((state, poll) => {
    state.steps = Array.from({ length: 20 }, (_, call) => ({
      ...stepWith(call, 'running'),
      childRun: { run: String(call), pipeline: 'score', number: call },
    }));
    if (poll === 2) state.status = 'completed';
  });
  expect(feed.requests.filter((name) => name.startsWith('child'))).toHaveLength(5);
  expect(shown.filter((line) => line.startsWith('child'))).toEqual([]);
});
