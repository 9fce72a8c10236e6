/** `headrace profile add`, `list`, `use` and `remove` */
import { EXIT, type ExitCode } from '../exit.ts';
import { formatTable } from '../format.ts';
import type { Output } from '../output.ts';
import type { JsonOption } from '../program.ts';
import {
  checkedProfile,
  profileNamed,
  profilesFile,
  readProfiles,
  writeProfiles,
} from '../remote/profiles.ts';

export interface AddOptions {
  readonly endpoint: string;
  readonly auth: 'aws' | 'token';
  readonly region?: string;
  readonly awsProfile?: string;
  readonly token?: string;
}

export async function add(
  name: string,
  { endpoint, auth, region, awsProfile, token }: AddOptions,
  output: Output,
): Promise<ExitCode> {
  const known = readProfiles();
  const given = Object.entries({ endpoint, auth, region, awsProfile, token }).filter(
    ([, value]) => value !== undefined,
  );
  const profile = checkedProfile(Object.fromEntries(given));
  const chosen = known.default ?? name;
  writeProfiles({ default: chosen, profiles: { ...known.profiles, [name]: profile } });
  await output.write(
    `profile ${name} is kept in ${profilesFile()}${chosen === name ? '; it is the default' : ''}\n`,
  );
  return EXIT.completed;
}

export async function list({ json }: JsonOption, output: Output): Promise<ExitCode> {
  const { default: chosen, profiles } = readProfiles();
  // Tokens are nobody's business.
  const rows = Object.entries(profiles).map(([name, { endpoint, auth, region, awsProfile }]) => ({
    name,
    endpoint,
    auth,
    region: region ?? null,
    awsProfile: awsProfile ?? null,
    default: name === chosen,
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
            title: 'as',
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
  const known = readProfiles();
  profileNamed(name, known);
  writeProfiles({ ...known, default: name });
  await output.write(`profile ${name} is the default\n`);
  return EXIT.completed;
}

export async function remove(name: string, output: Output): Promise<ExitCode> {
  const known = readProfiles();
  profileNamed(name, known);
  const { [name]: _, ...profiles } = known.profiles;
  writeProfiles({ default: known.default === name ? null : known.default, profiles });
  await output.write(`profile ${name} is removed\n`);
  return EXIT.completed;
}
