/**
 * Sends the messages of one attempt: adds the attempt's identity, and sends none after `finished`.
 *
 * @module
 */
import type { RunnerMessage, StepSpec } from '../model/spec.ts';
import type { RunnerContext } from './runner-context.ts';

type MessageBody = RunnerMessage extends infer M
  ? M extends RunnerMessage
    ? Omit<M, keyof Identity>
    : never
  : never;
type Identity = Pick<RunnerMessage, 'run' | 'call' | 'attempt' | 'job' | 'token' | 'at'>;

export type SendMessage = (body: MessageBody) => Promise<void>;

export function createOutbox(spec: StepSpec, context: RunnerContext): SendMessage {
  let finished = false;
  return async (body) => {
    if (finished) return;
    finished = body.kind === 'finished';
    const identity: Identity = {
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job: context.jobId,
      token: spec.token,
      at: context.clock.now(),
    };
    switch (body.kind) {
      case 'started':
        return context.send({ ...body, ...identity });
      case 'reported':
        return context.send({ ...body, ...identity });
      case 'finished':
        return context.send({ ...body, ...identity });
      default:
        return body satisfies never;
    }
  };
}
