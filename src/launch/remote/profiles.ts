/**
 * Profiles: endpoints of APIs and how requests to them are signed. They are stored in
 * `~/.config/headrace/profiles.json` (or below `XDG_CONFIG_HOME`), which only the owner can read.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder, PRIVATE_FILE_MODE } from '../../local/private-files.ts';
import { issueSentence } from '../../model/issue-sentences.ts';
import { recordOf } from '../../model/json.ts';
import { CommandLineError, NotFoundError } from '../errors.ts';
import { requireEncryption } from './clear-text.ts';

const profileSchema = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }),
  /** `aws`: requests are signed with AWS credentials. `token`: they carry a bearer token. */
  auth: z.enum(['aws', 'token']),
  region: z.string().min(1).optional(),
  awsProfile: z.string().min(1).optional(),
  /** Accepts `http` to another machine. */
  allowHttp: z.literal(true).optional(),
  /** If absent, the token is read from HEADRACE_TOKEN. */
  token: z.string().min(1).optional(),
});
export type Profile = z.infer<typeof profileSchema>;

const profilesSchema = z.strictObject({
  default: z.string().nullable(),
  profiles: recordOf(z.string(), profileSchema),
});
export type Profiles = z.infer<typeof profilesSchema>;

const NO_PROFILES: Profiles = { default: null, profiles: {} };

export const profilesFile = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'headrace', 'profiles.json');

/** @throws CommandLineError if the file cannot be read or has another form */
export function readProfiles(file: string = profilesFile()): Profiles {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return NO_PROFILES;
    throw new CommandLineError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const parsed = profilesSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new CommandLineError(
      `${file} has no valid profiles: repair it, or remove it and add the profiles again`,
      { cause: parsed.error },
    );
  return parsed.data;
}

/** Replaces the file atomically. */
export function writeProfiles(profiles: Profiles, file: string = profilesFile()): void {
  makePrivateFolder(dirname(file));
  const temporaryFile = `${file}.${randomUUID()}`;
  writeFileSync(temporaryFile, `${JSON.stringify(profiles, undefined, 2)}\n`, {
    mode: PRIVATE_FILE_MODE,
    flag: 'wx',
  });
  renameSync(temporaryFile, file);
}

/** @throws NotFoundError */
export function requireProfile(name: string, { profiles }: Profiles): Profile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile !== undefined) return profile;
  const known = Object.keys(profiles);
  throw new NotFoundError(
    `there is no profile ${JSON.stringify(name)}: ${known.length === 0 ? 'there are none yet' : `there are ${known.join(', ')}`}; add one with \`headrace profile add\``,
  );
}

/** @throws CommandLineError */
export function parseProfile(input: unknown): Profile {
  const parsed = profileSchema.safeParse(input);
  if (parsed.success) {
    requireEncryption(parsed.data.endpoint, parsed.data.allowHttp === true, 'add --allow-http');
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  throw new CommandLineError(
    `--${String(issue?.path[0] ?? 'endpoint')}: ${issue === undefined ? 'it is not valid' : issueSentence(issue)}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
