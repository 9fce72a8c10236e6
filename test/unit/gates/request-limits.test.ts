/**
 * Every client of the AWS SDK in code of the project has limits: it is created with a call of
 * `requestLimits` for its own service, as its only argument or spread into it.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'rolldown/utils';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDERS = ['bin', 'lambda', 'lib', 'runner', 'scripts', 'src'];
const CLIENT_PACKAGE = /^@aws-sdk\/client-(.+)$/;
/** Classes of a client's package that send no request. */
const NO_CLIENT = /(Command|Exception|Error)$/;

interface Creation {
  /** The source text of the expression. */
  readonly text: string;
  readonly isLimited: boolean;
}

/** The clients of the SDK that a source creates. A type of a client is no creation. */
function creationsIn(file: string, text: string): readonly Creation[] {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  /** What each local name of a package stands for: one of its exports, or all of them. */
  const imports = new Map<string, { readonly service: string; readonly name: string }>();
  const creations: Creation[] = [];
  new Visitor({
    ImportDeclaration({ source, specifiers }) {
      const service = CLIENT_PACKAGE.exec(source.value)?.[1];
      if (service === undefined) return;
      for (const { local, ...specifier } of specifiers) {
        const imported = 'imported' in specifier ? specifier.imported : local;
        const name = imported.type === 'Identifier' ? imported.name : imported.value;
        imports.set(local.name, { service, name });
      }
    },
  }).visit(program);
  new Visitor({
    NewExpression({ callee, arguments: [argument], start, end }) {
      const [local = '', ...members] = text.slice(callee.start, callee.end).split('.');
      const imported = imports.get(local);
      if (imported === undefined) return;
      if (NO_CLIENT.test(members.at(-1) ?? imported.name)) return;
      const argumentText = argument === undefined ? '' : text.slice(argument.start, argument.end);
      creations.push({
        text: text.slice(start, end).replaceAll(/\s+/g, ' '),
        isLimited: new RegExp(`^(\\{\\s*\\.\\.\\.)?requestLimits\\('${imported.service}'[,)]`).test(
          argumentText,
        ),
      });
    },
  }).visit(program);
  return creations;
}

const unlimitedIn = (text: string) =>
  creationsIn('file.ts', text).filter(({ isLimited }) => !isLimited).length;

describe('clients of the AWS SDK', () => {
  const sources = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((file) => !file.includes('node_modules')),
  );
  const creations = sources.flatMap((file) =>
    creationsIn(file, readFileSync(join(ROOT, file), 'utf8')).map((each) => ({ file, ...each })),
  );

  test('all are created with the limits of their service', () => {
    expect(creations.filter(({ isLimited }) => !isLimited)).toEqual([]);
    expect(new Set(creations.map(({ file }) => file.split('/')[0]))).toEqual(
      new Set(['lambda', 'scripts', 'src']),
    );
    expect(creations.length).toBeGreaterThan(20);
  });

  test('no source loads a package of the SDK lazily, which this gate would not find', () => {
    const lazy = sources.filter((file) =>
      /import\(\s*['"`]@aws-sdk\/client-|require\(\s*['"`]@aws-sdk\/client-/.test(
        readFileSync(join(ROOT, file), 'utf8'),
      ),
    );
    expect(lazy).toEqual([]);
  });

  test.each([
    ["import { SQSClient } from '@aws-sdk/client-sqs'; new SQSClient();", 1],
    ["import { SQSClient } from '@aws-sdk/client-sqs'; new SQSClient({ region });", 1],
    ["import { SQSClient as Queue } from '@aws-sdk/client-sqs'; new Queue();", 1],
    ["import * as sqs from '@aws-sdk/client-sqs'; new sqs.SQSClient();", 1],
    ["import { SQS } from '@aws-sdk/client-sqs'; new SQS();", 1],
    ["import { SQSClient } from '@aws-sdk/client-sqs'; new SQSClient(requestLimits('s3'));", 1],
    ["import { SQSClient } from '@aws-sdk/client-sqs'; new SQSClient(requestLimits('sqs'));", 0],
    [
      "import { SQSClient } from '@aws-sdk/client-sqs'; new SQSClient({ ...requestLimits('sqs', 'step'), region });",
      0,
    ],
    ["import { SendMessageCommand } from '@aws-sdk/client-sqs'; new SendMessageCommand({});", 0],
  ])('the gate finds clients without limits: %s', (text, count) => {
    expect(unlimitedIn(text)).toBe(count);
  });
});
