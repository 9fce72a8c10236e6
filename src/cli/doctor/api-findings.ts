/**
 * Checks an API as its clients use it: the connection, the clock, the caller's permission, the
 * version.
 *
 * @module
 */
import type { Client } from '../../client/client.ts';
import { ApiError, IncompatibleApiError, SigningError } from '../../client/errors.ts';
import type { Service } from '../../wire/service.ts';
import type { Finding } from './finding.ts';

export const REQUEST_TIMEOUT_MS = 10_000;

/** AWS refuses a request that was signed more than five minutes before or after its own time. */
const MAX_SKEW_SECONDS = 300;
const WARN_SKEW_SECONDS = 60;

export interface ApiDiagnosis {
  readonly findings: readonly Finding[];
  /** Undefined if the API does not answer, or refuses the caller. */
  readonly service: Service | undefined;
}

export async function diagnoseApi(
  { client, endpoint }: { readonly client: Client; readonly endpoint: string },
  ownVersion: string,
  now: () => number = Date.now,
): Promise<ApiDiagnosis> {
  const { finding, skew } = await reach(endpoint, now);
  if (finding.status === 'fail') return { findings: [finding], service: undefined };
  const findings = [finding, ...(skew === undefined ? [] : [clockFinding(skew)])];
  try {
    const service = await client.service();
    return {
      findings: [
        ...findings,
        { subject: 'permission', status: 'ok', value: 'the API accepts the caller' },
        versionFinding(service.version, ownVersion),
      ],
      service,
    };
  } catch (error) {
    return { findings: [...findings, refusalFinding(error)], service: undefined };
  }
}

/** An unsigned request: any response shows that the endpoint exists, and carries its time. */
async function reach(
  endpoint: string,
  now: () => number,
): Promise<{ readonly finding: Finding; readonly skew?: number }> {
  const startedAt = now();
  try {
    const response = await fetch(endpoint, {
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await response.body?.cancel();
    const elapsedMs = now() - startedAt;
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      finding: {
        subject: 'endpoint',
        status: 'ok',
        value: `${endpoint} answers in ${elapsedMs} ms`,
      },
      ...(Number.isNaN(date) ? {} : { skew: (startedAt + elapsedMs / 2 - date) / 1000 }),
    };
  } catch (error) {
    return {
      finding: {
        subject: 'endpoint',
        status: 'fail',
        value: `${endpoint} does not answer within ${REQUEST_TIMEOUT_MS / 1000} s`,
        advice: [
          `${causeOf(error)}: check the endpoint (headrace profile list), the network, and for a private API the VPN`,
        ],
      },
    };
  }
}

/** @param skew seconds by which this machine is ahead */
export function clockFinding(skew: number): Finding {
  const seconds = Math.round(Math.abs(skew));
  const value =
    seconds <= 1
      ? 'the same time as the server'
      : `${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} the server`;
  if (seconds < WARN_SKEW_SECONDS) return { subject: 'clock', status: 'ok', value };
  return {
    subject: 'clock',
    status: seconds < MAX_SKEW_SECONDS ? 'warn' : 'fail',
    value,
    needed: `less than ${MAX_SKEW_SECONDS} s`,
    advice: ['AWS refuses signatures with another time: synchronize the clock of this machine'],
  };
}

export function versionFinding(deployed: string, own: string): Finding {
  const value = `${deployed} deployed, ${own} here`;
  if (deployed === own) return { subject: 'version', status: 'ok', value };
  return {
    subject: 'version',
    status: 'warn',
    value,
    needed: 'the same version',
    advice: [
      'install the deployed version here, or deploy this one: their requests may differ in form',
    ],
  };
}

function refusalFinding(error: unknown): Finding {
  const text = error instanceof Error ? error.message : String(error);
  const refused = { subject: 'permission', status: 'fail' } as const;
  if (error instanceof SigningError)
    return {
      ...refused,
      value: 'there are no AWS credentials',
      advice: [text, 'sign in (aws sso login), or name a profile with `headrace profile add`'],
    };
  if (error instanceof ApiError && [401, 403].includes(error.status))
    return {
      ...refused,
      value: `the API refuses the caller (${error.status})`,
      advice: [
        text,
        'with AWS credentials: allow execute-api:Invoke on the API; with a token: it may have expired',
      ],
    };
  if (error instanceof IncompatibleApiError)
    return {
      ...refused,
      subject: 'version',
      value: 'the response is none of Headrace',
      advice: [text],
    };
  return { ...refused, value: 'the API fails', advice: [text] };
}

function causeOf(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    if (current.cause === undefined) return current.message;
  }
  return String(error);
}
