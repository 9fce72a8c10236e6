/**
 * The web console of a deployment: its files, on the origin of the API.
 *
 * 1. Anyone may load the files: they are the same for all and hold no data. The function that serves
 *    them has no permission except to write its log.
 * 2. The page gets its token from the issuer of the configuration, as a public client: no secret is
 *    deployed. It may connect to its own origin and to the issuer, and to nothing else.
 *
 * @module
 */
import { Duration } from 'aws-cdk-lib';
import { AuthorizationType, LambdaIntegration, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { CONSOLE_FOLDER } from '../src/aws/deployment/settings.ts';
import { acknowledge } from './acknowledge.ts';
import { consoleFolder } from './bundles.ts';
import type { Configuration } from './config.ts';
import { HeadraceFunction } from './functions.ts';

/** The methods that no one authorizes, by their paths. */
export const CONSOLE_METHODS = ['/console/GET', '/console/{proxy+}/GET'] as const;
/** Anyone may send requests to them. A first visit has about ten. */
export const CONSOLE_RATE_LIMIT = 50;
export const CONSOLE_BURST_LIMIT = 100;

type OidcAuth = Extract<Configuration['api']['auth'], { readonly type: 'oidc' }>;

export class WebConsole extends Construct {
  readonly function: HeadraceFunction;
  /** Its address. */
  readonly url: string;

  /** @throws Error if the console is not built, or the configuration has no client for it */
  constructor(scope: Construct, id: string, config: Configuration, rest: RestApi) {
    super(scope, id);
    const { auth } = config.api;
    if (auth.type !== 'oidc' || auth.client === undefined)
      throw new Error('the configuration has no client of an issuer for the console');
    this.url = `${rest.url}console/`;
    this.function = new HeadraceFunction(this, 'Console', config, {
      name: 'console',
      description: 'serves the files of the web console',
      timeout: Duration.seconds(10),
      memoryMiB: 256,
      settings: {
        file: settingsOf(auth, auth.client),
        folders: { [CONSOLE_FOLDER]: consoleFolder() },
      },
    });
    const integration = new LambdaIntegration(this.function.lambda, { allowTestInvoke: false });
    const root = rest.root.addResource('console');
    for (const resource of [root, root.addProxy({ anyMethod: false })])
      acknowledge(
        resource.addMethod('GET', integration, { authorizationType: AuthorizationType.NONE }),
        {
          'AwsSolutions-APIG4':
            'The files of the console hold no data, and a browser loads them before anyone signs in.',
          'AwsSolutions-COG4':
            'The files of the console hold no data, and a browser loads them before anyone signs in.',
        },
      );
  }
}

/** The settings of `hostedSettingsSchema` (`src/console-server`). */
function settingsOf(
  { issuer, audience }: OidcAuth,
  { id, scopes, token, origins }: NonNullable<OidcAuth['client']>,
): object {
  return {
    config: {
      signIn: 'oidc',
      issuer,
      clientId: id,
      scopes: [...new Set(['openid', ...scopes])],
      audience: audience[0],
      token,
    },
    issuerOrigins: [...new Set([issuer, ...origins].map((url) => new URL(url).origin))],
  };
}
