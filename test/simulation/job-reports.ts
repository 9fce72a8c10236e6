/**
 * Messages of a simulated job beside those of its lifecycle: reports, and forged messages.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { TransitionOf } from '../../src/model/transition.ts';

export interface MessageSender {
  readonly run: RunId;
  readonly call: number;
  readonly attempt: number;
  readonly job: string;
  readonly token: string;
  readonly at: number;
}

export const reportsOf = (sender: MessageSender): readonly TransitionOf<'reported'>[] =>
  [0, 1, 2].map((sequence) => ({
    kind: 'reported',
    ...sender,
    sequence,
    report: {
      points: [
        { title: 'loss', series: 'train', iteration: sequence, value: sequence, at: sender.at },
      ],
      texts: [],
      artifacts: [],
      models: [],
      onRun: { artifacts: [], models: [] },
    },
  }));

export function forgedMessages(
  sender: MessageSender,
): readonly (TransitionOf<'finished'> | TransitionOf<'started'>)[] {
  const outcome = {
    ok: true as const,
    values: [{ format: 'json' as const, text: '"forged"' }],
    artifacts: [],
  };
  const finished = { kind: 'finished' as const, ...sender, outcome };
  return [
    { ...finished, token: 'wrong' },
    { ...finished, attempt: sender.attempt + 1 },
    ...(sender.attempt > 1 ? [{ ...finished, attempt: sender.attempt - 1 }] : []),
    { ...finished, call: 9999 },
    { kind: 'started', ...sender, token: 'wrong', job: 'unknown' },
  ];
}
