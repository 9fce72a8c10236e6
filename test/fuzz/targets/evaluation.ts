/**
 * Answers of evaluators: pages of commands, replies of the evaluator's function, stored answers of
 * external evaluators, packed histories.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  packCode,
  packHistory,
  unpackHistory,
} from '../../../src/aws/evaluator/history-encoding.ts';
import { createLambdaEvaluator } from '../../../src/aws/evaluator/lambda-evaluator.ts';
import { TamperedContextError } from '../../../src/evaluator/errors.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { HeadraceError } from '../../../src/model/headrace-error.ts';
import { OptionError } from '../../../src/sdk/errors.ts';
import { asS3Objects, MemoryObjects } from '../../conformance/memory-objects.ts';
import { anInfo } from '../../conformance/records.ts';
import { randomText } from '../generate/bytes.ts';
import { hostileJson, randomJson } from '../generate/json.ts';
import {
  asJson,
  refusedWith,
  rejectedWith,
  requireEqual,
  requireThat,
  type Target,
} from '../target.ts';
import { COMMANDS, RUN } from './records.ts';

const commands: Target<string> = {
  name: 'commands',
  share: 8,
  generate: (random) =>
    `[${hostileJson(random, COMMANDS)}${random.chance(0.3) ? `,${hostileJson(random, COMMANDS)}` : ''}]`,
  check(text) {
    const read = refusedWith([TamperedContextError, OptionError], () => readCommands(text));
    if (read === undefined) return;
    requireEqual(readCommands(JSON.stringify(read)), asJson(read), 'the page of commands');
    for (const { command, signature } of read)
      requireThat(
        typeof command.kind === 'string' && typeof signature === 'string',
        'a command is no command',
      );
  },
};

const REPLIES = [
  { kind: 'page', commands: gzipSync('[]').toString('base64'), more: false },
  { kind: 'broken', error: { name: 'Error', message: 'm', cause: { name: 'E', message: 'm' } } },
  { kind: 'coldStartNeeded' },
  { kind: 'valuesNeeded', ticket: 't', keys: ['p/examples/data/a'] },
  { kind: 'failed', reason: 'r' },
];

const NO_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined };
const CODE = Buffer.from('the code of the logic');
const { code, ...info } = anInfo(RUN);
const LOGIC = { ...code.logic, hash: createHash('sha256').update(CODE).digest('hex') };
const INFO = { ...info, number: 1, code: { ...code, logic: LOGIC } };

/** The function returns these replies one after another, and the last one for ever. */
const replies: Target<readonly string[]> = {
  name: 'evaluator-replies',
  share: 2,
  generate: (random) =>
    Array.from({ length: random.int(1, 3) }, () => hostileJson(random, REPLIES)),
  async check(texts) {
    let sent = 0;
    const objects = new MemoryObjects();
    await objects.put(LOGIC.key, CODE);
    const client = new LambdaClient({ region: 'us-east-1' });
    client.send = async () => ({ Payload: Buffer.from(texts[sent++] ?? texts.at(-1) ?? '') });
    const evaluator = createLambdaEvaluator({
      client,
      functionName: 'evaluator',
      isolation: 'function',
      objects: asS3Objects(objects, (key) => `https://store.example/${key}`),
      tasks: { events: async () => [], signatures: async () => [] },
      readCommands,
      log: NO_LOG,
    });
    const answer = await rejectedWith([HeadraceError], () =>
      evaluator.evaluate({
        info: INFO,
        generation: 0,
        position: 0,
        fromCommand: 0,
        history: { events: nothing, signatures: nothing },
        limit: 10,
      }),
    );
    requireThat(sent >= 1 && sent <= 30, `the function was invoked ${sent} times`);
    if (answer !== undefined) JSON.stringify(answer);
  },
};

async function* nothing(): AsyncGenerator<readonly never[]> {
  yield [];
}

const histories: Target<{ readonly code: string; readonly signatures: readonly string[] }> = {
  name: 'histories',
  share: 1,
  generate: (random) => ({
    code: randomText(random, 60),
    signatures: Array.from({ length: random.int(0, 4) }, () =>
      JSON.stringify(randomJson(random, 2)),
    ),
  }),
  check({ code, signatures }) {
    const lines = [...unpackHistory(Buffer.concat([packCode(code), packHistory([], signatures)]))];
    requireEqual(lines[0]?.code, code, 'the code');
    requireEqual(
      lines.flatMap((line) => line.signatures ?? []),
      [...signatures],
      'the history',
    );
  },
};

export const EVALUATION_TARGETS: readonly Target[] = [commands, replies, histories];
