/**
 * Creates the client of the API that the options of a command choose.
 *
 * 1. The endpoint comes from `--endpoint`, `--profile`, `HEADRACE_ENDPOINT`, `HEADRACE_PROFILE` or
 *    the default profile, in this order.
 * 2. A profile defines how requests are signed, unless it names a server on this machine and no
 *    identity. Without a profile, they carry `HEADRACE_TOKEN` or,
 *    for a server on this machine, the token of that server; otherwise they are signed with AWS
 *    credentials.
 * 3. The token of a server on this machine is sent only while its process is alive. Without one,
 *    no request is sent: another user's program may listen on the port.
 *
 * @module
 */
import { type Client, createClient } from '../../client/client.ts';
import { ApiUnreachableError } from '../../client/errors.ts';
import { bearer, type Sign, sigV4 } from '../../client/signing.ts';
import type { TransportOptions } from '../../client/transport.ts';
import { findServer } from '../../local/server-records.ts';
import { CommandLineError } from '../errors.ts';
import { findHome, homeTarget } from '../home.ts';
import { requireEncryption } from './clear-text.ts';
import { type Profile, readProfiles, requireProfile } from './profiles.ts';

export interface Connection {
  readonly client: Client;
  readonly endpoint: string;
  /** The profile of the AWS configuration that signs, if the chosen profile names one. */
  readonly awsProfile?: string | undefined;
  /** The options with which a command in this folder chooses the same API and identity. */
  readonly hintTarget?: readonly string[];
}

/** Options that choose an API and the caller's identity. */
export interface ConnectionOptions {
  readonly endpoint?: string | undefined;
  readonly profile?: string | undefined;
  readonly home?: string | undefined;
}

/**
 * @param from the folder from which the home is searched @throws CommandLineError, NotFoundError
 */
export function connect(
  options: ConnectionOptions,
  from: string,
  env: NodeJS.ProcessEnv = process.env,
  transport: Pick<TransportOptions, 'timeoutMs'> = {},
): Connection {
  const { endpoint, sign, awsProfile } = identify(options, from, env);
  return {
    endpoint,
    awsProfile,
    hintTarget: targetOf(options, from, env),
    client: createClient({ ...transport, endpoint, sign }),
  };
}

/** Values of environment variables become options: another shell may not have them. */
function targetOf(
  { endpoint, profile, home }: ConnectionOptions,
  from: string,
  env: NodeJS.ProcessEnv,
): readonly string[] {
  const url = endpoint ?? (profile === undefined ? env.HEADRACE_ENDPOINT || undefined : undefined);
  if (url !== undefined)
    return ['--endpoint', url, ...homeTarget(findHome(home, from, env), process.cwd(), env)];
  const name = profile ?? (env.HEADRACE_PROFILE || undefined);
  return name === undefined ? ['--mode', 'remote'] : ['--profile', name];
}

/** An API, and how requests to it are signed. */
export interface Identity {
  readonly endpoint: string;
  readonly sign: Sign;
  readonly awsProfile?: string | undefined;
}

/** The API and the identity that the options choose. @throws CommandLineError, NotFoundError */
export function identify(
  { endpoint: endpointOption, profile: name, home }: ConnectionOptions,
  from: string,
  env: NodeJS.ProcessEnv = process.env,
): Identity {
  const endpoint =
    endpointOption ?? (name === undefined ? env.HEADRACE_ENDPOINT || undefined : undefined);
  if (endpoint !== undefined)
    return resolveEndpoint(requireHttpUrl(endpoint), findHome(home, from, env), env);
  const profiles = readProfiles();
  const chosen = name ?? (env.HEADRACE_PROFILE || profiles.default);
  if (chosen === null || chosen === undefined)
    throw new CommandLineError(
      'no API is chosen: use --endpoint, or add a profile with `headrace profile add` and choose it with --profile',
    );
  const profile = requireProfile(chosen, profiles);
  requireEncryption(
    profile.endpoint,
    profile.allowHttp === true,
    `add the profile ${chosen} again with --allow-http`,
  );
  if (isOfLocalServer(profile, env)) {
    const local = findHome(home, from, env);
    if (isLackingRegion(profile, env) || findServer(local, profile.endpoint) !== undefined)
      return resolveEndpoint(profile.endpoint, local, env);
  }
  return {
    endpoint: profile.endpoint,
    sign: signForProfile(profile, chosen, env),
    awsProfile: profile.awsProfile,
  };
}

/** Whether the profile may name a `headrace dev` on this machine, and has no identity of its own. */
const isOfLocalServer = (
  { endpoint, region, awsProfile, token }: Profile,
  env: NodeJS.ProcessEnv,
) =>
  isLocalServer(endpoint) &&
  region === undefined &&
  awsProfile === undefined &&
  (env.HEADRACE_TOKEN || token) === undefined;

const isLackingRegion = ({ auth }: Profile, env: NodeJS.ProcessEnv): boolean =>
  auth === 'aws' && !env.AWS_REGION && !env.AWS_DEFAULT_REGION;

function requireHttpUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return endpoint;
  throw new CommandLineError(
    `--endpoint ${JSON.stringify(endpoint)} is no URL: write it as in https://….execute-api.eu-west-1.amazonaws.com/prod`,
  );
}

function signForProfile(profile: Profile, name: string, env: NodeJS.ProcessEnv): Sign {
  if (profile.auth === 'aws')
    return sigV4({ region: profile.region, profile: profile.awsProfile }, env);
  const token = env.HEADRACE_TOKEN || profile.token;
  if (token === undefined)
    throw new CommandLineError(
      `profile ${name} needs a token: set HEADRACE_TOKEN, or add the profile again with --token-file`,
    );
  return bearer(() => token);
}

function resolveEndpoint(endpoint: string, home: string, env: NodeJS.ProcessEnv): Identity {
  requireEncryption(endpoint, env.HEADRACE_ALLOW_HTTP === '1', 'set HEADRACE_ALLOW_HTTP=1');
  const token = env.HEADRACE_TOKEN;
  if (token) return { endpoint, sign: bearer(() => token) };
  const server = findServer(home, endpoint);
  if (server !== undefined)
    return {
      endpoint: server.endpoint,
      // Found again for each request: the server may have ended, or have started again.
      sign: bearer(() => {
        const current = findServer(home, server.endpoint);
        if (current === undefined)
          throw new ApiUnreachableError(server.endpoint, { cause: new Error('its process ended') });
        return current.token;
      }),
    };
  if (isLocalServer(endpoint))
    throw new CommandLineError(
      `no \`headrace dev\` of the home ${home} listens on ${endpoint}, so no token is sent there: start it, name its home with --home, or set HEADRACE_TOKEN`,
    );
  return { endpoint, sign: sigV4({}, env) };
}

/**
 * Whether the endpoint is a `headrace dev` on this machine, which loads packages from their local
 * paths. An emulated deployment has a path and installs packages.
 */
export function isLocalServer(endpoint: string): boolean {
  const { hostname, pathname } = new URL(endpoint);
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname) && pathname === '/';
}
