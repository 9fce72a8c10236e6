/**
 * `npm run smoke -- --profile NAME`: deploys Headrace into an account under a prefix of its own,
 * checks what only a real account can show, prints what held with evidence, and removes everything.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CHECKS } from './checks/all.ts';
import { runSmoke } from './program.ts';
import { documentOf, exitCodeOf, reportOf } from './report.ts';
import { PREFIX_START } from './site.ts';

const HELP = `Deploys Headrace under a prefix of its own, checks it, prints what held with evidence, and removes everything.
It takes about an hour and costs less than $2. It needs an account with \`cdk bootstrap\`, and Docker.

usage: npm run smoke -- --profile <name> [options]

  --profile <name>   the profile of the AWS configuration
  --region <region>  default: AWS_REGION, else us-east-1
  --prefix <text>    the prefix of the deployment; default: ${PREFIX_START}-<four random digits>
  --only <names>     only these checks, separated by commas; none: only removes what a prefix left
  --keep             leaves the deployment
  --emulator         uses the emulators of the test suites: no account, and fewer checks
  --json             prints one JSON document
  --help             prints this

Ctrl-C stops the checks and removes everything; a second one stops at once.
Exit codes: 0 all examined claims hold, 1 one does not, 2 wrong usage, 130 interrupted.

Checks: ${CHECKS.map(({ name }) => name).join(', ')}`;

const EXIT = { held: 0, failed: 1, usage: 2, interrupted: 130 } as const;

class WrongUsage extends Error {}

const note = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(`${HELP}\n`);
    return EXIT.held;
  }
  const { profile, region, prefix, keep, json, emulator } = options;
  const checks = chosen(options.only);
  if (!emulator && profile === undefined)
    throw new WrongUsage('--profile names the account; --emulator needs none');
  if (!/^smoke-[a-z0-9-]{0,13}[a-z0-9]$/.test(prefix))
    throw new WrongUsage(
      `--prefix ${prefix} is not of the form ${PREFIX_START}-…, 20 characters at most`,
    );
  const site =
    emulator || profile === undefined
      ? (await import('./emulator-site.ts')).emulatorSite(prefix)
      : await (await import('./account-site.ts')).accountSite({ prefix, profile, region, note });
  const interruption = new AbortController();
  process.on('SIGINT', () => {
    if (interruption.signal.aborted) {
      note(`stopped. Remove the rest with:\n  ${site.manualRemoval.join('\n  ')}`);
      process.exit(EXIT.interrupted);
    }
    note('interrupted: removes everything; Ctrl-C again stops at once');
    interruption.abort(new Error('interrupted'));
  });
  note(`${site.description}, prefix ${prefix}`);
  const results = await runSmoke({ site, checks, keep, signal: interruption.signal, note });
  if (keep) note(`kept. Remove it with:\n  ${site.manualRemoval.join('\n  ')}`);
  const text = json
    ? JSON.stringify(documentOf(results, site.description))
    : reportOf(results, site.description).join('\n');
  await new Promise((resolve) => process.stdout.write(`${text}\n`, resolve));
  if (interruption.signal.aborted) return EXIT.interrupted;
  return exitCodeOf(results);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        profile: { type: 'string' },
        region: { type: 'string', default: process.env.AWS_REGION ?? 'us-east-1' },
        prefix: { type: 'string', default: `${PREFIX_START}-${randomBytes(2).toString('hex')}` },
        only: { type: 'string' },
        keep: { type: 'boolean', default: false },
        emulator: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

function chosen(only: string | undefined) {
  if (only === undefined) return CHECKS;
  const names = only.split(',').map((name) => name.trim());
  if (names.join() === 'none') return [];
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name));
  if (unknown.length > 0) throw new WrongUsage(`--only: there is no check ${unknown.join(', ')}`);
  return CHECKS.filter(({ name }) => names.includes(name));
}

process.exitCode = await main().catch((error: unknown) => {
  note(error instanceof WrongUsage ? error.message : String(error));
  return error instanceof WrongUsage ? EXIT.usage : EXIT.failed;
});
