/**
 * Answers of evaluators: pages of commands, replies of the evaluator's function, stored answers of
 * external evaluators, packed histories.
 *
 * @module
 */
import { gzipSync } from 'node:zlib';
import {
  packCode,
  packHistory,
  unpackHistory,
} from '../../../src/aws/evaluator/history-encoding.ts';
import { evaluatorReplySchema } from '../../../src/aws/evaluator/protocol.ts';
import { TamperedContextError } from '../../../src/evaluator/errors.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { OptionError } from '../../../src/sdk/errors.ts';
import { randomText } from '../generate/bytes.ts';
import { hostileJson, randomJson } from '../generate/json.ts';
import { refusedWith, requireEqual, requireThat, type Target } from '../target.ts';
import { COMMANDS } from './records.ts';

const commands: Target<string> = {
  name: 'commands',
  share: 8,
  generate: (random) =>
    `[${hostileJson(random, COMMANDS)}${random.chance(0.3) ? `,${hostileJson(random, COMMANDS)}` : ''}]`,
  check(text) {
    const read = refusedWith([TamperedContextError, OptionError], () => readCommands(text));
    if (read === undefined) return;
    requireEqual(readCommands(JSON.stringify(read)), read, 'the page of commands');
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

const replies: Target<string> = {
  name: 'evaluator-replies',
  share: 3,
  generate: (random) => hostileJson(random, REPLIES),
  check(text) {
    const parsed = refusedWith([SyntaxError], () => JSON.parse(text));
    const reply = evaluatorReplySchema.safeParse(parsed);
    if (reply.success) JSON.stringify(reply.data);
  },
};

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
