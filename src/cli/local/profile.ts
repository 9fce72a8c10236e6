/** `headrace profile add`, `list`, `use` and `remove` */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandLineError } from '../../launch/errors.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import {
  parseProfile,
  profilesFile,
  readProfiles,
  requireProfile,
  writeProfiles,
} from '../../launch/remote/profiles.ts';
import { formatTable } from '../../view/format.ts';
import type { Output } from '../../view/output.ts';
import type { AddProfileOptions, JsonOption } from '../option-types.ts';

export async function add(
  name: string,
  { endpoint, auth, region, awsProfile, tokenFile, allowHttp }: AddProfileOptions,
  output: Output,
): Promise<ExitCode> {
  const current = readProfiles();
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile, output);
  const definedOptions = Object.entries({
    endpoint,
    auth,
    region,
    awsProfile,
    token,
    allowHttp,
  }).filter(([, value]) => value !== undefined);
  const profile = parseProfile(Object.fromEntries(definedOptions));
  const defaultName = current.default ?? name;
  writeProfiles({ default: defaultName, profiles: { ...current.profiles, [name]: profile } });
  await output.write(
    `profile ${name} is stored in ${profilesFile()}${defaultName === name ? '; it is the default' : ''}\n`,
  );
  return EXIT.completed;
}

/**
 * Reads a token from a file or from stdin. It is not an argument of the command, because every user
 * of the machine can read those.
 *
 * @throws CommandLineError
 */
async function readToken(file: string, output: Output): Promise<string> {
  const text = file === '-' ? await readHiddenLine(output) : readText(file);
  if (text.trim() === '') throw new CommandLineError(`--token-file ${file}: there is no token`);
  return text.trim();
}

/** On a terminal, what is typed is not shown. */
async function readHiddenLine(output: Output): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) output.note('the token, then Enter (it is not shown):');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandLineError(
      `--token-file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

export async function list({ json }: JsonOption, output: Output): Promise<ExitCode> {
  const { default: defaultName, profiles } = readProfiles();
  // Tokens are never printed.
  const rows = Object.entries(profiles).map(([name, { endpoint, auth, region, awsProfile }]) => ({
    name,
    endpoint,
    auth,
    region: region ?? null,
    awsProfile: awsProfile ?? null,
    default: name === defaultName,
  }));
  if (json) await output.write(`${JSON.stringify(rows)}\n`);
  else if (rows.length === 0) await output.write('no profiles\n');
  else
    await output.write(
      `${formatTable(
        rows,
        [
          { title: 'profile', value: (row) => `${row.name}${row.default ? ' (default)' : ''}` },
          { title: 'endpoint', value: (row) => row.endpoint },
          {
            title: 'signed with',
            value: (row) =>
              row.auth === 'token'
                ? 'a token'
                : `AWS${row.awsProfile === null ? '' : ` profile ${row.awsProfile}`}`,
          },
        ],
        output.colors.dim,
      ).join('\n')}\n`,
    );
  return EXIT.completed;
}

export async function use(name: string, output: Output): Promise<ExitCode> {
  const current = readProfiles();
  requireProfile(name, current);
  writeProfiles({ ...current, default: name });
  await output.write(`profile ${name} is the default\n`);
  return EXIT.completed;
}

export async function remove(name: string, output: Output): Promise<ExitCode> {
  const current = readProfiles();
  requireProfile(name, current);
  const { [name]: _, ...profiles } = current.profiles;
  writeProfiles({ default: current.default === name ? null : current.default, profiles });
  await output.write(`profile ${name} is removed\n`);
  return EXIT.completed;
}
